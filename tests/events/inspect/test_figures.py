"""Counts and spectra of the sample against the same by hand, and of files that lack something."""

from pathlib import Path

import numpy as np
import pytest

from jetflow.events import open_events
from jetflow.events.files.writer import write_events
from jetflow.events.inspect.contents import read_contents
from jetflow.events.inspect.figures import Spectrum, groups, spectra


def test_groups(sample: Path) -> None:
    with open_events(sample) as file:
        found = groups(file, read_contents(file))
        assert sum(group.events for group in found) == 256
        assert {(group.process, group.mu) for group in found} == {
            (name, mu) for name in ("tt", "HH", "WW", "ZZ", "bb") for mu in (0.0, 50.0)
        }
        labels = file.labels()
        for class_id, name in enumerate(("b", "W/Z/H", "t"), 1):
            assert sum(group.objects[name] for group in found) == (labels.class_id == class_id).sum()
        tops = next(group for group in found if group.process == "tt" and group.mu == 50)
        assert (tops.objects["b"], tops.objects["t"]) == (0, 51)
        own = (file.process == file.process_names.index("tt")) & (file.mu == 50)
        assert tops.mean_npu == pytest.approx(file.npu[own].mean())


def test_sums_of_events(sample: Path) -> None:
    with open_events(sample) as file:
        contents = read_contents(file)
        images = file.image_et(("ecal", "hcal"), "tower")
        assert contents.et == pytest.approx(images.sum((1, 2)), rel=1e-5)
        assert contents.cells[7, 1] == len(file.cells("hcal", 7, 8).columns["et"])
        assert contents.near.shape == contents.paper1.pt.shape
        assert (contents.near <= contents.et.sum(1)[np.repeat(np.arange(256), np.diff(contents.paper1.offsets))]).all()


def test_spectra(sample: Path) -> None:
    with open_events(sample) as file:
        found = {spectrum.name: spectrum for spectrum in spectra(file, read_contents(file))}
        labels = file.labels()
    tops = labels.pt[labels.class_id == 3]
    assert found["t pT"].entries == len(tops)
    assert found["t pT"].mean == pytest.approx(tops.mean())
    assert found["t pT"].quantiles[1] == pytest.approx(np.median(tops))
    assert found["t pT"].largest == pytest.approx(tops.max())
    assert found["ECAL ET, mu 50"].mean > found["ECAL ET, mu 0"].mean
    assert not any("jets" in name for name in found), "the sample has no jets"


def test_spectra_of_jets(heavy: Path) -> None:
    with open_events(heavy) as file:
        found = {spectrum.name: spectrum for spectrum in spectra(file, read_contents(file))}
        assert found["baseline jets"].entries == len(file)
        assert found["baseline jets, pT"].quantiles[0] > 200
        assert found["baseline jets, soft-drop mass"].entries == file.baseline().offsets[-1]
        assert found["generator jets, pT"].quantiles[0] > 20


def test_nothing_to_see() -> None:
    assert Spectrum.of("x", "GeV", np.zeros(0)) == Spectrum("x", "GeV", 0, 0.0, (0.0, 0.0, 0.0), 0.0)


def test_a_file_without_events_or_without_a_calorimeter(sample: Path, tmp_path: Path) -> None:
    with open_events(sample) as file:
        block = file.block(0, 20)
        for name, some in (("empty", block.take(np.zeros(0, np.int64))), ("hcal", block)):
            if name == "hcal":
                del some.tables["ecal"]
            write_events(tmp_path / name, [some], file.grid, list(file.process_names), {})
    with open_events(tmp_path / "empty") as file:
        assert groups(file, read_contents(file)) == []
        assert all(spectrum.entries == 0 for spectrum in spectra(file, read_contents(file)))
    with open_events(tmp_path / "hcal") as file:
        assert read_contents(file).et.shape == (20, 1)

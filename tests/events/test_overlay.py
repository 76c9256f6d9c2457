"""Several events as one: cells add up, objects follow each other, partners depend on the seed alone."""

from pathlib import Path

import numpy as np
import pytest

from jetflow.errors import InputError
from jetflow.events import CALORIMETER, open_events
from jetflow.events.overlay import overlaid, overlay_file


@pytest.mark.parametrize("per_image", [2, 3])
def test_a_file(tmp_path: Path, sample: Path, per_image: int) -> None:
    """Every image is the sum of events that are found by their objects, and each is used once."""
    out = tmp_path / "out.h5"
    count = overlay_file(sample, out, per_image, seed=7)
    assert count == 256 // per_image
    with open_events(sample) as file, open_events(out) as mixed:
        mixed.check()
        assert len(mixed) == count
        assert mixed.process_names == (*file.process_names, "mixed")
        truth, objects = file.truth(), mixed.truth()
        by_pt = {float(truth.columns["pt"][truth.offsets[i]]): i for i in range(256) if np.diff(truth.offsets)[i]}
        assert len(by_pt) == 256
        et, crystals = file.image_et(CALORIMETER, "crystal", 0, 120), mixed.image_et(CALORIMETER, "crystal")
        used, compared = [], 0
        for image in range(count):
            rows = slice(*objects.offsets[image : image + 2])
            events = [by_pt[value] for value in objects.columns["pt"][rows].tolist() if value in by_pt]
            used += events
            assert len(events) == per_image
            pt = np.concatenate([truth.columns["pt"][slice(*truth.offsets[i : i + 2])] for i in events])
            assert (objects.columns["pt"][rows] == pt).all()
            assert mixed.mu[image] == file.mu[events].sum()
            assert mixed.npu[image] == file.npu[events].sum()
            codes = set(file.process[events].tolist())
            assert mixed.process[image] == (codes.pop() if len(codes) == 1 else 8)
            if max(events) < 120:
                compared += 1
                assert (crystals[image] == et[events].sum(0, dtype=np.float64).astype(np.float16)).all()
    assert compared > 3
    assert len(set(used)) == len(used) == count * per_image


def test_the_seed_chooses_partners(tmp_path: Path, sample: Path) -> None:
    files = [tmp_path / name for name in ("one.h5", "same.h5", "other.h5")]
    for path, seed in zip(files, (1, 1, 2), strict=True):
        overlay_file(sample, path, 2, seed)
    one, same, other = (path.read_bytes() for path in files)
    assert one == same
    assert one != other


def test_a_cell_of_both_events(sample: Path) -> None:
    """An event with itself: the same cells, twice the energy."""
    with open_events(sample) as file:
        block = file.block(3, 5)
        double = overlaid(block.take(np.array([0, 0, 1, 1])), 2, 8, file.grid)
    for name in CALORIMETER:
        one, two = block.tables[name], double.tables[name]
        assert (one.offsets == two.offsets).all()
        order = [
            np.lexsort([table.columns["phi"], table.columns["eta"], np.repeat([0, 1], np.diff(table.offsets))])
            for table in (one, two)
        ]
        for key, factor in (("eta", 1), ("phi", 1), ("et", 2)):
            assert (one.columns[key][order[0]] * factor == two.columns[key][order[1]]).all()


@pytest.mark.parametrize("per_image", [0, 1, 4])
def test_other_numbers(tmp_path: Path, sample: Path, per_image: int) -> None:
    with pytest.raises(InputError, match=f"--events-per-image: found {per_image}; 2 to 3"):
        overlay_file(sample, tmp_path / "out.h5", per_image, 1)


def test_onto_itself(sample: Path) -> None:
    with pytest.raises(InputError, match="is the input itself"):
        overlay_file(sample, sample, 2, 1)

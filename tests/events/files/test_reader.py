"""Reading: every image of a file agrees with its crystals, whatever slice is asked for."""

import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jetflow.errors import InputError
from jetflow.events import CALORIMETER, PARTICLE_FLOW, EventFile, open_events
from jetflow.events.files.counts import to_counts
from jetflow.events.files.schema import BASELINE


def test_what_the_sample_holds(sample: Path) -> None:
    with open_events(sample) as file:
        assert len(file) == 256
        names = [file.process_names[code] for code in file.process]
        assert {name: names.count(name) for name in set(names)} == {"tt": 52, "HH": 51, "WW": 51, "ZZ": 51, "bb": 51}
        assert set(file.mu.tolist()) == {0.0, 50.0}
        assert (file.npu[file.mu == 0] == 0).all()
        assert abs(file.npu[file.mu == 50].mean() - 50) < 4 * np.sqrt(50 / (file.mu == 50).sum())
        assert set(names[:32]) == {"tt", "HH", "WW", "ZZ", "bb"}, "a slice is well mixed"
        request = file.provenance["request"]
        assert (request["events"], request["pileup"], request["seed"]) == (256, [0.0, 50.0], 256)


def test_towers_are_sums_of_crystals(sample: Path) -> None:
    with open_events(sample) as file:
        crystals = file.image_et(CALORIMETER, "crystal", 10, 26).astype(np.float64)
        towers = crystals.reshape(16, 68, 5, 72, 5, 2).sum((2, 4)).astype(np.float32)
        assert (file.image_et(CALORIMETER, "tower", 10, 26) == towers).all()
        counts = np.minimum(np.floor(towers / np.float64(0.5) + 0.5), 1023)
        assert (file.images(CALORIMETER, "tower", 10, 26) == counts).all()
        assert (file.images(CALORIMETER, "crystal", 10, 26, 0.25, 8) == to_counts(crystals, 0.25, 8)).all()


def test_images_hold_the_stored_cells(sample: Path) -> None:
    with open_events(sample) as file:
        image = file.image_et(CALORIMETER, "crystal", 3, 4)[0]
        for channel, name in enumerate(("ecal", "hcal")):
            table = file.cells(name, 3, 4)
            expected = np.zeros((340, 360))
            np.add.at(expected, (table.columns["eta"], table.columns["phi"]), table.columns["et"].astype(float))
            assert (image[..., channel] == expected.astype(np.float32)).all()


@settings(max_examples=20)
@given(st.integers(0, 256), st.integers(0, 256))
def test_slices_are_slices_of_the_whole(sample: Path, first: int, second: int) -> None:
    start, stop = sorted((first, second))
    with open_events(sample) as file:
        whole, part = file.labels(), file.labels(start, stop)
        rows = slice(whole.offsets[start], whole.offsets[stop])
        assert (part.offsets == whole.offsets[start : stop + 1] - whole.offsets[start]).all()
        assert (part.pt == whole.pt[rows]).all()
        middle, stop = min(start + 3, stop), min(start + 9, stop)
        first_few = file.image_et(CALORIMETER, "tower", start, middle)
        assert (first_few == file.image_et(CALORIMETER, "tower", start, stop)[: middle - start]).all()


@given(st.floats(0, 14_000, width=32), st.sampled_from([0.25, 0.5, 1.0]), st.integers(1, 16))
def test_counts(et: float, lsb: float, bits: int) -> None:
    found = int(to_counts(np.array([et], np.float32), lsb, bits)[0])
    assert found == min(int(et / lsb + 0.5), 2**bits - 1)


@pytest.mark.parametrize(("lsb", "bits"), [(0.0, 8), (-1.0, 8), (0.5, 0), (0.5, 17)])
def test_impossible_counts(lsb: float, bits: int) -> None:
    with pytest.raises(InputError, match=r"lsb_gev|bits"):
        to_counts(np.zeros(1), lsb, bits)


@pytest.mark.parametrize(("start", "stop"), [(0, 257), (-1, 3), (5, 4)])
def test_events_that_are_not_there(sample: Path, start: int, stop: int) -> None:
    with EventFile.open(sample) as file, pytest.raises(InputError, match=r"it has 256"):
        file.images(CALORIMETER, "tower", start, stop)


def test_reading_imports_nothing_that_makes_events(sample: Path) -> None:
    """The GPL parts, and TensorFlow, stay out of a process that reads."""
    code = (
        "import sys, jetflow.cli_data; from jetflow.events import open_events\n"
        f"open_events({str(sample)!r}).images(('ecal', 'hcal'), 'tower', 0, 2)\n"
        "unwanted = {'pythia8mc', 'fastjet', 'awkward', 'numba', 'tensorflow'}\n"
        "print(*unwanted & {name.split('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_channels_are_the_callers_choice(sample: Path, tmp_path: Path) -> None:
    """Any stored collections, in any order; one that the file lacks is named with those that it has."""
    with open_events(sample) as file:
        assert (file.collections, file.jets) == (("ecal", "hcal"), ())
        both = file.images(("hcal", "ecal"), "tower", 0, 3)
        assert (both[..., ::-1] == file.images(CALORIMETER, "tower", 0, 3)).all()
        assert (both[..., :1] == file.images(("hcal",), "tower", 0, 3)).all()
        with pytest.raises(InputError, match=r"sample-256\.h5: track: absent; its channels are ecal, hcal"):
            file.images(PARTICLE_FLOW, "crystal", 0, 1)
        with pytest.raises(InputError, match=r"baseline: absent"):
            file.baseline()
    path = shutil.copy(sample, tmp_path / "flow.h5")
    with h5py.File(path, "r+") as file:
        for new, old in zip(PARTICLE_FLOW, ("ecal", "hcal", "ecal"), strict=True):
            file.copy(old, new)
        jets = file.create_group("baseline")
        jets["offsets"] = np.arange(257)
        for name in BASELINE:
            jets[name] = np.arange(256, dtype=np.float32)
    with open_events(path) as flow:
        flow.check()
        assert flow.collections == (*CALORIMETER, *PARTICLE_FLOW)
        images = flow.images(PARTICLE_FLOW, "crystal", 5, 8)
        assert (images == flow.images(("ecal", "hcal", "ecal"), "crystal", 5, 8)).all()
        assert flow.baseline(4, 6).columns["tau3"].tolist() == [4, 5]

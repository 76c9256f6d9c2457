"""Reading: every image of a file agrees with its crystals, whatever slice is asked for."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jetflow.errors import InputError
from jetflow.events import EventFile, open_events
from jetflow.events.counts import to_counts


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
        crystals = file.crystal_et(10, 26).astype(np.float64)
        towers = crystals.reshape(16, 68, 5, 72, 5, 2).sum((2, 4)).astype(np.float32)
        assert (file.tower_et(10, 26) == towers).all()
        assert (file.towers(10, 26) == np.minimum(np.floor(towers / np.float64(0.5) + 0.5), 1023)).all()
        assert (file.crystals(10, 26, 0.25, 8) == to_counts(crystals, 0.25, 8)).all()


def test_images_hold_the_stored_cells(sample: Path) -> None:
    with open_events(sample) as file:
        image = file.crystal_et(3, 4)[0]
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
        assert (file.tower_et(start, middle) == file.tower_et(start, stop)[: middle - start]).all()


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
        file.towers(start, stop)


def test_reading_imports_nothing_that_makes_events(sample: Path) -> None:
    """The GPL parts, and TensorFlow, stay out of a process that reads."""
    code = (
        "import sys, jetflow.cli_data; from jetflow.events import open_events\n"
        f"open_events({str(sample)!r}).towers(0, 2)\n"
        "unwanted = {'pythia8mc', 'fastjet', 'awkward', 'numba', 'tensorflow'}\n"
        "print(*unwanted & {name.split('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""

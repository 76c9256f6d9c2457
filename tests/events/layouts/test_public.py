"""The authors' public layout: files as their tool writes them, read, written and refused."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetflow.errors import InputError
from jetflow.events import PARTICLE_FLOW, Grid, open_events
from jetflow.events.layouts.convert import Options, convert
from jetflow.events.layouts.public import DATASETS

EVENTS = 300  # more than one step of reading


def public_rows(rng: np.random.Generator, events: int = EVENTS, baseline: bool = True) -> dict[str, list[np.ndarray]]:
    """Random events; every 50th is empty."""
    rows: dict[str, list[np.ndarray]] = {name: [] for names in DATASETS.values() for name in names}
    rows |= {"labels": []} | ({"baseline": []} if baseline else {})
    for event in range(events):
        for eta, phi, et in DATASETS.values():
            cells = np.sort(rng.choice(340 * 360, 0 if event % 50 == 49 else rng.integers(1, 40), replace=False))
            rows[eta].append(cells // 360)
            rows[phi].append(cells % 360)
            rows[et].append(rng.exponential(20.0, len(cells)))
        for name, width in (("labels", 4), ("baseline", 5)):
            if name in rows:
                count = rng.integers(0, 4)
                place = [rng.integers(0, high, count) for high in (3, 340, 360)]
                values = [*place, rng.exponential(300.0, count) + 10, rng.random(count)]
                rows[name].append(np.stack(values[:width], 1).ravel())
    return rows


def write(path: Path, rows: dict[str, list[Any]], index: type = np.int16) -> Path:
    """Write `rows` as the authors do: an array of its own for every event."""
    with h5py.File(path, "w") as file:
        for name, values in rows.items():
            kind = index if name.endswith(("_Eta", "_Phi")) else np.float32
            data = file.create_dataset(name, (len(values),), maxshape=(None,), dtype=h5py.special_dtype(vlen=kind))
            for event, row in enumerate(values):
                data[event] = row
    return path


def read(path: Path) -> dict[str, list[np.ndarray]]:
    with h5py.File(path) as file:
        return {name: list(file[name][:]) for name in file}


@pytest.mark.parametrize("index", [np.int16, np.float32])
@pytest.mark.parametrize("baseline", [True, False])
def test_round_trip(tmp_path: Path, index: type, baseline: bool) -> None:
    """Theirs to ours and back: all is kept bit for bit, but energies, which are rounded to float16."""
    theirs = write(tmp_path / "theirs.h5", public_rows(np.random.default_rng(5), baseline=baseline), index)
    assert convert(theirs, tmp_path / "ours.h5", "jetflow", Options(pileup=50)) == EVENTS
    assert convert(tmp_path / "ours.h5", tmp_path / "back.h5", "public") == EVENTS
    first, second = read(theirs), read(tmp_path / "back.h5")
    assert first.keys() == second.keys()
    for name, rows in first.items():
        kept = name.endswith(("_PT", "_ET"))
        for row, back in zip(rows, second[name], strict=True):
            assert back.dtype == row.dtype
            expected = row.astype(np.float16).astype(np.float32) if kept else row
            assert (back == expected).all()
    convert(tmp_path / "back.h5", tmp_path / "again.h5", "jetflow", Options(pileup=50))
    with open_events(tmp_path / "ours.h5") as ours, open_events(tmp_path / "again.h5") as again:
        before, after = ours.block(), again.block()
    for name, table in before.tables.items():
        assert (table.offsets == after.tables[name].offsets).all()
        assert all((values == after.tables[name].columns[key]).all() for key, values in table.columns.items())


def test_what_a_converted_file_gives(tmp_path: Path) -> None:
    """Images of particle flow, labels of paper 2 and tagged jets, against loops over the rows."""
    rows = public_rows(np.random.default_rng(6))
    convert(write(tmp_path / "theirs.h5", rows), tmp_path / "ours.h5", "jetflow", Options(pileup=50))
    with open_events(tmp_path / "ours.h5") as file:
        file.check()
        assert (file.collections, file.jets) == (PARTICLE_FLOW, ("tagged",))
        assert set(file.mu.tolist()) == {50.0}
        assert str(tmp_path) not in str(file.provenance)
        images = file.image_et(PARTICLE_FLOW, "crystal", 0, 3)
        labels, jets = file.labels(scheme="paper2"), file.tagged()
    for event in range(3):
        expected = np.zeros((340, 360, 3), np.float32)
        for channel, (eta, phi, et) in enumerate(DATASETS.values()):
            for row, column, value in zip(rows[eta][event], rows[phi][event], rows[et][event], strict=True):
                expected[row, column, channel] += np.float16(np.float32(value))
        assert (images[event] == expected).all()
    classes, eta, phi, pt = np.concatenate(rows["labels"]).reshape(-1, 4).T
    assert (labels.class_id - 1 == classes).all()
    assert np.allclose(labels.eta, -2.958 + 0.0174 * (eta + 0.5), atol=1e-6)
    assert np.allclose(labels.phi, np.deg2rad(phi + 0.5 - 180), atol=1e-6)
    assert (labels.pt == pt.astype(np.float32)).all()
    assert (np.diff(labels.offsets) == [len(row) // 4 for row in rows["labels"]]).all()
    assert (jets.columns["ratio"] == np.concatenate(rows["baseline"]).reshape(-1, 5)[:, 4].astype(np.float32)).all()


@pytest.mark.parametrize("labels", [0, 1, 2])
@pytest.mark.parametrize("events", [1, 2, 40, 257])
def test_events_of_equal_lengths(tmp_path: Path, events: int, labels: int) -> None:
    """As many values in every event, or none: h5py must not take the rows for a matrix."""
    rows: dict[str, list[Any]] = {name: [[3, 4]] * events for names in DATASETS.values() for name in names}
    rows["labels"] = [[2, 5, 6, 300.0] * labels] * events
    theirs, ours, back = (tmp_path / name for name in ("theirs.h5", "ours.h5", "back.h5"))
    assert convert(write(theirs, rows), ours, "jetflow") == convert(ours, back, "public") == events
    with open_events(ours) as file:
        file.check()
        assert len(file) == events
    for name, values in read(back).items():
        assert [row.tolist() for row in values] == rows[name]


def test_cells_listed_twice_are_added(tmp_path: Path) -> None:
    rows = public_rows(np.random.default_rng(1), events=1)
    rows["EFlowTrack_Eta"], rows["EFlowTrack_Phi"], rows["EFlowTrack_PT"] = [[7, 7]], [[8, 8]], [[1.5, 2.5]]
    convert(write(tmp_path / "theirs.h5", rows), tmp_path / "ours.h5", "jetflow")
    with open_events(tmp_path / "ours.h5") as file:
        image = file.image_et(("track",), "crystal")
    assert (image[0, 7, 8, 0], image.sum()) == (4.0, 4.0)


def test_the_upper_edge_in_phi(tmp_path: Path) -> None:
    """Their tool writes bin -1 for an object on the edge."""
    rows = public_rows(np.random.default_rng(1), events=1) | {"labels": [[2, 5, -1, 300.0]]}
    convert(write(tmp_path / "theirs.h5", rows), tmp_path / "ours.h5", "jetflow")
    with open_events(tmp_path / "ours.h5") as file:
        assert np.allclose(file.truth().columns["phi"], np.deg2rad(179.5))


def test_labels_of_any_pt_come_back(tmp_path: Path) -> None:
    """The authors cut on no pT; labels of paper 2 start at the 7 GeV where their data end."""
    rows = public_rows(np.random.default_rng(1), events=1) | {"labels": [[2, 5, 6, 300.0, 1, 7, 8, 0.5]]}
    theirs, ours, back = (tmp_path / name for name in ("theirs.h5", "ours.h5", "back.h5"))
    convert(write(theirs, rows), ours, "jetflow")
    convert(ours, back, "public")
    assert [row.tolist() for row in read(back)["labels"]] == rows["labels"]


def test_a_w_inside_a_top_by_option(tmp_path: Path, heavy: Path) -> None:
    """The authors label it: two V, one in each top, where the top decays to W."""
    found = []
    for inside_top in (False, True):
        convert(heavy, tmp_path / "public.h5", "public", Options(inside_top=inside_top))
        classes = [row.reshape(-1, 4)[:, 0].tolist() for row in read(tmp_path / "public.h5")["labels"]]
        found.append([sum(row.count(kind) for row in classes if 0 in row) for kind in (0, 1)])
    (tops, none), (again, inside) = found
    assert (tops, none) == (again, 0)
    assert 0.95 * tops < inside <= tops


def spoil(name: str, row: list[float]) -> Any:
    return lambda rows: rows.__setitem__(name, [row, *rows[name][1:]])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows.pop("EFlowPhoton_ET"), r"EFlowPhoton_ET: absent; the public layout needs it"),
        (lambda rows: rows.pop("labels"), r"labels: absent"),
        (lambda rows: rows["EFlowTrack_PT"].pop(), r"EFlowTrack_PT: found 2 events, `labels` has 3"),
        (spoil("EFlowTrack_Eta", [1, 2]), r"EFlowTrack_Eta: event 0 has another length than in EFlowTrack_PT"),
        (spoil("labels", [0, 1, 2]), r"labels: found 3 values in event 0; groups of 4"),
        (spoil("baseline", [0, 1, 2, 300.0]), r"baseline: found 4 values in event 0; groups of 5"),
        (spoil("labels", [3, 1, 2, 300.0]), r"labels class: found bin 3; whole numbers 0\.\.2 are allowed"),
        (spoil("labels", [0, 340, 2, 300.0]), r"labels eta: found bin 340; whole numbers 0\.\.339"),
        (spoil("labels", [0, 1.5, 2, 300.0]), r"labels eta: found bin 1\.5"),
        (spoil("labels", [0, 1, 360, 300.0]), r"labels phi: found bin 360; whole numbers -1\.\.359"),
        (spoil("labels", [0, 1, 2, np.nan]), r"labels: found a negative or undefined pT"),
        (spoil("labels", [np.nan, 1, 2, 3]), r"labels class: found bin nan"),
        (spoil("baseline", [0, 1, 2, 300.0, -0.5]), r"baseline: found a negative or undefined pT or ratio"),
    ],
)
def test_odd_files(tmp_path: Path, change: Any, message: str) -> None:
    rows = public_rows(np.random.default_rng(2), events=3)
    change(rows)
    refused(write(tmp_path / "odd.h5", rows), message)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("EFlowTrack_Phi", 360, r"EFlowTrack_Phi: found bin 360; whole numbers 0\.\.359"),
        ("EFlowPhoton_Eta", -1, r"EFlowPhoton_Eta: found bin -1; whole numbers 0\.\.339"),
        ("EFlowPhoton_Eta", 2.5, r"EFlowPhoton_Eta: found bin 2\.5"),
        ("EFlowPhoton_Eta", np.nan, r"EFlowPhoton_Eta: found bin nan"),
        ("EFlowPhoton_ET", np.nan, r"EFlowPhoton_ET: found NaN; 0\.\.14000 GeV is allowed"),
        ("EFlowPhoton_ET", -1.0, r"EFlowPhoton_ET: found -1 GeV"),
        ("EFlowTrack_PT", np.inf, r"EFlowTrack_PT: found inf GeV"),
    ],
)
def test_bad_values(tmp_path: Path, name: str, value: float, message: str) -> None:
    rows = public_rows(np.random.default_rng(2), events=3)
    rows[name][1] = np.append(rows[name][1][:-1].astype(np.float64), value)
    refused(write(tmp_path / "odd.h5", rows, np.float32), message)


def test_no_events(tmp_path: Path) -> None:
    refused(write(tmp_path / "odd.h5", public_rows(np.random.default_rng(2), events=0)), "labels: holds no events")


def test_other_kinds_of_datasets(tmp_path: Path) -> None:
    path = write(tmp_path / "odd.h5", public_rows(np.random.default_rng(2), events=3))
    with h5py.File(path, "r+") as file:
        del file["labels"]
        file["labels"] = np.zeros((3, 4))
    refused(path, r"labels: found float64 of shape \(3, 4\); a list of variable-length")


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_truncated(tmp_path: Path, share: float) -> None:
    path = write(tmp_path / "cut.h5", public_rows(np.random.default_rng(2), events=3))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    refused(path, r"truncated or not HDF5")


def refused(path: Path, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        convert(path, path.with_name("out.h5"), "jetflow")
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    assert not path.with_name("out.h5").exists()


def test_layouts_that_do_not_fit(tmp_path: Path, sample: Path) -> None:
    out = tmp_path / "out.h5"
    for source, layout, message in (
        (
            sample,
            "jetflow",
            r"sample-256\.h5: is in jetflow's layout already \(jetflow-events-1\): give --layout public",
        ),
        (sample, "public", r"track: absent; its channels are ecal, hcal"),
        (tmp_path / "none.h5", "jetflow", r"none\.h5: no such file"),
    ):
        with pytest.raises(InputError, match=message):
            convert(source, out, layout)
    with h5py.File(tmp_path / "foreign.h5", "w") as file:
        file["data"] = np.zeros(3)
    refused(tmp_path / "foreign.h5", "is not in the public layout")
    with pytest.raises(InputError, match="is the input itself"):
        convert(tmp_path / "foreign.h5", tmp_path / "foreign.h5", "jetflow")


@given(st.integers(0, 339), st.integers(0, 359))
def test_bins_survive_as_centres(row: int, column: int) -> None:
    """Every bin is found again from the float32 centre that stands for it."""
    grid = Grid()
    eta = np.float32(grid.eta_centre(np.array(row)))
    phi = np.float32((column + 0.5) * (2 * np.pi / 360) - np.pi)
    assert (grid.eta_index(np.float64(eta)), grid.phi_index(np.float64(phi))) == (row, column)

"""Images and trees that a user already has become files of ours."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from jetflow.errors import InputError, MissingToolError
from jetflow.events import CALORIMETER, load_counts, open_events
from jetflow.events.layouts.convert import Options, convert

uproot = pytest.importorskip("uproot")
ak = pytest.importorskip("awkward")


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
@pytest.mark.parametrize(("shape", "grid"), [((68, 72), "tower"), ((340, 360), "crystal")])
@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_images(tmp_path: Path, suffix: str, shape: tuple[int, int], grid: Any, dtype: type) -> None:
    """Images come back as they were: counts up to 11 bits, energies rounded to float16."""
    rng = np.random.default_rng(4)
    images = (rng.integers(0, 2048, (3, *shape, 2)) * (rng.random((3, *shape, 2)) < 0.05)).astype(dtype)
    path = tmp_path / f"own{suffix}"
    if suffix == ".npy":
        np.save(path, images)
    else:
        np.savez(path, images=images)
    convert(path, tmp_path / "ours.h5", "jetflow", Options(channels=("hcal", "ecal"), lsb_gev=0.25))
    with open_events(tmp_path / "ours.h5") as file:
        file.check()
        assert len(file.truth().columns["pdg"]) == 0
        if dtype is np.uint16:
            assert (file.images(("hcal", "ecal"), grid, lsb_gev=0.25, bits=11) == images).all()
        else:
            assert (file.image_et(("hcal", "ecal"), grid) == images.astype(np.float16)).all()


@pytest.mark.parametrize(
    ("images", "options", "message"),
    [
        (np.zeros((2, 72, 68, 2)), {}, r"found shape \(2, 72, 68, 2\); \(n, 340, 360, 2\) or \(n, 68, 72, 2\)"),
        (np.zeros((0, 68, 72, 2)), {}, r"images: holds no events"),
        (np.zeros((2, 68, 72, 3)), {}, r"found shape \(2, 68, 72, 3\)"),
        (np.full((1, 68, 72, 2), np.nan), {}, r"images: found NaN GeV"),
        (np.full((1, 68, 72, 2), 4096), {}, r"images: found 4096 counts; 0\.\.2047 counts"),
        (np.zeros((1, 68, 72, 1)), {"channels": ("muon",)}, r"--channels: found 'muon'; each once of ecal"),
        (np.zeros((1, 68, 72, 2)), {"channels": ("ecal", "ecal")}, r"--channels: found 'ecal'; each once"),
        (np.zeros((1, 68, 72, 2)), {"lsb_gev": -1.0}, r"--lsb-gev: found -1\.0"),
    ],
)
def test_bad_images(tmp_path: Path, images: np.ndarray, options: dict[str, Any], message: str) -> None:
    np.save(tmp_path / "own.npy", images)
    with pytest.raises(InputError, match=message):
        convert(tmp_path / "own.npy", tmp_path / "out.h5", "jetflow", Options(**options))
    assert not (tmp_path / "out.h5").exists()


def test_images_do_not_become_public_in_one_step(tmp_path: Path) -> None:
    np.save(tmp_path / "own.npy", np.zeros((1, 68, 72, 2), np.float32))
    with pytest.raises(InputError, match=r"own\.npy: --layout public is made from jetflow's; convert to that first"):
        convert(tmp_path / "own.npy", tmp_path / "out.h5", "public")


def tree_content(events: int = 1500) -> dict[str, Any]:
    """Jagged branches of cells and of truth, more events than are read at a time."""
    rng = np.random.default_rng(9)
    cells, objects = rng.integers(0, 8, events), rng.integers(0, 3, events)
    many, few = int(cells.sum()), int(objects.sum())

    def split(values: np.ndarray, counts: np.ndarray) -> Any:
        return ak.unflatten(values, counts)

    return {
        "ecal_eta": split(rng.uniform(-3.2, 3.2, many), cells),
        "ecal_phi": split(rng.uniform(-np.pi, np.pi, many), cells),
        "ecal_et": split(rng.exponential(5.0, many), cells),
        "truth_pdg": split(rng.choice([6, -6, 24, 25], few), objects),
        **{f"truth_{name}": split(rng.uniform(0, 2, few), objects) for name in ("eta", "phi", "mass")},
        "truth_pt": split(rng.uniform(100, 900, few), objects),
    }


def write_tree(path: Path, content: dict[str, Any], tree: str = "events") -> Path:
    with uproot.recreate(path) as file:
        file.mktree(tree, {name: values.type.content for name, values in content.items()})
        file[tree].extend(content)
    return path


def test_trees(tmp_path: Path) -> None:
    """Branches by their default names, against NumPy histograms; truth gives labels of paper 2."""
    content = tree_content()
    assert convert(write_tree(tmp_path / "own.root", content), tmp_path / "ours.h5", "jetflow", Options(20.0)) == 1500
    with open_events(tmp_path / "ours.h5") as file:
        file.check()
        assert file.collections == ("ecal",)
        image = file.image_et(("ecal",), "crystal", 5, 45)[..., 0]
        labels = file.labels(scheme="paper2")
    edges = [-2.958 + 0.0174 * np.arange(341), np.linspace(-np.pi, np.pi, 361)]
    for event in range(40):
        eta, phi, et = (ak.to_numpy(content[f"ecal_{name}"][event + 5]) for name in ("eta", "phi", "et"))
        expected = np.histogram2d(eta, phi, edges, weights=et.astype(np.float16))[0]
        assert (image[event] == expected.astype(np.float32)).all()
    pdg = np.abs(ak.to_numpy(ak.flatten(content["truth_pdg"])))
    assert (labels.class_id == np.select([pdg == 6, pdg == 24], [1, 2], 3)).all()


def test_records_as_uproot_writes_them(tmp_path: Path) -> None:
    """A record a collection, assigned: an RNTuple of fields ecal.eta ... in new versions, else branches ecal_eta ..."""
    content = tree_content(40)
    names = {"ecal": ("eta", "phi", "et"), "truth": ("pdg", "eta", "phi", "pt", "mass")}
    records = {name: ak.zip({key: content[f"{name}_{key}"] for key in keys}) for name, keys in names.items()}
    with uproot.recreate(tmp_path / "records.root") as file:
        file["events"] = records
    tables = []
    for path in (tmp_path / "records.root", write_tree(tmp_path / "own.root", content)):
        convert(path, tmp_path / "ours.h5", "jetflow")
        with open_events(tmp_path / "ours.h5") as ours:
            tables.append(ours.block().tables)
    for name, table in tables[1].items():
        for key, values in table.columns.items():
            assert (tables[0][name].columns[key] == values).all()


def test_branches_by_name_and_bins(tmp_path: Path) -> None:
    """A map names tree and branches; integers are bins."""
    content = {
        "Cell.Row": ak.Array([[3, 400], [], [5]]),
        "Cell.Col": ak.Array([[7, 8], [], [359]]),
        "Cell.E": ak.Array([[1.5, 2.5], [], [4.0]]),
    }
    path = write_tree(tmp_path / "own.root", content, "Delphes")
    names = tmp_path / "map.yaml"
    names.write_text(
        yaml.safe_dump(
            {"tree": "Delphes", "collections": {"track": {"eta": "Cell.Row", "phi": "Cell.Col", "et": "Cell.E"}}}
        )
    )
    convert(path, tmp_path / "ours.h5", "jetflow", Options(branches=names))
    with open_events(tmp_path / "ours.h5") as file:
        table = file.cells("track")
    assert table.offsets.tolist() == [0, 1, 1, 2], "row 400 is outside"
    assert [table.columns[name].tolist() for name in ("eta", "phi", "et")] == [[3, 5], [7, 359], [1.5, 4.0]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "collections: {ecal: {eta: a, phi: b, et: c}}",
            r"own\.root: branches: a, b, c: absent; found 'ecal_et', 'ecal_eta",
        ),
        ("collections: {ecal: {eta: a}}", r"map\.yaml: ecal: found eta; .*eta, phi, et"),
        ("collections: {muon: {eta: a, phi: b, et: c}}", r"map\.yaml: muon: found eta, phi, et; ecal"),
        ("tree: other", r"own\.root: tree: found 'events', other is needed"),
        ("trees: other", r"map\.yaml: trees: Extra inputs are not permitted"),
        ("{", r"map\.yaml: unreadable or no YAML"),
        (
            "collections: {ecal: {eta: ecal_eta, phi: ecal_phi, et: truth_pt}}",
            r"truth_pt: has other lengths than ecal_eta",
        ),
        ("collections: {ecal: {eta: ecal_eta, phi: ecal_phi, et: ecal_eta}}", r"ecal_eta: found -3\.\d+ GeV"),
    ],
)
def test_bad_maps(tmp_path: Path, text: str, message: str) -> None:
    path = write_tree(tmp_path / "own.root", tree_content(60))
    (tmp_path / "map.yaml").write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        convert(path, tmp_path / "out.h5", "jetflow", Options(branches=tmp_path / "map.yaml"))
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out.h5").exists()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7])
def test_truncated_trees(tmp_path: Path, share: float) -> None:
    path = write_tree(tmp_path / "own.root", tree_content(60))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(InputError, match=r"truncated, corrupt or not a ROOT|unreadable|tree: found"):
        convert(path, tmp_path / "out.h5", "jetflow")


def test_uproot_is_named_where_it_is_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_tree(tmp_path / "own.root", tree_content(5))
    monkeypatch.setitem(sys.modules, "uproot", None)
    with pytest.raises(MissingToolError, match=r"pip install 'jetflow\[root\]'"):
        convert(path, tmp_path / "out.h5", "jetflow")


def test_calorimeter_images_become_networks_input(tmp_path: Path) -> None:
    """A converted file goes through the same door as a generated one."""
    images = np.random.default_rng(3).integers(0, 1024, (2, 68, 72, 2))
    np.save(tmp_path / "own.npy", images)
    convert(tmp_path / "own.npy", tmp_path / "ours.h5", "jetflow")
    assert (load_counts(tmp_path / "ours.h5", CALORIMETER, (68, 72, 2), 0.5, 10) == images).all()

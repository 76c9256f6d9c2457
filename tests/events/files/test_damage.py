"""Damaged files of every kind that is read: whatever byte is changed, an InputError of one line or a good file."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jetflow.errors import InputError
from jetflow.events import load_counts, open_events
from jetflow.events.files.writer import write_events
from jetflow.events.layouts.convert import convert
from jetflow.events.layouts.public import DATASETS
from jetflow.events.layouts.public_writer import write_public

CHANGES = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=8)
damage = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def whole(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A small whole file of every kind."""
    folder = tmp_path_factory.mktemp("whole")
    made = {name: folder / name for name in ("ours.h5", "public.h5", "images.npz", "trees.root")}
    with open_events(sample) as file:
        block, grid, names = file.block(0, 8), file.grid, list(file.process_names)
    for collection in DATASETS:
        block.tables[collection] = block.tables["hcal"]
    write_events(made["ours.h5"], [block], grid, names, {})
    with open_events(made["ours.h5"]) as file:
        write_public(made["public.h5"], file, "int16")
    np.savez_compressed(made["images.npz"], images=np.arange(68 * 72 * 2).reshape(1, 68, 72, 2) % 1000)
    uproot = pytest.importorskip("uproot")
    with uproot.recreate(made["trees.root"]) as file:
        file["events"] = {f"ecal_{name}": np.arange(8.0).reshape(4, 2) for name in ("eta", "phi", "et")}
    return made


def damaged(whole: Path, folder: Path, changes: list[tuple[float, int]]) -> Path:
    """A copy of a file with some bytes changed, half of them near its beginning, where the structure is."""
    content = bytearray(whole.read_bytes())
    for rank, (share, value) in enumerate(changes):
        reach = len(content) if rank % 2 else min(len(content), 4096)
        content[int(share * reach)] = value
    path = folder / whole.name
    path.write_bytes(content)
    return path


@damage
@given(CHANGES)
def test_ours(whole: dict[str, Path], tmp_path: Path, changes: list[tuple[float, int]]) -> None:
    path = damaged(whole["ours.h5"], tmp_path, changes)
    try:
        with open_events(path) as file:
            file.check()
            file.images(file.collections[:1], "tower")
            file.labels()
    except InputError as error:
        one_line(error, path)


@damage
@given(CHANGES)
@pytest.mark.parametrize("kind", ["public.h5", "images.npz", "trees.root"])
def test_others(whole: dict[str, Path], tmp_path: Path, kind: str, changes: list[tuple[float, int]]) -> None:
    path, out = damaged(whole[kind], tmp_path, changes), tmp_path / "out.h5"
    out.unlink(missing_ok=True)
    try:
        convert(path, out, "jetflow")
    except InputError as error:
        one_line(error, path)
        assert not out.exists()
    else:
        with open_events(out) as file:
            file.check()


def one_line(error: InputError, path: Path) -> None:
    assert str(path) in str(error)
    assert "\n" not in str(error)
    assert len(str(error)) < 600


@pytest.mark.parametrize("kind", ["ours.h5", "public.h5", "images.npz", "trees.root"])
def test_cut_anywhere(whole: dict[str, Path], tmp_path: Path, kind: str) -> None:
    """No part of a file is read as a whole one."""
    content = whole[kind].read_bytes()
    path = tmp_path / kind
    for size in np.linspace(0, len(content) - 1, 25).astype(int):
        path.write_bytes(content[:size])
        with pytest.raises(InputError) as caught:
            if kind == "images.npz":
                load_counts(path, ("ecal", "hcal"), (68, 72, 2), 0.5, 10)
            elif kind == "ours.h5":
                with open_events(path) as file:
                    file.check()
            else:
                convert(path, tmp_path / "out.h5", "jetflow")
        one_line(caught.value, path)


def test_the_whole_files_are_good(whole: dict[str, Path], tmp_path: Path) -> None:
    for name in ("public.h5", "images.npz", "trees.root"):
        assert convert(whole[name], tmp_path / "out.h5", "jetflow") in (1, 4, 8)
    shutil.copy(whole["ours.h5"], tmp_path / "ours.h5")
    with open_events(tmp_path / "ours.h5") as file:
        file.check()

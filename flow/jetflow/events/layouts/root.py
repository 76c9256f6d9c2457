"""Cells, towers or particles of a user's own ROOT trees as cells of our layout, read with uproot."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.errors import InputError, MissingToolError
from jetflow.events.block import Block, Table
from jetflow.events.files.schema import CELLS, COLLECTIONS, MAX_ET, TRUTH
from jetflow.events.grid import Grid
from jetflow.events.layouts.branches import OBJECT, BranchMap
from jetflow.events.layouts.foreign import no_truth, unknown

__all__ = ["tree_blocks"]

_STEP = 1000  # events at a time
_MARKS = ("_", ".")  # between collection and column: of trees as uproot writes them, and of RNTuples


def tree_blocks(path: Path, branches: Path | None, mu: float) -> Iterator[Block]:
    """The events of a ROOT tree with jagged branches (eta, phi, et of cells), as blocks.

    eta and phi are pseudorapidity and radians where they are floats, bins of the 340 x 360 grid where they are
    integers; et is in GeV, 0 or more, and is rounded to float16. Cells outside the grid in eta are left out. `mu` is
    the mean pileup to note. Truth objects have no parent and no generator jet.
    """
    names = BranchMap.read(branches)
    tree, keys, count = _opened(path, names.tree)
    cells = names.collections or {
        name: {column: f"{name}{mark}{column}" for column in CELLS}
        for name in COLLECTIONS
        for mark in _MARKS
        if f"{name}{mark}et" in keys
    }
    truth = names.truth or {
        column: f"truth{mark}{column}" for mark in _MARKS if f"truth{mark}pdg" in keys for column in OBJECT
    }
    wanted = [branch for columns in (*cells.values(), truth) for branch in columns.values()]
    missing = [branch for branch in wanted if branch not in keys]
    if not cells or missing:
        found = repr(sorted(keys))[1:-1]
        lacking = ", ".join(missing) or "ecal_eta, ecal_phi, ecal_et"
        raise InputError(f"{path}: branches: {lacking}: absent; found {found:.60}; name them in --branches FILE.yaml")
    if not count:
        raise InputError(f"{path}: tree: holds no events; at least one is needed; name another in --branches FILE.yaml")
    with tree:
        for start in range(0, count, _STEP):
            stop = min(start + _STEP, count)
            reader = _Reader(path, tree, start, stop)
            tables = {name: _cells(reader, columns) for name, columns in cells.items()}
            tables["truth"] = _truth(reader, truth) if truth else no_truth(stop - start)
            yield Block(unknown(stop - start, mu), tables)


def _opened(path: Path, name: str | None) -> tuple[Any, set[str], int]:
    """The tree called `name`, or the only one, of a file; names of its branches, with and without folders; events."""
    try:
        uproot = importlib.import_module("uproot")
        importlib.import_module("awkward")
    except ImportError as error:
        raise MissingToolError("reading ROOT files needs uproot: pip install 'jetflow[root]'") from error
    try:
        file = uproot.open(path)
        if file.file.fEND > path.stat().st_size:
            raise EOFError("the file is shorter than it says")
        kinds = file.classnames()
        trees = sorted({key.split(";")[0] for key, kind in kinds.items() if kind in ("TTree", "ROOT::RNTuple")})
        chosen = trees[0] if name is None and len(trees) == 1 else name
        if chosen in trees:
            tree = file[chosen]
            return tree, {*tree.keys(), *tree.keys(full_paths=False)}, int(tree.num_entries)
    except Exception as error:  # a damaged file makes uproot raise almost anything
        raise InputError(f"{path}: truncated, corrupt or not a ROOT file; copy it again") from error
    found = repr(trees)[1:-1] or "none"
    raise InputError(f"{path}: tree: found {found:.60}, {name or 'one'} is needed; name it in --branches FILE.yaml")


class _Reader:
    """Events start .. stop - 1 of a tree, a branch at a time."""

    def __init__(self, path: Path, tree: Any, start: int, stop: int) -> None:
        self.path, self._tree, self._start, self._stop = path, tree, start, stop

    def flat(self, branch: str) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """(offsets, values) of a jagged branch of numbers."""
        ak = importlib.import_module("awkward")
        try:
            array = self._tree[branch].array(entry_start=self._start, entry_stop=self._stop, library="ak")
            counts = ak.to_numpy(ak.num(array, axis=1))
            values = ak.to_numpy(ak.flatten(array, axis=1))
        except Exception as error:  # see _opened; a branch that is not jagged ends here too
            raise InputError(
                f"{self.path}: {branch}: unreadable, or no list of numbers an event; name another branch in --branches "
                "FILE.yaml, or copy the file again"
            ) from error
        return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), values

    def together(self, columns: dict[str, str]) -> tuple[NDArray[np.int64], dict[str, NDArray[Any]]]:
        """Branches of the same lengths: (offsets, values by column)."""
        read = {column: self.flat(branch) for column, branch in columns.items()}
        first = next(iter(columns))
        for column, (offsets, values) in read.items():
            if (offsets != read[first][0]).any():
                raise InputError(
                    f"{self.path}: {columns[column]}: has other lengths than {columns[first]}; name branches that "
                    "belong together in --branches FILE.yaml"
                )
            if values.dtype.kind not in "iuf" or not np.isfinite(values).all():
                raise InputError(
                    f"{self.path}: {columns[column]}: found {values.dtype} with NaN, infinity or no numbers; finite "
                    "numbers are allowed; correct the tree"
                )
        return read[first][0], {column: values for column, (_, values) in read.items()}


def _cells(reader: _Reader, columns: dict[str, str]) -> Table:
    offsets, values = reader.together({name: columns[name] for name in CELLS})
    et, grid = values["et"].astype(np.float64), Grid()
    if len(et) and not (et.min() >= 0 and et.max() <= MAX_ET):
        found = et.min() if et.min() < 0 else et.max()
        raise InputError(
            f"{reader.path}: {columns['et']}: found {found:g} GeV; 0..{MAX_ET:g} GeV is allowed; correct it"
        )
    bins = {
        "eta": values["eta"] if values["eta"].dtype.kind in "iu" else grid.eta_index(values["eta"].astype(np.float64)),
        "phi": values["phi"] if values["phi"].dtype.kind in "iu" else grid.phi_index(values["phi"].astype(np.float64)),
    }
    if len(et) and not (bins["phi"].min() >= 0 and bins["phi"].max() < grid.phi_cells):
        raise InputError(f"{reader.path}: {columns['phi']}: found bins outside 0..{grid.phi_cells - 1}; correct them")
    keep = (bins["eta"] >= 0) & (bins["eta"] < grid.eta_cells)
    kept = np.concatenate([[0], np.cumsum(keep)])
    return Table(
        kept[offsets].astype(np.int64),
        {**{axis: at[keep].astype(np.uint16) for axis, at in bins.items()}, "et": et[keep].astype(np.float16)},
    )


def _truth(reader: _Reader, columns: dict[str, str]) -> Table:
    offsets, values = reader.together({name: columns[name] for name in OBJECT})
    if len(values["pt"]) and values["pt"].min() < 0:
        raise InputError(f"{reader.path}: {columns['pt']}: found a negative pT; 0 or more is allowed; correct the tree")
    blank = np.zeros(offsets[-1])
    return Table(offsets, {name: values.get(name, blank).astype(dtype) for name, dtype in TRUTH.items()})

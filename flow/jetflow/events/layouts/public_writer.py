"""Writing the authors' public layout (see public) from one of our files."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import h5py
import numpy as np
from numpy.typing import NDArray

from jetflow.errors import InputError
from jetflow.events.files.disk import new_hdf5
from jetflow.events.files.reader import EventFile
from jetflow.events.grid import Grid
from jetflow.events.labels import paper2_labels
from jetflow.events.layouts.public import DATASETS

__all__ = ["IndexDtype", "write_public"]

IndexDtype = Literal["int16", "float32"]
_STEP = 256  # events at a time


def write_public(path: Path, source: EventFile, index_dtype: IndexDtype, inside_top: bool = False) -> int:
    """Write the events of `source` to `path` in the public layout, bins as `index_dtype`; return their number.

    Kept: the cells of particle flow, and as bins the labels of paper 2, of any pT, and the tagged jets (left out where
    the file has no jets). `inside_top`: with the W inside a top, which the authors label too. Lost: the calorimeter's
    cells, process, pileup, masses, b quarks, generator jets, and jets outside every mass window. Raises InputError
    where the file has no particle flow or another grid.
    """
    source.image_shape(tuple(DATASETS), "crystal")  # names a collection that is absent
    if source.grid != Grid():
        raise InputError(
            f"{source.path}: grid: found {source.grid.eta_cells} x {source.grid.phi_cells} cells; the public layout is "
            "for 340 x 360; make a file with the card cms-phase2"
        )
    with new_hdf5(path) as (file, disk):
        for start in range(0, len(source), _STEP):
            stop = min(start + _STEP, len(source))
            for name, (offsets, values) in _datasets(source, start, stop, index_dtype, inside_top).items():
                _append(file, name, offsets, values)
            disk.check()
    return len(source)


def _datasets(
    source: EventFile, start: int, stop: int, index_dtype: IndexDtype, inside_top: bool
) -> dict[str, tuple[NDArray[np.int64], NDArray[Any]]]:
    """(offsets, flat values) of every dataset for events start .. stop - 1."""
    made: dict[str, tuple[NDArray[np.int64], NDArray[Any]]] = {}
    for name, (eta, phi, et) in DATASETS.items():
        table = source.cells(name, start, stop)
        made[eta] = table.offsets, table.columns["eta"].astype(index_dtype)
        made[phi] = table.offsets, table.columns["phi"].astype(index_dtype)
        made[et] = table.offsets, table.columns["et"].astype(np.float32)
    labels = paper2_labels(source.truth(start, stop), source.grid.eta_max, inside_top, min_pt=0.0)
    objects = [labels.class_id - 1, *_bins(source.grid, labels.eta, labels.phi), labels.pt]
    made["labels"] = labels.offsets * len(objects), np.stack(objects, 1).astype(np.float32).ravel()
    if source.has_tagged:
        jets = source.tagged(start, stop)
        column = jets.columns
        rows = [column["class_id"], *_bins(source.grid, column["eta"], column["phi"]), column["pt"], column["ratio"]]
        made["baseline"] = jets.offsets * len(rows), np.stack(rows, 1).astype(np.float32).ravel()
    return made


def _bins(grid: Grid, eta: NDArray[np.float32], phi: NDArray[np.float32]) -> tuple[NDArray[np.int64], ...]:
    return grid.eta_index(eta.astype(np.float64)), grid.phi_index(phi.astype(np.float64))


def _append(file: h5py.File, name: str, offsets: NDArray[np.int64], values: NDArray[Any]) -> None:
    if name not in file:
        file.create_dataset(name, (0,), h5py.vlen_dtype(values.dtype), maxshape=(None,), chunks=(_STEP,))
    data = file[name]
    start = len(data)
    data.resize(start + len(offsets) - 1, axis=0)
    for row, (low, high) in enumerate(pairwise(offsets.tolist())):
        if high > low:  # one by one: h5py takes rows of equal lengths for a matrix
            data[start + row] = values[low:high]

"""Writing an events file in pieces: the same blocks give the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from jetflow.events.block import Block
from jetflow.events.disk import new_hdf5
from jetflow.events.grid import Grid
from jetflow.events.schema import CHUNK, COLLECTIONS, SCALARS, SCHEMA, stored
from jetflow.events.steps import to_steps

__all__ = ["write_events"]


def write_events(
    path: Path, blocks: Iterable[Block], grid: Grid, process_names: list[str], provenance: dict[str, Any]
) -> int:
    """Write `blocks` one after the other to `path`, atomically, and return the number of events.

    Memory holds one block. Raises InputError where the disk is full or may not be written.
    """
    count = 0
    with new_hdf5(path) as (file, disk):
        file.attrs["schema"] = SCHEMA
        file.attrs["process_names"] = json.dumps(process_names)
        file.attrs["grid"] = json.dumps(asdict(grid), sort_keys=True)
        file.attrs["provenance"] = json.dumps(provenance, sort_keys=True)
        for block in blocks:
            _append(file, block, grid)
            count += len(block)
            disk.check()
    return count


def _append(file: h5py.File, block: Block, grid: Grid) -> None:
    for name, dtype in SCALARS.items():
        _extend(file, name, block.scalars[name], dtype)
    for name, table in block.tables.items():
        path = f"{name}/offsets"
        if path not in file:
            _extend(file, path, np.zeros(1, np.int64), "int64")
        _extend(file, path, table.offsets[1:] + file[path][-1], "int64")
        values = table.columns
        if name in COLLECTIONS:
            values = values | {"step": to_steps(table.offsets, values["eta"], values["phi"], grid.phi_cells)}
        for column, dtype in stored(name).items():
            _extend(file, f"{name}/{column}", values[column], dtype)


def _extend(file: h5py.File, name: str, values: np.ndarray[Any, Any], dtype: str) -> None:
    if name not in file:
        file.create_dataset(
            name, (0,), dtype, maxshape=(None,), chunks=(CHUNK,), compression="gzip", compression_opts=6, shuffle=True
        )
    data = file[name]
    start = len(data)
    data.resize(start + len(values), axis=0)
    data[start:] = values

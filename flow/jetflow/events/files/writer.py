"""Writing an events file in pieces: the same blocks give the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import h5py
from numpy.typing import NDArray

from jetflow.events.block import Block
from jetflow.events.files.chunks import Column
from jetflow.events.files.disk import new_hdf5
from jetflow.events.files.schema import COLLECTIONS, SCALARS, SCHEMA, stored
from jetflow.events.files.steps import to_steps
from jetflow.events.grid import Grid

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
        columns: dict[str, Column] = {}
        for block in blocks:
            _append(file, columns, block, grid)
            count += len(block)
            disk.check()
        for column in columns.values():
            column.close()
    return count


def _append(file: h5py.File, columns: dict[str, Column], block: Block, grid: Grid) -> None:
    def extend(name: str, dtype: str, values: NDArray[Any]) -> None:
        if name not in columns:
            columns[name] = Column(file, name, dtype)
        columns[name].append(values)

    for name, dtype in SCALARS.items():
        extend(name, dtype, block.scalars[name])
    for name, table in block.tables.items():
        path = f"{name}/offsets"
        before = columns[path].last if path in columns else None
        extend(path, "int64", table.offsets if before is None else table.offsets[1:] + before)
        values = table.columns
        if name in COLLECTIONS:
            values = values | {"step": to_steps(table.offsets, values["eta"], values["phi"], grid.phi_cells)}
        for key, dtype in stored(name).items():
            extend(f"{name}/{key}", dtype, values[key])

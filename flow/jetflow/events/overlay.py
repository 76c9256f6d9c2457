"""Several events as one: how a network does where more happens at once (paper 2, figure 5)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import jetflow
from jetflow.errors import InputError
from jetflow.events.block import Block, Table
from jetflow.events.files.reader import EventFile, open_events
from jetflow.events.files.schema import COLLECTIONS
from jetflow.events.files.writer import write_events
from jetflow.events.generation.seeds import stream
from jetflow.events.grid import Grid

__all__ = ["overlaid", "overlay_file"]

MIXED = "mixed"  # process of an image of events of several processes
_KEY = 1004  # names the random stream of the choice of partners; above every process code
_POOL = 3072  # neighbouring events that are drawn together: a slice of a generated file is well mixed
_MOST = 3  # events an image


def overlay_file(path: Path, out: Path, per_image: int, seed: int) -> int:
    """Write the events of `path` to `out`, `per_image` (2 or 3) of them as one; return the number of images.

    Every event is used once, with partners of the same 3072 neighbours, drawn by `seed`; the last ones, that fill no
    image, are left out. Raises InputError for a bad file or number.
    """
    if not 2 <= per_image <= _MOST:
        raise InputError(f"--events-per-image: found {per_image}; 2 to {_MOST} are allowed")
    if out.exists() and path.exists() and out.samefile(path):
        raise InputError(f"{out}: is the input itself; choose another --out")
    with open_events(path) as file:
        if len(file) < per_image:
            raise InputError(f"{path}: has {len(file)} events; {per_image} or more are needed for an image")
        facts = {
            "overlay": {"events_per_image": per_image, "seed": seed, "of": file.provenance},
            "versions": {"jetflow": jetflow.__version__},
        }
        names = [*file.process_names, MIXED]
        return write_events(out, _images(file, per_image, seed), file.grid, names, facts)


def _images(file: EventFile, per_image: int, seed: int) -> Iterator[Block]:
    for pool, start in enumerate(range(0, len(file), _POOL)):
        block = file.block(start, min(start + _POOL, len(file)))
        order = stream(seed, _KEY, pool).rng.permutation(len(block))
        drawn = block.take(order[: len(block) // per_image * per_image])
        yield overlaid(drawn, per_image, len(file.process_names), file.grid)


def overlaid(block: Block, per_image: int, mixed: int, grid: Grid) -> Block:
    """Each `per_image` neighbouring events of `block` as one; `mixed` is the process code of different processes.

    ET in the same cell is added and rounded to float16, pileup and its mean are added, objects and jets
    are listed one event after the other. Jets are not clustered again: where they are nearer than 0.8, a
    reconstruction of the overlaid event would find other ones.
    """
    process, mu, npu = (block.scalars[name].reshape(-1, per_image) for name in ("process", "mu", "npu"))
    same = (process == process[:, :1]).all(1)
    scalars: dict[str, NDArray[Any]] = {
        "process": np.where(same, process[:, 0], mixed).astype(np.int8),
        "mu": mu.sum(1, dtype=np.float32),
        "npu": npu.sum(1).astype(np.uint16),
    }
    tables = {}
    for name, table in block.tables.items():
        merged = Table(table.offsets[::per_image], table.columns)
        tables[name] = _added(merged, grid) if name in COLLECTIONS else merged
    return Block(scalars, tables)


def _added(table: Table, grid: Grid) -> Table:
    """Cells with each crystal once an event, by row and column."""
    events = len(table.offsets) - 1
    event = np.repeat(np.arange(events), np.diff(table.offsets))
    row, column = (table.columns[axis].astype(np.int64) for axis in ("eta", "phi"))
    keys, cell = np.unique((event * grid.eta_cells + row) * grid.phi_cells + column, return_inverse=True)
    et = np.bincount(cell, weights=table.columns["et"].astype(np.float64), minlength=len(keys))
    event, place = np.divmod(keys, grid.cells)
    columns = {
        "eta": (place // grid.phi_cells).astype(np.uint16),
        "phi": (place % grid.phi_cells).astype(np.uint16),
        "et": et.astype(np.float16),
    }
    return Table(np.searchsorted(event, np.arange(events + 1)).astype(np.int64), columns)

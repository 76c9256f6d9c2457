"""A run of events in memory: one value an event, and tables of any length an event."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, fields
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.atomic import write_bytes
from jetflow.errors import InputError
from jetflow.events.particles import ranges

__all__ = ["Block", "Table"]

Array = NDArray[Any]


@dataclass(frozen=True)
class Table:
    """Rows grouped by event: event i has rows offsets[i]:offsets[i + 1] of every column; offsets (n + 1) int64."""

    offsets: NDArray[np.int64]
    columns: dict[str, Array]

    @classmethod
    def of(cls, record: Any) -> Table:
        """From a dataclass with `offsets` and flat arrays (Cells, Truth)."""
        names = [field.name for field in fields(record) if field.name != "offsets"]
        return cls(record.offsets, {name: getattr(record, name) for name in names})

    def take(self, order: NDArray[np.int64]) -> Table:
        """The events `order`, in that order."""
        counts = np.diff(self.offsets)[order]
        rows = ranges(self.offsets[order], counts)
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return Table(offsets, {name: column[rows] for name, column in self.columns.items()})

    @staticmethod
    def joined(tables: list[Table]) -> Table:
        """One table after the other; the columns are those of the first."""
        counts = np.concatenate([np.diff(table.offsets) for table in tables])
        columns = {name: np.concatenate([table.columns[name] for table in tables]) for name in tables[0].columns}
        return Table(np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), columns)


@dataclass(frozen=True)
class Block:
    """n events: `scalars` are arrays (n,), `tables` are tables of n events (`ecal`, `hcal`, `truth`)."""

    scalars: dict[str, Array]
    tables: dict[str, Table]

    def __len__(self) -> int:
        return len(next(iter(self.scalars.values())))

    def take(self, order: NDArray[np.int64]) -> Block:
        """The events `order`, in that order."""
        scalars = {name: values[order] for name, values in self.scalars.items()}
        return Block(scalars, {name: table.take(order) for name, table in self.tables.items()})

    @staticmethod
    def joined(blocks: list[Block]) -> Block:
        """One block after the other."""
        first = blocks[0]
        scalars = {name: np.concatenate([block.scalars[name] for block in blocks]) for name in first.scalars}
        return Block(scalars, {name: Table.joined([block.tables[name] for block in blocks]) for name in first.tables})

    def save(self, path: Path) -> None:
        """Write the block to `path` (.npz), atomically."""
        arrays = dict(self.scalars)
        for name, table in self.tables.items():
            arrays[f"{name}/offsets"] = table.offsets
            arrays |= {f"{name}/{column}": values for column, values in table.columns.items()}
        content = BytesIO()  # zipfile complains on stderr where a disk is full
        np.savez(content, **arrays)
        write_bytes(path, content.getvalue())

    @classmethod
    def load(cls, path: Path) -> Block:
        """Read what `save` wrote."""
        scalars: dict[str, Array] = {}
        parts: dict[str, dict[str, Array]] = {}
        try:
            with np.load(path, allow_pickle=False) as file:
                for key in file.files:
                    table, _, column = key.rpartition("/")
                    (parts.setdefault(table, {}) if table else scalars)[column] = file[key]
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise InputError(f"{path}: corrupt shard; remove the file and run the same command again") from error
        return cls(scalars, {name: Table(columns.pop("offsets"), columns) for name, columns in parts.items()})

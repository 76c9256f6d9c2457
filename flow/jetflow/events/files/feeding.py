"""Events of files larger than memory as batches in a seeded order, for training."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jetflow.errors import InputError
from jetflow.events.block import Table
from jetflow.events.files.counts import to_counts
from jetflow.events.files.dense import fill
from jetflow.events.files.reader import EventFile, GridName, open_events
from jetflow.events.labels import Labels, Scheme

__all__ = ["EventStream"]

CHUNK = 256  # neighbouring events, read together
POOL = 16  # chunks that are shuffled together: 4096 events, about 40 MB at mu 50
Tables = dict[str, Table]


@dataclass(frozen=True)
class EventStream:
    """Images and labels of all events of `paths`; `len()` is their number.

    `channels`, `grid`, `lsb_gev` and `bits` are those of EventFile.images, `scheme` that of EventFile.labels. Memory
    holds the cells of POOL chunks and one batch of images, whatever the size of the files.
    """

    paths: tuple[Path, ...]
    channels: tuple[str, ...]
    grid: GridName
    scheme: Scheme = "paper1"
    lsb_gev: float = 0.5
    bits: int = 10

    def __post_init__(self) -> None:
        """Raise InputError unless all files can be read and make images of one shape."""
        for path, (_, shape) in zip(self.paths, self._files, strict=True):
            if shape != self.shape:
                raise InputError(
                    f"{path}: its images are {shape}, those of {self.paths[0]} {self.shape}; choose files of one grid"
                )

    @cached_property
    def _files(self) -> list[tuple[int, tuple[int, int, int]]]:
        """(events, shape of an image) of every file."""
        if not self.paths:
            raise InputError("events: no files given; at least one is needed")
        found = []
        for path in self.paths:
            with open_events(path) as file:
                found.append((len(file), file.image_shape(self.channels, self.grid)))
        return found

    @property
    def shape(self) -> tuple[int, int, int]:
        """(rows, columns, channels) of an image."""
        return self._files[0][1]

    def __len__(self) -> int:
        return sum(count for count, _ in self._files)

    def batches(self, size: int, seed: int, epoch: int) -> Iterator[tuple[NDArray[np.uint16], Labels]]:
        """One epoch of (counts (size, rows, columns, channels) uint16, labels of these events), every event once.

        Chunks of neighbours come in a random order, and POOL of them are shuffled together. The same seed and epoch
        give the same batches. The last events that fill no batch are left out of this epoch.
        """
        if size < 1:
            raise InputError(f"batch: found {size}; at least 1 event is needed")
        rng = np.random.default_rng([seed, epoch])
        chunks = [
            (rank, start, min(start + CHUNK, count))
            for rank, (count, _) in enumerate(self._files)
            for start in range(0, count, CHUNK)
        ]
        order = rng.permutation(len(chunks))
        with ExitStack() as stack:
            files = [stack.enter_context(open_events(path)) for path in self.paths]
            rest: list[Tables] = []
            for first in range(0, len(order), POOL):
                drawn = [chunks[i] for i in order[first : first + POOL]]
                pool = _joined([*rest, *(self._read(files[rank], start, stop) for rank, start, stop in drawn)])
                count = len(pool["labels"].offsets) - 1
                mixed = rng.permutation(count)
                whole = count // size * size
                for low in range(0, whole, size):
                    yield self._batch(_taken(pool, mixed[low : low + size]), files[0].grid.tower)
                rest = [_taken(pool, mixed[whole:])]

    def _read(self, file: EventFile, start: int, stop: int) -> Tables:
        """The cells and the labels of events start .. stop - 1."""
        cells = {name: file.cells(name, start, stop) for name in self.channels}
        return {**cells, "labels": Table.of(file.labels(start, stop, scheme=self.scheme))}

    def _batch(self, tables: Tables, tower: int) -> tuple[NDArray[np.uint16], Labels]:
        labels = tables["labels"]
        images = np.empty((len(labels.offsets) - 1, *self.shape), np.uint16)
        for channel, name in enumerate(self.channels):
            fill(
                images[..., channel],
                tables[name],
                tower if self.grid == "tower" else 1,
                lambda et: to_counts(et, self.lsb_gev, self.bits),
            )
        return images, Labels(labels.offsets, **labels.columns)


def _joined(parts: list[Tables]) -> Tables:
    return {name: Table.joined([part[name] for part in parts]) for name in parts[0]}


def _taken(tables: Tables, order: NDArray[np.int64]) -> Tables:
    return {name: table.take(order) for name, table in tables.items()}

"""Reading an events file: images on any grid and labels, a slice at a time."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import h5py
import numpy as np
from numpy.typing import NDArray

from jetflow.errors import InputError
from jetflow.events.block import Table
from jetflow.events.counts import to_counts
from jetflow.events.grid import Grid
from jetflow.events.labels import Labels, paper1_labels
from jetflow.events.schema import SCALARS, columns
from jetflow.events.validation import check_cells, check_layout, check_truth

__all__ = ["CHANNELS", "EventFile", "open_events"]

CHANNELS = ("ecal", "hcal")
_STEP = 256  # events read at a time
_CACHED = 2**18  # cells summed at a time: they stay in the cache of a core
Et = NDArray[np.float32]
Number = TypeVar("Number", np.float32, np.uint16)


def _as_is(et: Et) -> Et:
    return et


class EventFile:
    """An open events file. A context manager; `len()` is the number of events.

    Opening checks the layout of the file; reading checks every value that it returns (`check` reads all). Both raise
    InputError in one line: file, dataset, what was found, what is allowed, what to do.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise InputError(f"{path}: no such events file; make one with `jetflow data generate`")
        try:
            self._file = h5py.File(self.path, "r")
        except OSError as error:
            raise InputError(
                f"{path}: truncated or not HDF5; an events file of `jetflow data generate` is needed: make it again"
            ) from error
        try:
            check_layout(self.path, self._file, CHANNELS)
            self.grid = Grid(**json.loads(self._file.attrs["grid"]))
            self.process_names: tuple[str, ...] = tuple(json.loads(self._file.attrs["process_names"]))
            self.provenance: dict[str, Any] = json.loads(self._file.attrs["provenance"])
            self._offsets = {name: self._read(f"{name}/offsets") for name in (*CHANNELS, "truth")}
            self._scalars = {name: self._read(name) for name in SCALARS}
        except BaseException:
            self._file.close()
            raise

    @classmethod
    def open(cls, path: str | Path) -> EventFile:
        """Open and check the file at `path`."""
        return cls(path)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> EventFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._scalars["process"])

    @property
    def process(self) -> NDArray[np.int8]:
        """Process of every event: an index into `process_names`."""
        return self._scalars["process"]

    @property
    def mu(self) -> NDArray[np.float32]:
        """Mean number of pileup collisions of every event."""
        return self._scalars["mu"]

    @property
    def npu(self) -> NDArray[np.uint16]:
        """Number of pileup collisions of every event."""
        return self._scalars["npu"]

    def tower_et(self, start: int = 0, stop: int | None = None) -> NDArray[np.float32]:
        """ET [GeV] of the trigger towers of events start .. stop - 1: (n, 68, 72, 2) float32, channels ECAL, HCAL."""
        return self._images(start, stop, self.grid.tower, _as_is)

    def towers(
        self, start: int = 0, stop: int | None = None, lsb_gev: float = 0.5, bits: int = 10
    ) -> NDArray[np.uint16]:
        """Trigger-tower counts, min(floor(ET / lsb + 1/2), 2**bits - 1): (n, 68, 72, 2) uint16."""
        return self._images(start, stop, self.grid.tower, lambda et: to_counts(et, lsb_gev, bits))

    def crystal_et(self, start: int = 0, stop: int | None = None) -> NDArray[np.float32]:
        """ET [GeV] of the crystals: (n, 340, 360, 2) float32, channels ECAL, HCAL."""
        return self._images(start, stop, 1, _as_is)

    def crystals(
        self, start: int = 0, stop: int | None = None, lsb_gev: float = 0.5, bits: int = 10
    ) -> NDArray[np.uint16]:
        """Crystal counts as `towers` has them: (n, 340, 360, 2) uint16."""
        return self._images(start, stop, 1, lambda et: to_counts(et, lsb_gev, bits))

    def labels(self, start: int = 0, stop: int | None = None, inside_top: bool = False) -> Labels:
        """Labels of paper 1 (see labels.paper1_labels)."""
        return paper1_labels(self.truth(start, stop), self.grid.eta_max, inside_top)

    def truth(self, start: int = 0, stop: int | None = None) -> Table:
        """The stored truth objects (see truth.Truth)."""
        start, stop = self._range(start, stop)
        table = self._table("truth", start, stop)
        check_truth(self.path, table)
        return table

    def cells(self, name: str, start: int = 0, stop: int | None = None) -> Table:
        """The sparse crystals of collection `name`: columns eta, phi (uint16 row, column) and et (float16 GeV)."""
        start, stop = self._range(start, stop)
        table = self._table(name, start, stop)
        check_cells(self.path, name, table, self.grid)
        return table

    def check(self) -> None:
        """Read and check every value."""
        for start in range(0, len(self), _STEP):
            stop = min(start + _STEP, len(self))
            self.truth(start, stop)
            for name in CHANNELS:
                self.cells(name, start, stop)

    def _range(self, start: int, stop: int | None) -> tuple[int, int]:
        end = len(self) if stop is None else stop
        if not 0 <= start <= end <= len(self):
            raise InputError(f"{self.path}: events {start}:{end} asked for; it has {len(self)}; ask for fewer")
        return start, end

    def _images(
        self, start: int, stop: int | None, size: int, convert: Callable[[Et], NDArray[Number]]
    ) -> NDArray[Number]:
        """Images of size x size crystals a cell; `convert` turns ET (float32) into what they hold, block by block."""
        start, stop = self._range(start, stop)
        rows, wide = self.grid.eta_cells // size, self.grid.phi_cells // size
        kind = convert(np.zeros(0, np.float32)).dtype
        images = np.empty((stop - start, rows, wide, len(CHANNELS)), kind)
        step = max(1, _CACHED // (rows * wide))
        for first in range(start, stop, _STEP):
            last = min(first + _STEP, stop)
            for channel, name in enumerate(CHANNELS):
                table = self.cells(name, first, last)
                row, column = (table.columns[axis] // np.uint16(size) for axis in ("eta", "phi"))
                key = row.astype(np.int32) * wide + column
                et = table.columns["et"].astype(np.float64)
                for low in range(0, last - first, step):
                    high = min(low + step, last - first)
                    own = slice(table.offsets[low], table.offsets[high])
                    event = np.repeat(np.arange(high - low), np.diff(table.offsets[low : high + 1]))
                    cell = key[own] + event * (rows * wide)
                    summed = np.bincount(cell, weights=et[own], minlength=(high - low) * rows * wide)
                    into = slice(first - start + low, first - start + high)
                    images[into, ..., channel] = convert(summed.astype(np.float32)).reshape(-1, rows, wide)
        return images

    def _table(self, name: str, start: int, stop: int) -> Table:
        offsets = self._offsets[name][start : stop + 1]
        rows = slice(int(offsets[0]), int(offsets[-1]))
        return Table(offsets - offsets[0], {key: self._read(f"{name}/{key}", rows) for key in columns(name)})

    def _read(self, key: str, rows: slice = slice(None)) -> NDArray[Any]:
        try:
            values: NDArray[Any] = self._file[key][rows]
        except (OSError, RuntimeError) as error:
            raise InputError(f"{self.path}: {key}: unreadable, the file is corrupt; make or copy it again") from error
        return values


open_events = EventFile.open

"""Reading an events file: images on any grid and labels, a slice at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from jetflow.errors import InputError
from jetflow.events.block import Block, Table
from jetflow.events.files.counts import to_counts
from jetflow.events.files.dense import fill
from jetflow.events.files.schema import COLLECTIONS, JETS, SCALARS, columns
from jetflow.events.files.steps import from_steps
from jetflow.events.files.validation import check_cells, check_layout, check_objects, open_hdf5, reading
from jetflow.events.grid import Grid
from jetflow.events.jets.tagging import tag
from jetflow.events.labels import Labels, Scheme, labels

__all__ = ["EventFile", "GridName", "open_events"]

GridName = Literal["tower", "crystal"]
_STEP = 256  # events read at a time
Et = NDArray[np.float32]
Number = TypeVar("Number", np.float32, np.uint16)


def _as_is(et: Et) -> Et:
    return et


class EventFile:
    """An open events file. A context manager; `len()` is the number of events.

    Opening checks the layout of the file; reading checks every value that it returns (`check` reads all). Both raise
    InputError in one line: file, dataset, what was found, what is allowed, what to do. `collections` are the stored
    cells, any of schema.COLLECTIONS; `jets` the stored tables of jets, any of schema.JETS.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._file = open_hdf5(self.path)
        try:
            with reading(self.path):
                check_layout(self.path, self._file)
                self.collections = tuple(name for name in COLLECTIONS if name in self._file)
                self.jets = tuple(name for name in JETS if name in self._file)
                self.grid = Grid(**json.loads(self._file.attrs["grid"]))
                self.process_names: tuple[str, ...] = tuple(json.loads(self._file.attrs["process_names"]))
                self.provenance: dict[str, Any] = json.loads(self._file.attrs["provenance"])
            tables = (*self.collections, "truth", *self.jets)
            self._offsets = {name: self._read(f"{name}/offsets") for name in tables}
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

    def images(
        self,
        channels: Sequence[str],
        grid: GridName,
        start: int = 0,
        stop: int | None = None,
        lsb_gev: float = 0.5,
        bits: int = 10,
    ) -> NDArray[np.uint16]:
        """Counts of events start .. stop - 1, min(floor(ET / lsb_gev + 1/2), 2**bits - 1).

        (n, rows, columns, channels) uint16: `channels` are stored collections, ("ecal", "hcal") the calorimeter and
        ("track", "photon", "neutral") particle flow; `grid` "tower" is 68 x 72 cells, "crystal" 340 x 360. Raises
        InputError where the file lacks a channel.
        """
        return self._dense(channels, grid, start, stop, lambda et: to_counts(et, lsb_gev, bits))

    def image_et(
        self, channels: Sequence[str], grid: GridName, start: int = 0, stop: int | None = None
    ) -> NDArray[np.float32]:
        """ET [GeV] of the same cells as `images`: (n, rows, columns, channels) float32."""
        return self._dense(channels, grid, start, stop, _as_is)

    def image_shape(self, channels: Sequence[str], grid: GridName) -> tuple[int, int, int]:
        """(rows, columns, channels) of an image. Raises InputError where the file lacks a channel."""
        for name in channels:
            if name not in self.collections:
                raise InputError(
                    f"{self.path}: {name}: absent; its channels are {', '.join(self.collections)}; choose from these, "
                    "or make a file with `jetflow data generate`"
                )
        rows, columns = self.grid.tower_shape if grid == "tower" else self.grid.crystal_shape
        return rows, columns, len(channels)

    def labels(
        self, start: int = 0, stop: int | None = None, scheme: Scheme = "paper1", inside_top: bool = False
    ) -> Labels:
        """What a network is to find in events start .. stop - 1 (see labels.labels)."""
        return labels(self, scheme, start, stop, inside_top)

    def truth(self, start: int = 0, stop: int | None = None) -> Table:
        """The stored truth objects (see truth.Truth)."""
        start, stop = self._range(start, stop)
        table = self._table("truth", start, stop)
        check_objects(self.path, "truth", table)
        return table

    def baseline(self, start: int = 0, stop: int | None = None) -> Table:
        """The stored jets of the rule-based baseline (see schema). Raises InputError where the file has none."""
        return self._jets("baseline", start, stop)

    def genjets(self, start: int = 0, stop: int | None = None) -> Table:
        """The stored generator jets (see schema). Raises InputError where the file has none."""
        return self._jets("genjet", start, stop)

    @property
    def has_tagged(self) -> bool:
        """Whether `tagged` has something to return."""
        return "tagged" in self.jets or "baseline" in self.jets

    def tagged(self, start: int = 0, stop: int | None = None) -> Table:
        """Jets with a class, what the rule-based baseline finds (see tagging.tag): stored, or from `baseline`."""
        if "tagged" in self.jets:
            return self._jets("tagged", start, stop)
        return tag(self.baseline(start, stop), self.grid.eta_max)

    def block(self, start: int = 0, stop: int | None = None) -> Block:
        """All that is stored of events start .. stop - 1."""
        start, stop = self._range(start, stop)
        tables = {name: self.cells(name, start, stop) for name in self.collections}
        tables["truth"] = self.truth(start, stop)
        tables |= {name: self._jets(name, start, stop) for name in self.jets}
        return Block({name: values[start:stop] for name, values in self._scalars.items()}, tables)

    def cells(self, name: str, start: int = 0, stop: int | None = None) -> Table:
        """The sparse crystals of collection `name`: columns eta, phi (uint16 row, column) and et (float16 GeV)."""
        start, stop = self._range(start, stop)
        table = self._table(name, start, stop)
        check_cells(self.path, name, table, self.grid)
        return table

    def check(self) -> None:
        """Read and check every value."""
        for start in range(0, len(self), _STEP):
            self.block(start, min(start + _STEP, len(self)))

    def _range(self, start: int, stop: int | None) -> tuple[int, int]:
        end = len(self) if stop is None else stop
        if not 0 <= start <= end <= len(self):
            raise InputError(f"{self.path}: events {start}:{end} asked for; it has {len(self)}; ask for fewer")
        return start, end

    def _jets(self, name: str, start: int, stop: int | None) -> Table:
        start, stop = self._range(start, stop)
        if name not in self.jets:
            raise InputError(f"{self.path}: {name}: absent; make a file with jets with `jetflow data generate`")
        table = self._table(name, start, stop)
        check_objects(self.path, name, table)
        return table

    def _dense(
        self,
        channels: Sequence[str],
        grid: GridName,
        start: int,
        stop: int | None,
        convert: Callable[[Et], NDArray[Number]],
    ) -> NDArray[Number]:
        """Images on `grid`; `convert` turns ET (float32) into what they hold."""
        start, stop = self._range(start, stop)
        images = np.empty((stop - start, *self.image_shape(channels, grid)), convert(np.zeros(0, np.float32)).dtype)
        size = self.grid.tower if grid == "tower" else 1
        for first in range(start, stop, _STEP):
            last = min(first + _STEP, stop)
            for channel, name in enumerate(channels):
                fill(images[first - start : last - start, ..., channel], self.cells(name, first, last), size, convert)
        return images

    def _table(self, name: str, start: int, stop: int) -> Table:
        offsets = self._offsets[name][start : stop + 1]
        rows = slice(int(offsets[0]), int(offsets[-1]))
        offsets = offsets - offsets[0]
        if f"{name}/step" not in self._file:
            return Table(offsets, {key: self._read(f"{name}/{key}", rows) for key in columns(name)})
        eta, phi = from_steps(offsets, self._read(f"{name}/step", rows), self.grid.phi_cells)
        return Table(offsets, {"eta": eta, "phi": phi, "et": self._read(f"{name}/et", rows)})

    def _read(self, key: str, rows: slice = slice(None)) -> NDArray[Any]:
        with reading(self.path, key):
            values: NDArray[Any] = self._file[key][rows]
            return values


open_events = EventFile.open

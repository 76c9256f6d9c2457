"""The authors' public data (Zenodo 4883651): one row an event, arrays of any length in each row.

EFlowTrack_Eta, _Phi, _PT; EFlowPhoton_Eta, _Phi, _ET; EFlowNeutralHadron_Eta, _Phi, _ET
            particle flow on the 340 x 360 grid: bins (int16, or float32 in the mixed training files), GeV (float32)
labels      float32, four values an object: class (t 0, V 1, H 2), eta bin, phi bin, pT [GeV]
baseline    float32, five values a jet: class, eta bin, phi bin, pT [GeV], tau ratio; may be absent
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, Final

import h5py
import numpy as np
from numpy.typing import NDArray

from jetflow.errors import InputError
from jetflow.events.block import Block, Table
from jetflow.events.files.schema import FORMAT, MAX_ET, TRUTH
from jetflow.events.files.validation import open_hdf5, reading
from jetflow.events.grid import Grid
from jetflow.events.layouts.foreign import unknown

__all__ = ["DATASETS", "PublicFile"]

DATASETS: Final = {
    "track": ("EFlowTrack_Eta", "EFlowTrack_Phi", "EFlowTrack_PT"),
    "photon": ("EFlowPhoton_Eta", "EFlowPhoton_Phi", "EFlowPhoton_ET"),
    "neutral": ("EFlowNeutralHadron_Eta", "EFlowNeutralHadron_Phi", "EFlowNeutralHadron_ET"),
}
_PDG: Final = (6, 24, 25)  # what t, V and H become in our truth; V may have been a Z
_COPY = "copy or download the file again"


class PublicFile:
    """An open file of the public layout; a context manager, `len()` is the number of events.

    `index_dtype` is how it stores bins, `has_baseline` whether it has jets. Raises InputError in one line.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.grid = path, Grid()
        self._file = open_hdf5(path)
        try:
            self._count = self._check()
        except BaseException:
            self._file.close()
            raise

    def _check(self) -> int:
        """Check the layout; return the number of events."""
        path, file = self.path, self._file
        names = [name for names in DATASETS.values() for name in names]
        with reading(path):
            if not any(name in file for name in names):
                schema = str(file.attrs.get("schema", ""))
                found = (
                    f"is in jetflow's layout already ({schema}): give --layout public"
                    if schema.startswith(FORMAT)
                    else "is not in the public layout"
                )
                raise InputError(f"{path}: {found}; public files, .npy, .npz and .root can become jetflow's")
            self.has_baseline = "baseline" in file
            names += ["labels", *(["baseline"] if self.has_baseline else [])]
            lengths = {name: self._length(name) for name in names}
            self.index_dtype = str(h5py.check_vlen_dtype(file[names[0]].dtype))
        count = lengths["labels"]
        if not count:
            raise InputError(f"{path}: labels: holds no events; at least one is needed; {_COPY}")
        for name, length in lengths.items():
            if length != count:
                raise InputError(f"{path}: {name}: found {length} events, `labels` has {count}; {_COPY}")
        return count

    def __len__(self) -> int:
        return self._count

    def block(self, start: int, stop: int, mu: float) -> Block:
        """Events start .. stop - 1 as ours; `mu` is the mean pileup to note, the layout does not say.

        Energies are rounded to float16; bins become the indices, or the centres of truth and jets. Truth: t is 6, V
        24 and H 25, without parent, mass or generator jet.
        """
        tables = {name: self._cells(name, start, stop) for name in DATASETS}
        offsets, objects = self._objects("labels", 4, start, stop)
        empty = np.zeros(len(objects), np.float32)
        known: dict[str, NDArray[Any]] = {
            "pdg": np.array(_PDG, np.int32)[objects[:, 0].astype(np.int64)],
            "parent": np.zeros(len(objects), np.int32),
            **self._centres(objects),
            "pt": objects[:, 3],
        }
        tables["truth"] = Table(offsets, {name: known.get(name, empty) for name in TRUTH})
        if self.has_baseline:
            offsets, jets = self._objects("baseline", 5, start, stop)
            classes = jets[:, 0].astype(np.int8)
            found: dict[str, NDArray[Any]] = {
                "class_id": classes,
                **self._centres(jets),
                "pt": jets[:, 3],
                "ratio": jets[:, 4],
            }
            tables["tagged"] = Table(offsets, found)
        return Block(unknown(stop - start, mu), tables)

    def _length(self, name: str) -> int:
        data = self._file.get(name)
        if not isinstance(data, h5py.Dataset):
            raise InputError(f"{self.path}: {name}: absent; the public layout needs it; {_COPY}")
        kind = h5py.check_vlen_dtype(data.dtype)
        if data.ndim != 1 or kind is None or np.dtype(kind).kind not in "iuf":
            raise InputError(
                f"{self.path}: {name}: found {data.dtype} of shape {data.shape}; a list of variable-length integers or "
                f"floats is allowed; {_COPY}"
            )
        return len(data)

    def _read(self, name: str, start: int, stop: int) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """(offsets, flat values) of a dataset."""
        with reading(self.path, name):
            data = self._file[name]
            rows = data[start:stop]
            kind = h5py.check_vlen_dtype(data.dtype)
        offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
        return offsets, np.concatenate([np.zeros(0, kind), *rows])

    def _cells(self, collection: str, start: int, stop: int) -> Table:
        eta, phi, et = DATASETS[collection]
        offsets, energy = self._read(et, start, stop)
        columns: dict[str, NDArray[Any]] = {}
        for name, axis, cells in ((eta, "eta", self.grid.eta_cells), (phi, "phi", self.grid.phi_cells)):
            own, index = self._read(name, start, stop)
            if (own != offsets).any():
                event = start + int(np.flatnonzero(own != offsets)[0]) - 1
                raise InputError(f"{self.path}: {name}: event {event} has another length than in {et}; {_COPY}")
            columns[axis] = self._bins(name, index, cells).astype(np.uint16)
        if len(energy) and not (energy.min() >= 0 and energy.max() <= MAX_ET):
            low, high = energy.min(), energy.max()
            found = "NaN" if np.isnan(low) else f"{low if low < 0 else high:g} GeV"
            raise InputError(f"{self.path}: {et}: found {found}; 0..{MAX_ET:g} GeV is allowed; {_COPY}")
        return Table(offsets, {**columns, "et": energy.astype(np.float16)})

    def _bins(self, name: str, index: NDArray[Any], cells: int, lowest: int = 0) -> NDArray[Any]:
        bad = ~((index >= lowest) & (index < cells) & (index == np.floor(index)))  # NaN is bad too
        if bad.any():
            raise InputError(
                f"{self.path}: {name}: found bin {index[bad][0]:g}; whole numbers {lowest}..{cells - 1} are allowed; "
                f"{_COPY}"
            )
        return index

    def _objects(self, name: str, width: int, start: int, stop: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """(offsets, rows of `width` values) of `labels` or `baseline`."""
        offsets, values = self._read(name, start, stop)
        if (np.diff(offsets) % width).any():
            event = start + int(np.flatnonzero(np.diff(offsets) % width)[0])
            found = offsets[event - start + 1] - offsets[event - start]
            raise InputError(f"{self.path}: {name}: found {found} values in event {event}; groups of {width}; {_COPY}")
        rows = values.reshape(-1, width).astype(np.float32)
        self._bins(f"{name} class", rows[:, 0], len(_PDG))
        self._bins(f"{name} eta", rows[:, 1], self.grid.eta_cells)
        # The authors' own tool gives -1 to what lies on the upper edge in phi: the last bin.
        rows[:, 2] = self._bins(f"{name} phi", rows[:, 2], self.grid.phi_cells, -1) % self.grid.phi_cells
        if not np.isfinite(rows).all() or (len(rows) and rows[:, 3:].min() < 0):
            raise InputError(f"{self.path}: {name}: found a negative or undefined pT or ratio; {_COPY}")
        return offsets // width, rows

    def _centres(self, rows: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """eta and phi of the middle of the bins in columns 1 and 2."""
        phi = (rows[:, 2].astype(np.float64) + 0.5) * (2 * np.pi / self.grid.phi_cells) - np.pi
        return {"eta": self.grid.eta_centre(rows[:, 1]).astype(np.float32), "phi": phi.astype(np.float32)}

    def __enter__(self) -> PublicFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

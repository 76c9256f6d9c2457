"""Checks of an events file: one line of InputError for anything that is not as the schema says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from pydantic import TypeAdapter, ValidationError

from jetflow.errors import InputError
from jetflow.events.block import Table
from jetflow.events.detector.card import GridCard
from jetflow.events.files.schema import COLLECTIONS, FORMAT, JETS, MAX_ET, SCALARS, SCHEMA, columns, stored
from jetflow.events.grid import Grid

__all__ = ["check_cells", "check_layout", "check_objects", "open_hdf5", "reading"]

_REMAKE = "make the file again with `jetflow data generate`"


def open_hdf5(path: Path) -> h5py.File:
    """Open an HDF5 file for reading. Raises InputError where there is none."""
    if not path.is_file():
        raise InputError(f"{path}: no such events file; make one with `jetflow data generate`")
    try:
        return h5py.File(path, "r")
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        raise InputError(
            f"{path}: truncated or not HDF5; an events file of `jetflow data generate` is needed: make it again"
        ) from error


@contextmanager
def reading(path: Path, name: str = "") -> Iterator[None]:
    """Call what HDF5 raises in the body what it is, an InputError: a damaged file makes it raise almost anything."""
    where = f"{path}: {name}" if name else f"{path}"
    try:
        yield
    except (OSError, RuntimeError, LookupError, ValueError, TypeError, AttributeError, MemoryError) as error:
        raise InputError(f"{where}: unreadable, the file is corrupt; make or copy it again") from error


def check_layout(path: Path, file: h5py.File) -> None:
    """Attributes, datasets, dtypes, lengths and offsets of an open file; values of cells are not read."""
    _check_schema(path, file.attrs.get("schema"))
    _check_attribute(path, file, "grid", GridCard)
    _check_attribute(path, file, "process_names", tuple[str, ...])
    _check_attribute(path, file, "provenance", dict[str, Any])
    for name, dtype in SCALARS.items():
        _check_dataset(path, file, name, dtype)
    count = len(file["process"])
    for name in SCALARS:
        if len(file[name]) != count:
            raise InputError(f"{path}: {name}: found {len(file[name])} events, `process` has {count}; {_REMAKE}")
    found = [name for name in COLLECTIONS if name in file]
    if not found:
        raise InputError(f"{path}: holds no cells; one or more of {', '.join(COLLECTIONS)} are needed; {_REMAKE}")
    for table in (*found, "truth", *(name for name in JETS if name in file)):
        _check_table(path, file, table, count)
    names = json.loads(file.attrs["process_names"])
    codes = file["process"][:]
    if count and not (codes.min() >= 0 and codes.max() < len(names)):
        codes_found = f"{codes.min()}..{codes.max()}"
        raise InputError(f"{path}: process: found {codes_found}; 0..{len(names) - 1} is allowed; {_REMAKE}")
    mu = file["mu"][:]
    if not (np.isfinite(mu) & (mu >= 0)).all():
        raise InputError(f"{path}: mu: found a negative or undefined mean; 0 or more is allowed; {_REMAKE}")


def check_cells(path: Path, name: str, table: Table, grid: Grid) -> None:
    """Crystal indices inside the grid; energies defined and 0 .. MAX_ET GeV."""
    for axis, limit in (("eta", grid.eta_cells), ("phi", grid.phi_cells)):
        index = table.columns[axis]
        if len(index) and index.max() >= limit:
            raise InputError(f"{path}: {name}/{axis}: found index {index.max()}; 0..{limit - 1} is allowed; {_REMAKE}")
    et = table.columns["et"]
    if not len(et):
        return
    low, high = et.min(), et.max()  # NaN if there is one
    if not (low >= 0 and high <= MAX_ET):
        found = "NaN" if np.isnan(low) else f"{low:g} GeV" if low < 0 else f"{high:g} GeV"
        raise InputError(f"{path}: {name}/et: found {found}; 0..{MAX_ET:g} GeV is allowed; {_REMAKE}")


def check_objects(path: Path, name: str, table: Table) -> None:
    """Columns of truth or jets defined, and neither pT nor a jet's pT negative."""
    for column, values in table.columns.items():
        if not np.isfinite(values).all():
            raise InputError(f"{path}: {name}/{column}: found NaN or infinity; finite values are allowed; {_REMAKE}")
        if column.endswith("pt") and len(values) and values.min() < 0:
            raise InputError(f"{path}: {name}/{column}: found {values.min():g} GeV; 0 or more is allowed; {_REMAKE}")


def _check_schema(path: Path, found: object) -> None:
    if found == SCHEMA:
        return
    match = re.fullmatch(rf"{FORMAT}-(\d+)", found) if isinstance(found, str) else None
    if match:
        raise InputError(f"{path}: schema: found {found}, this jetflow reads {SCHEMA}; install a newer jetflow")
    raise InputError(
        f"{path}: schema: found {found!r:.60}, {SCHEMA!r} is allowed: not an events file of jetflow; "
        "make one with `jetflow data generate`, or from files of others with `jetflow data convert`"
    )


def _check_attribute(path: Path, file: h5py.File, name: str, kind: Any) -> None:
    try:
        TypeAdapter(kind).validate_json(file.attrs[name])
    except (KeyError, TypeError, ValidationError) as error:
        raise InputError(f"{path}: attribute {name}: absent or not as the schema says; {_REMAKE}") from error


def _check_dataset(path: Path, file: h5py.File, name: str, dtype: str) -> None:
    data = file.get(name)
    if not isinstance(data, h5py.Dataset):
        raise InputError(f"{path}: {name}: absent; {SCHEMA} needs it; {_REMAKE}")
    if data.ndim != 1 or data.dtype != np.dtype(dtype):
        raise InputError(
            f"{path}: {name}: found {data.dtype} of shape {data.shape}; a list of {dtype} is allowed; {_REMAKE}"
        )


def _check_table(path: Path, file: h5py.File, table: str, count: int) -> None:
    _check_dataset(path, file, f"{table}/offsets", "int64")
    offsets = file[f"{table}/offsets"][:]
    rows = int(offsets[-1]) if len(offsets) else 0
    if len(offsets) != count + 1 or offsets[0] != 0 or (np.diff(offsets) < 0).any():
        raise InputError(
            f"{path}: {table}/offsets: found {len(offsets)} values; {count + 1} that start at 0 and never fall are "
            f"allowed; {_REMAKE}"
        )
    layout = stored(table) if f"{table}/step" in file else columns(table)
    for name, dtype in layout.items():
        _check_dataset(path, file, f"{table}/{name}", dtype)
        length = len(file[f"{table}/{name}"])
        if length != rows:
            raise InputError(f"{path}: {table}/{name}: found {length} rows; the offsets say {rows}; {_REMAKE}")

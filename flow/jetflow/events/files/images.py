"""Images for a build from a file: our events files, or NumPy arrays that a user already has."""

from __future__ import annotations

import struct
import tokenize
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.errors import InputError
from jetflow.events.files.counts import to_counts
from jetflow.events.files.reader import GridName, open_events
from jetflow.events.files.schema import MAX_ET

__all__ = ["check_values", "load_counts", "load_images"]

_KEY = "images"
# what a damaged archive raises besides Python's own; numpy tokenizes headers that it cannot parse
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, struct.error, tokenize.TokenError)


def load_counts(
    path: str | Path,
    channels: Sequence[str],
    shape: tuple[int, int, int],
    lsb_gev: float,
    bits: int,
    start: int = 0,
    stop: int | None = None,
) -> NDArray[np.int64]:
    """Integer images start .. stop - 1 of the file `path` for a network with input `shape`: (n, *shape) int64.

    The file is one of
    - an events file of `jetflow data generate`: the collections `channels` on the towers or the crystals, whichever
      have `shape` (68, 72 or 340, 360, channels); counts are min(floor(ET / lsb_gev + 1/2), 2**bits - 1);
    - `.npz` with an array `images`, or `.npy`: (n, *shape), rows eta from -, columns phi from -pi, channels in the
      order of `channels`. Integers are counts, 0 .. 2**bits - 1, taken as they are. Floats are ET in GeV,
      0 .. 14000, and are turned into counts by the same rule. Other keys of a `.npz` are ignored. Objects (pickles)
      are refused.

    Raises InputError in one line: file, key, what was found, what is allowed, what to do.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such events file; make one with `jetflow data generate`")
    if path.suffix in (".npz", ".npy"):
        return _numpy_counts(path, shape, lsb_gev, bits, start, stop)
    with open_events(path) as events:
        shapes: dict[GridName, tuple[int, int, int]] = {
            "tower": events.image_shape(channels, "tower"),
            "crystal": events.image_shape(channels, "crystal"),
        }
        for grid, found in shapes.items():
            if found == tuple(shape):
                return events.images(channels, grid, start, stop, lsb_gev, bits).astype(np.int64)
        raise InputError(
            f"{path}: images: the network reads {shape}; {shapes['tower']} or {shapes['crystal']} can be made of this "
            "file; choose another network or file"
        )


def _numpy_counts(
    path: Path, shape: tuple[int, ...], lsb_gev: float, bits: int, start: int, stop: int | None
) -> NDArray[np.int64]:
    images = load_images(path)
    if images.ndim != 4 or images.shape[1:] != tuple(shape):
        allowed = ", ".join(map(str, shape))
        raise InputError(f"{path}: {_KEY}: found shape {images.shape}; (n, {allowed}) is allowed; reshape it")
    end = len(images) if stop is None else stop
    if not 0 <= start <= end <= len(images):
        raise InputError(f"{path}: {_KEY}: images {start}:{end} asked for; it has {len(images)}; ask for fewer")
    some = np.asarray(images[start:end])
    check_values(path, some, bits)
    if np.issubdtype(some.dtype, np.integer):
        return some.astype(np.int64)
    return to_counts(some, lsb_gev, bits).astype(np.int64)


def check_values(path: Path, some: NDArray[Any], bits: int) -> None:
    """Raise InputError unless `some` are integers 0 .. 2**bits - 1 or floats 0 .. 14000 [GeV]."""
    integer = np.issubdtype(some.dtype, np.integer)
    if not integer and not np.issubdtype(some.dtype, np.floating):
        raise InputError(f"{path}: {_KEY}: found {some.dtype}; integer counts or float GeV are allowed; convert it")
    high, unit = (2**bits - 1, "counts") if integer else (MAX_ET, "GeV")
    if some.size:
        lowest, highest = some.min(), some.max()  # NaN if there is one
        if not (lowest >= 0 and highest <= high):
            found = "NaN" if np.isnan(lowest) else lowest if lowest < 0 else highest
            raise InputError(f"{path}: {_KEY}: found {found} {unit}; 0..{high:g} {unit} is allowed; correct the images")


def load_images(path: Path) -> NDArray[Any]:
    """The array of a .npy file, mapped, or `images` of a .npz file. Raises InputError where there is none."""
    try:
        if path.suffix == ".npy":
            mapped: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
            return mapped
        with np.load(path, allow_pickle=False) as file:
            if _KEY not in file.files:
                raise InputError(f"{path}: {_KEY}: absent; found {file.files!r:.60}; store the images under this key")
            array: NDArray[Any] = file[_KEY]
            return array
    except (OSError, ValueError, LookupError, EOFError, RuntimeError, MemoryError, *_ZIP_ERRORS) as error:
        raise InputError(
            f"{path}: truncated, corrupt or not a NumPy file of numbers; save it again with numpy.savez or numpy.save"
        ) from error

"""Datasets that grow, compressed here rather than by HDF5: the same filters, better settings of zlib."""

from __future__ import annotations

import zlib
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from jetflow.events.files.schema import CHUNK

__all__ = ["Column"]

_STRATEGIES = (zlib.Z_RLE, zlib.Z_HUFFMAN_ONLY)  # energies hold no strings: looking for some costs 5% and time


class Column:
    """The dataset `name` of `file`, written a chunk at a time; any HDF5 reads it (shuffle and deflate)."""

    def __init__(self, file: h5py.File, name: str, dtype: str) -> None:
        self._data = file.create_dataset(
            name, (0,), dtype, maxshape=(None,), chunks=(CHUNK,), compression="gzip", shuffle=True
        )
        self._pending: NDArray[Any] = np.zeros(0, dtype)
        self._written = 0
        self.last: Any = None

    def append(self, values: NDArray[Any]) -> None:
        """Add `values` (n,) at the end; `last` is then the last value so far."""
        self._pending = np.concatenate([self._pending, values.astype(self._pending.dtype, copy=False)])
        while len(self._pending) >= CHUNK:
            self._write(self._pending[:CHUNK], CHUNK)
            self._pending = self._pending[CHUNK:]
        if len(values):
            self.last = values[-1]

    def close(self) -> None:
        """Write what is left, which does not fill a chunk."""
        if count := len(self._pending):
            self._write(np.concatenate([self._pending, np.zeros(CHUNK - count, self._pending.dtype)]), count)

    def _write(self, chunk: NDArray[Any], count: int) -> None:
        self._data.resize(self._written + count, axis=0)
        self._data.id.write_direct_chunk((self._written,), _compressed(chunk))
        self._written += count


def _compressed(chunk: NDArray[Any]) -> bytes:
    """`chunk` as HDF5's filters shuffle and deflate leave it: bytes of equal rank together, then a zlib stream."""
    shuffled = chunk.view(np.uint8).reshape(len(chunk), -1).T.tobytes()
    streams = []
    for strategy in _STRATEGIES:
        zipper = zlib.compressobj(6, zlib.DEFLATED, zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, strategy)
        streams.append(zipper.compress(shuffled) + zipper.flush())
    return min(streams, key=len)

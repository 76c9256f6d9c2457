"""From sparse cells to dense images: the energies of every image cell summed, event by event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from jetflow.events.block import Table

__all__ = ["fill"]

_CACHED = 2**18  # image cells summed at a time: they stay in the cache of a core
Number = TypeVar("Number", np.float32, np.uint16)


def fill(
    image: NDArray[Number], table: Table, size: int, convert: Callable[[NDArray[np.float32]], NDArray[Number]]
) -> None:
    """Fill one channel, `image` (n, rows, columns), from the n events of `table`.

    An image cell is size x size crystals; its ET is summed in float64 and rounded to float32, and `convert` turns that
    into what the image holds. Crystals that are listed more than once in an event are added.
    """
    events, rows, wide = image.shape
    row, column = (table.columns[axis] // np.uint16(size) for axis in ("eta", "phi"))
    key = row.astype(np.int32) * wide + column
    et: NDArray[Any] = table.columns["et"].astype(np.float64)
    step = max(1, _CACHED // (rows * wide))
    for low in range(0, events, step):
        high = min(low + step, events)
        own = slice(table.offsets[low], table.offsets[high])
        event = np.repeat(np.arange(high - low), np.diff(table.offsets[low : high + 1]))
        cell = key[own] + event * (rows * wide)
        summed = np.bincount(cell, weights=et[own], minlength=(high - low) * rows * wide)
        image[low:high] = convert(summed.astype(np.float32)).reshape(-1, rows, wide)

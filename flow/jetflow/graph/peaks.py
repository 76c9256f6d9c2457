"""Boxes from the heads' maps without a sort over overlaps: what a Detect node computes, in integers."""

from itertools import product

import numpy as np
from numpy.typing import NDArray

__all__ = ["peaks"]

Integers = NDArray[np.int64]
_NOTHING = -(1 << 62)  # the score of a cell that is not kept, below every score


def peaks(offsets: Integers, classes: Integers, regression: Integers, threshold: int, top: int) -> Integers:
    """The boxes of Detect's docstring, int64 (events, top, 1, 4 + offsets + regressions), of maps (events, rows,
    columns, channels).
    """
    events, rows, columns, _ = classes.shape
    best = classes[..., 1:].argmax(3)  # the first of equals
    score = classes[..., 1:].max(3) - classes[..., 0]
    row, column = np.indices((rows, columns))
    found = np.concatenate(
        [
            np.stack([best + 1, *(np.broadcast_to(where, best.shape) for where in (row, column)), score], 3),
            offsets,
            regression,
        ],
        axis=3,
    ).reshape(events, rows * columns, -1)
    ranked = np.where((score > threshold) & ~_beaten(score), score, _NOTHING).reshape(events, -1)
    order = np.argsort(-ranked, axis=1, kind="stable")[:, :top]  # stable: of equals the lower row, then column
    kept = np.take_along_axis(ranked, order, 1) != _NOTHING
    boxes = np.zeros((events, top, 1, found.shape[2]), np.int64)
    boxes[:, : order.shape[1], 0] = np.take_along_axis(found, order[..., None], 1) * kept[..., None]
    return boxes


def _beaten(score: Integers) -> NDArray[np.bool_]:
    """Where a neighbour has a higher score, or the same score and a lower row, or then a lower column."""
    events, rows, columns = score.shape
    padded = np.full((events, rows + 2, columns), _NOTHING)
    padded[:, 1:-1] = score
    beaten = np.zeros(score.shape, bool)
    for down, along in product((-1, 0, 1), (-1, 0, 1)):
        neighbour = np.roll(padded[:, 1 + down : 1 + down + rows], -along, axis=2)
        earlier = (down < 0) | ((down == 0) & ((np.arange(columns) + along) % columns < np.arange(columns)))
        beaten |= (neighbour > score) | (earlier & (neighbour == score))
    return beaten

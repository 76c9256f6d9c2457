"""Cells that fail: hot ones hold the highest count in every event, dead ones none."""

from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from jetflow.physics.sample import Counts

__all__ = ["FAULTS", "Fault", "fail", "failing_cells"]

Fault = Literal["hot", "dead"]
FAULTS: Final[tuple[Fault, ...]] = get_args(Fault)


def failing_cells(shape: tuple[int, int, int], number: int, seed: int = 0) -> NDArray[np.int64]:
    """`number` different cells (row, column), (number, 2); of one seed the larger sets hold the smaller ones."""
    order = np.random.default_rng(seed).permutation(shape[0] * shape[1])[:number]
    return np.stack(np.unravel_index(order, shape[:2]), -1)


def fail(counts: Counts, cells: NDArray[np.int64], fault: Fault, bits: int) -> Counts:
    """Images (n, rows, columns, channels) with all channels of `cells` at 2**bits - 1 (hot) or 0 (dead)."""
    failed = counts.copy()
    failed[:, cells[:, 0], cells[:, 1]] = (1 << bits) - 1 if fault == "hot" else 0
    return failed

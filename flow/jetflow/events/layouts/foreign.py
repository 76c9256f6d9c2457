"""What files that others made do not say about their events."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.events.block import Table
from jetflow.events.files.schema import TRUTH

__all__ = ["no_truth", "unknown"]


def unknown(count: int, mu: float) -> dict[str, NDArray[Any]]:
    """Scalars of `count` events of process 0 with a mean pileup of `mu` and unknown (0) pileup collisions."""
    return {
        "process": np.zeros(count, np.int8),
        "mu": np.full(count, mu, np.float32),
        "npu": np.zeros(count, np.uint16),
    }


def no_truth(count: int) -> Table:
    """A truth table without objects for `count` events."""
    return Table(np.zeros(count + 1, np.int64), {name: np.zeros(0, dtype) for name, dtype in TRUTH.items()})

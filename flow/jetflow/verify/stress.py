"""Images that no collision gives and that find the faults collisions hide: saturation, empty input, the edges."""

import numpy as np
from numpy.typing import NDArray

from jetflow.graph import Input

__all__ = ["stress_images"]


def stress_images(image: Input, seed: int = 0) -> dict[str, NDArray[np.int64]]:
    """Images of the input's shape by name, mantissas int64.

    Zeros, all maximum, uniform random, and one hot pixel at every corner.
    """
    rows, columns, _ = image.shape
    low, high = image.format.minimum, image.format.maximum
    images = {
        "zeros": np.zeros(image.shape, np.int64),
        "maximum": np.full(image.shape, high),
        "uniform": np.random.default_rng(seed).integers(low, high + 1, image.shape),
    }
    for row in (0, rows - 1):
        for column in (0, columns - 1):
            corner = np.zeros(image.shape, np.int64)
            corner[row, column] = high
            images[f"hot_{row}_{column}"] = corner
    return images

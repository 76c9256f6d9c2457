"""Log-normal smearing, which keeps energies positive."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["lognormal"]


def lognormal(mean: NDArray[np.float64], sigma: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """A log-normal draw with this mean (> 0) and standard deviation, for every element."""
    width = np.sqrt(np.log1p((sigma / mean) ** 2))
    drawn: NDArray[np.float64] = np.exp(np.log(mean) - width**2 / 2 + width * rng.standard_normal(len(mean)))
    return drawn

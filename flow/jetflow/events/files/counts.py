"""From transverse energy to the integers that hardware sees."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.errors import InputError

__all__ = ["to_counts"]


def to_counts(et: NDArray[Any], lsb_gev: float, bits: int) -> NDArray[np.uint16]:
    """min(floor(ET / lsb + 1/2), 2**bits - 1) of `et` [GeV, >= 0], computed in float64; any shape, uint16."""
    if not 1 <= bits <= 16:
        raise InputError(f"bits: found {bits}; counts have 1 to 16 bits")
    if not lsb_gev > 0:
        raise InputError(f"lsb_gev: found {lsb_gev}; a count must be more than 0 GeV")
    scaled: NDArray[np.float64] = np.asarray(et, np.float64) / lsb_gev
    scaled += 0.5
    return np.minimum(scaled, 2**bits - 1, out=scaled).astype(np.uint16)  # truncation is floor: nothing is negative

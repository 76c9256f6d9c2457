"""What the third head says of a jet, as a number near one, and back to GeV."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.config import RegressionConfig

__all__ = ["decode_regression", "encode_regression"]

Floats = NDArray[np.float32]
SMALLEST = 2.0**-10  # of the scale: what a logarithm is taken of at least


def encode_regression(config: RegressionConfig, gev: NDArray[Any]) -> Floats:
    """Mass or pT [GeV] as the head learns it: mass / scale, or log2(pT / scale), whose error is relative; float32.

    The papers' code divides by the event's largest cell instead; counts are not normalised here, nor is the target.
    """
    ratio = np.asarray(gev, np.float32) / np.float32(config.scale_gev)
    if config.target == "mass":
        return ratio
    logarithm: Floats = np.log2(np.maximum(ratio, np.float32(SMALLEST)))
    return logarithm


def decode_regression(config: RegressionConfig, values: NDArray[Any]) -> Floats:
    """Mass or pT [GeV] of what the head says, float32, same shape."""
    ratio = np.asarray(values, np.float32)
    if config.target == "pt":
        ratio = np.exp2(ratio)
    return ratio * np.float32(config.scale_gev)

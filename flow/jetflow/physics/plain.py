"""Figures as JSON can hold them."""

import math
from typing import Any

import numpy as np

__all__ = ["plain"]


def plain(data: Any) -> Any:
    """`data` of dicts, lists and numbers without its images (arrays), and with None for what is not finite."""
    if isinstance(data, dict):
        return {key: plain(value) for key, value in data.items() if not isinstance(value, np.ndarray)}
    if isinstance(data, list | tuple):
        return [plain(value) for value in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data

"""The learning rate: linear warm-up, then half a cosine to zero."""

import math

__all__ = ["one_cycle"]


def one_cycle(step: int, steps: int, peak: float, warm_up: float) -> float:
    """Learning rate at `step` of `steps`; the first `warm_up` share of them rises linearly to `peak`."""
    rise = warm_up * steps
    if step < rise:
        return peak * (step + 1) / (rise + 1)
    return peak * 0.5 * (1 + math.cos(math.pi * (step - rise) / max(steps - rise, 1)))

"""Fixed-point formats and the one place where a value is rounded (DESIGN: rounding happens only in Requantise)."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

__all__ = ["FixedPoint", "Overflow", "Rounding", "requantise"]

Integers = NDArray[np.int64]


class Rounding(StrEnum):
    """Rounding modes, named and defined as `ap_q_mode` of the ap_fixed types (UG902)."""

    RND = "AP_RND"  # half towards plus infinity
    RND_ZERO = "AP_RND_ZERO"  # half towards zero
    RND_MIN_INF = "AP_RND_MIN_INF"  # half towards minus infinity
    RND_INF = "AP_RND_INF"  # half away from zero
    RND_CONV = "AP_RND_CONV"  # half to even
    TRN = "AP_TRN"  # towards minus infinity
    TRN_ZERO = "AP_TRN_ZERO"  # towards zero


class Overflow(StrEnum):
    """Overflow modes, named and defined as `ap_o_mode` of the ap_fixed types (UG902)."""

    SAT = "AP_SAT"  # to the nearest end of the range
    SAT_ZERO = "AP_SAT_ZERO"  # to zero
    SAT_SYM = "AP_SAT_SYM"  # to the ends of the range without its most negative value
    WRAP = "AP_WRAP"  # drop the upper bits


@dataclass(frozen=True)
class FixedPoint:
    """A format: a mantissa of `bits` bits (two's complement where `signed`); its value is mantissa * 2**-fraction.

    `fraction` may be negative or exceed `bits`.
    """

    signed: bool
    bits: int
    fraction: int

    def __post_init__(self) -> None:
        if not 1 <= self.bits <= 62:
            raise ValueError(f"a format has 1 to 62 bits, not {self.bits}")

    @property
    def minimum(self) -> int:
        """The smallest mantissa."""
        return -(1 << (self.bits - 1)) if self.signed else 0

    @property
    def maximum(self) -> int:
        """The largest mantissa."""
        return (1 << (self.bits - self.signed)) - 1

    @property
    def lsb(self) -> float:
        """The value of mantissa 1."""
        return 2.0**-self.fraction

    @classmethod
    def covering(cls, low: int, high: int, fraction: int) -> "FixedPoint":
        """The narrowest format that holds every mantissa from `low` to `high`."""
        if low >= 0:
            return cls(False, max(1, int(high).bit_length()), fraction)
        return cls(True, max(int(max(high, 0)).bit_length(), int(-low - 1).bit_length()) + 1, fraction)

    def holds(self, low: int, high: int) -> bool:
        """Whether every mantissa from `low` to `high` fits."""
        return self.minimum <= low and high <= self.maximum

    def __str__(self) -> str:
        return f"{'' if self.signed else 'u'}fixed<{self.bits},{self.bits - self.fraction}>"


def requantise(x: Integers, fraction: int, target: FixedPoint, rounding: Rounding, overflow: Overflow) -> Integers:
    """Bring mantissas `x` (int64, any shape) with `fraction` fractional bits to the format `target`.

    Exact ap_fixed assignment: first rounding, then overflow. Returns int64 mantissas of the same shape.
    """
    x, drop = np.asarray(x, np.int64), fraction - target.fraction
    x = _round(x, drop, rounding) if drop > 0 else _widen(x, -drop, overflow)
    return _overflow(x, target, overflow)


def _widen(x: Integers, shift: int, overflow: Overflow) -> Integers:
    """`x` << `shift`, kept within int64: what leaves it leaves every format (62 bits) on the same side."""
    shift = min(shift, 62)
    if overflow is not Overflow.WRAP:
        x = np.clip(x, -(1 << (62 - shift)), 1 << (62 - shift))
    return x << shift


def _round(x: Integers, drop: int, mode: Rounding) -> Integers:
    drop = min(drop, 63)  # a mantissa of 62 bits is less than half a unit then, as it is beyond
    floor = x >> drop
    rest = x - (floor << drop)
    half = 1 << (drop - 1)
    negative = x < 0
    match mode:
        case Rounding.TRN:
            up = np.zeros(x.shape, bool)
        case Rounding.TRN_ZERO:
            up = negative & (rest > 0)
        case Rounding.RND:
            up = rest >= half
        case Rounding.RND_MIN_INF:
            up = rest > half
        case Rounding.RND_ZERO:
            up = (rest > half) | ((rest == half) & negative)
        case Rounding.RND_INF:
            up = (rest > half) | ((rest == half) & ~negative)
        case Rounding.RND_CONV:
            up = (rest > half) | ((rest == half) & (floor & 1 == 1))
    rounded: Integers = floor + up
    return rounded


def _overflow(x: Integers, target: FixedPoint, mode: Overflow) -> Integers:
    low, high = target.minimum, target.maximum
    match mode:
        case Overflow.SAT:
            return np.clip(x, low, high)
        case Overflow.SAT_SYM:
            return np.clip(x, -high if target.signed else 0, high)
        case Overflow.SAT_ZERO:
            return np.where((x < low) | (x > high), 0, x)
        case Overflow.WRAP:
            wrapped: Integers = ((x - low) & ((1 << target.bits) - 1)) + low
            return wrapped

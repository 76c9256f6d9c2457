"""A matrix of integers as ternary planes: matrix = sum of plane << shift, each plane's sums within a number of bits."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jetflow.rtl.operations import width

__all__ = ["Plane", "planes", "sum_bits"]

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Plane:
    """`matrix`: ternary int64 (inputs, outputs), times 2**shift."""

    matrix: Integers
    shift: int


def planes(matrix: Integers, low: Integers, high: Integers, bits: int) -> tuple[Plane, ...]:
    """The planes of `matrix`, int64 (inputs, outputs), for inputs within `low` to `high`, which hold zero.

    One a digit of the canonical signed form; one whose sums need more than `bits` bits is split over its inputs.
    """
    found: list[Plane] = []
    waiting = [Plane(digits, shift) for shift, digits in enumerate(_signed_digits(matrix)) if digits.any()]
    while waiting:
        plane = waiting.pop(0)
        if sum_bits(plane.matrix, low, high) <= bits or np.count_nonzero(plane.matrix.any(axis=1)) < 2:
            found.append(plane)
            continue
        used = np.flatnonzero(plane.matrix.any(axis=1))
        for half in (used[::2], used[1::2]):
            part = np.zeros_like(plane.matrix)
            part[half] = plane.matrix[half]
            waiting.append(Plane(part, plane.shift))
    return tuple(found) or (Plane(np.zeros_like(matrix), 0),)


def sum_bits(matrix: Integers, low: Integers, high: Integers) -> int:
    """Bits of the widest of `inputs @ matrix`."""
    up, down = np.maximum(matrix, 0), np.minimum(matrix, 0)
    return max(width(int(a), int(b)) for a, b in zip(low @ up + high @ down, high @ up + low @ down, strict=True))


def _signed_digits(matrix: Integers) -> list[Integers]:
    """Digits -1, 0, 1 of every number, the lowest first, no two neighbours of them other than 0."""
    digits, rest = [], matrix.copy()
    while rest.any():
        odd = rest & 1
        digit = np.where(odd == 1, 2 - (rest & 3), 0)
        digits.append(digit)
        rest = (rest - digit) >> 1
    return digits

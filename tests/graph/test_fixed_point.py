"""Formats and rounding against an independent definition: exact fractions, mode by mode (UG902)."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jetflow.graph import FixedPoint, Overflow, Rounding, requantise

HALF = Fraction(1, 2)


def towards_zero(value: Fraction) -> int:
    return math.floor(value) if value > 0 else math.ceil(value)


def away_from_zero(value: Fraction) -> int:
    return math.ceil(value) if value > 0 else math.floor(value)


def nearest(value: Fraction, tie: int) -> int:
    """The nearest integer; `tie` where two are."""
    return tie if value % 1 == HALF else math.floor(value + HALF)


def rounded(value: Fraction, mode: Rounding) -> int:
    """The definition that the code is held against."""
    down, up = math.floor(value), math.ceil(value)
    return {
        Rounding.TRN: down,
        Rounding.TRN_ZERO: towards_zero(value),
        Rounding.RND: nearest(value, up),
        Rounding.RND_MIN_INF: nearest(value, down),
        Rounding.RND_ZERO: nearest(value, towards_zero(value)),
        Rounding.RND_INF: nearest(value, away_from_zero(value)),
        Rounding.RND_CONV: nearest(value, down if down % 2 == 0 else up),
    }[mode]


def overflowed(mantissa: int, signed: bool, bits: int, mode: Overflow) -> int:
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    if low <= mantissa <= high:
        return -high if mode is Overflow.SAT_SYM and signed and mantissa == low else mantissa
    if mode is Overflow.SAT_ZERO:
        return 0
    if mode is Overflow.WRAP:
        kept = mantissa % 2**bits
        return kept - 2**bits if kept > high else kept
    if mode is Overflow.SAT_SYM:
        low = -high if signed else 0
    return low if mantissa < low else high


formats = st.builds(FixedPoint, st.booleans(), st.integers(1, 62), st.integers(-70, 90))
small_formats = st.builds(FixedPoint, st.booleans(), st.integers(1, 12), st.integers(-16, 24))
mantissas = st.integers(-(2**61), 2**61) | st.integers(-(2**24), 2**24)


def check(values: list[int], fraction: int, target: FixedPoint) -> None:
    """Every mode gives for `values` what the definition gives."""
    for rounding in Rounding:
        whole = [rounded(Fraction(v) * Fraction(2) ** (target.fraction - fraction), rounding) for v in values]
        for overflow in Overflow:
            found = requantise(np.array(values, np.int64), fraction, target, rounding, overflow)
            assert found.dtype == np.int64
            assert found.tolist() == [overflowed(w, target.signed, target.bits, overflow) for w in whole], (
                rounding,
                overflow,
            )


@given(st.lists(mantissas, min_size=1, max_size=8), st.integers(-40, 60), formats)
@example([-(2**61)], 60, FixedPoint(True, 62, -10))  # more bits are dropped than int64 has
@example([2**20, -(2**20)], 0, FixedPoint(True, 16, 50))  # saturates beyond int64
def test_any_format(values: list[int], fraction: int, target: FixedPoint) -> None:
    check(values, fraction, target)


@given(st.lists(st.integers(-(2**10), 2**10), min_size=1), st.integers(-6, 14), small_formats)
def test_near_the_grid(values: list[int], fraction: int, target: FixedPoint) -> None:
    check(values, fraction, target)


@pytest.mark.parametrize("signed", [True, False])
def test_all_values_of_a_small_format(signed: bool) -> None:
    """Every tie, both signs, every overflow."""
    check(list(range(-100, 101)), 3, FixedPoint(signed, 4, 1))


@given(st.integers(-(2**40), 2**40), st.integers(0, 2**40), st.integers(-50, 50))
def test_covering_is_the_narrowest(low: int, width: int, fraction: int) -> None:
    found = FixedPoint.covering(low, low + width, fraction)
    assert found.holds(low, low + width)
    assert found.fraction == fraction
    assert found.signed == (low < 0)
    if found.bits > 1:
        assert not FixedPoint(found.signed, found.bits - 1, fraction).holds(low, low + width)


@given(formats)
def test_range_and_unit(format: FixedPoint) -> None:
    assert format.holds(format.minimum, format.maximum)
    assert not format.holds(format.minimum - 1, 0)
    assert not format.holds(0, format.maximum + 1)
    assert format.maximum - format.minimum == 2**format.bits - 1
    assert Fraction(format.lsb) == Fraction(2) ** -format.fraction


def test_text_names_integer_bits() -> None:
    assert str(FixedPoint(True, 10, 6)) == "fixed<10,4>"
    assert str(FixedPoint(False, 8, 11)) == "ufixed<8,-3>"


@pytest.mark.parametrize("bits", [0, 63])
def test_impossible_widths_are_refused(bits: int) -> None:
    with pytest.raises(ValueError, match=f"not {bits}"):
        FixedPoint(True, bits, 0)

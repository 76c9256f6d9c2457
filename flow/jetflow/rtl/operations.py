"""The integer operations of a datapath: what each computes, in NumPy and in SystemVerilog, and within which bounds.

Every value is signed two's complement, as wide as its bounds need. Sums are written modulo 2**width, which is exact
because the result fits its width, whatever an operand does in between.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jetflow.graph import FixedPoint, Overflow, Rounding, requantise

__all__ = [
    "Clip",
    "Computed",
    "Constant",
    "Offset",
    "Operation",
    "Product",
    "Read",
    "Round",
    "Select",
    "Shift",
    "Sum",
    "width",
]

Integers = NDArray[np.int64]
_WIDE = FixedPoint(True, 62, 0)  # holds every value of a datapath


def width(low: int, high: int) -> int:
    """Bits of a signed number that holds `low` and `high`."""
    return max((end if end >= 0 else -end - 1).bit_length() for end in (low, high)) + 1


@dataclass(frozen=True)
class Operation(ABC):
    """One value of a datapath: inclusive bounds, and the numbers of the earlier values that it reads."""

    low: int
    high: int
    reads: tuple[int, ...]

    @property
    def width(self) -> int:
        """Bits of the value."""
        return width(self.low, self.high)

    @property
    def levels(self) -> int:
        """Levels of logic, an addition being one; wiring is none."""
        return 1

    @abstractmethod
    def verilog(self, names: list[str], widths: list[int]) -> str:
        """The expression, of exactly `width` bits, over the operands' names (signed, of `widths` bits)."""


@dataclass(frozen=True)
class Computed(Operation):
    """A value that follows from those of its operands."""

    @abstractmethod
    def evaluate(self, *operands: Integers) -> Integers:
        """The value from those of the operands, int64 arrays of one shape."""


@dataclass(frozen=True)
class Read(Operation):
    """A field of the input bus: `bits` bits from bit `position` on. Its value comes from outside."""

    position: int
    bits: int
    signed: bool

    @property
    def levels(self) -> int:
        return 0

    def verilog(self, names: list[str], widths: list[int]) -> str:
        field = f"in_data[{self.position + self.bits - 1}:{self.position}]"
        return _signed(field, self.signed, self.width)


@dataclass(frozen=True)
class Constant(Computed):
    """The number `low`."""

    @property
    def levels(self) -> int:
        return 0

    def verilog(self, names: list[str], widths: list[int]) -> str:
        return literal(self.low, self.width)

    def evaluate(self, *operands: Integers) -> Integers:
        return np.asarray(self.low, np.int64)


@dataclass(frozen=True)
class Sum(Computed):
    """(a << shifts[0]) + (b << shifts[1]), or minus."""

    shifts: tuple[int, int]
    minus: bool

    def verilog(self, names: list[str], widths: list[int]) -> str:
        a, b = (_shifted(name, shift, self.width) for name, shift in zip(names, self.shifts, strict=True))
        return f"{a} {'-' if self.minus else '+'} {b}"

    def evaluate(self, *operands: Integers) -> Integers:
        a, b = (x << shift for x, shift in zip(operands, self.shifts, strict=True))
        return a - b if self.minus else a + b


@dataclass(frozen=True)
class Offset(Computed):
    """constant + a, or constant - a where `minus`."""

    constant: int
    minus: bool

    def verilog(self, names: list[str], widths: list[int]) -> str:
        operand = f"{self.width}'({names[0]})"
        if not self.minus:
            return f"{operand} {'+' if self.constant >= 0 else '-'} {_pattern(abs(self.constant), self.width)}"
        return f"{_pattern(self.constant, self.width)} - {operand}"

    def evaluate(self, *operands: Integers) -> Integers:
        return self.constant - operands[0] if self.minus else self.constant + operands[0]


@dataclass(frozen=True)
class Product(Computed):
    """a * b, a multiplier of its own."""

    @property
    def levels(self) -> int:
        return 2  # a pipeline stage of its own where stages have two levels

    def verilog(self, names: list[str], widths: list[int]) -> str:
        a, b = (f"{self.width}'({name})" for name in names)
        return f"{a} * {b}"

    def evaluate(self, *operands: Integers) -> Integers:
        a, b = operands
        return a * b


@dataclass(frozen=True)
class Shift(Computed):
    """a << amount, or for a negative amount a >> -amount, towards minus infinity."""

    amount: int

    @property
    def levels(self) -> int:
        return 0

    def verilog(self, names: list[str], widths: list[int]) -> str:
        if self.amount >= 0:
            return _shifted(names[0], self.amount, self.width)
        return f"{self.width}'({names[0]} >>> {-self.amount})"

    def evaluate(self, *operands: Integers) -> Integers:
        return operands[0] << self.amount if self.amount >= 0 else operands[0] >> min(-self.amount, 63)


@dataclass(frozen=True)
class Round(Computed):
    """a / 2**drop, rounded by a mode that an Offset and a Shift are not enough for."""

    drop: int
    mode: Rounding

    def verilog(self, names: list[str], widths: list[int]) -> str:
        (a,), (bits,) = names, widths
        inner = max(bits, self.drop + 1) + 1  # of the sum before the shift
        half = 1 << (self.drop - 1)
        sign = f"{a}[{bits - 1}]"
        extra = {
            Rounding.RND_ZERO: f"{_pattern(half - 1, inner)} + {inner}'({sign})",
            Rounding.RND_INF: f"{_pattern(half, inner)} - {inner}'({sign})",
            Rounding.RND_CONV: f"{_pattern(half - 1, inner)} + {inner}'({a}[{min(self.drop, bits - 1)}])",
            Rounding.TRN_ZERO: f"({sign} ? {_pattern(2 * half - 1, inner)} : {_pattern(0, inner)})",
        }[self.mode]
        return f"{self.width}'($signed({inner}'({a}) + {extra}) >>> {self.drop})"

    def evaluate(self, *operands: Integers) -> Integers:
        return requantise(operands[0], self.drop, _WIDE, self.mode, Overflow.SAT)


@dataclass(frozen=True)
class Clip(Computed):
    """a brought into the range of `target`, which it may leave, by `mode`."""

    target: FixedPoint
    mode: Overflow

    def verilog(self, names: list[str], widths: list[int]) -> str:
        (a,), (bits,) = names, widths
        fits = self.target.bits - self.target.signed  # the bits from here to the sign agree where the value fits
        upper = f"{a}[{bits - 1}:{min(fits, bits - 1)}]"
        inside = f"(&{upper} || ~|{upper})" if self.target.signed else f"~|{upper}"
        kept, ends = f"{self.width}'({a})", [literal(end, self.width) for end in (self.low, self.high)]
        match self.mode:
            case Overflow.SAT:
                return f"{inside} ? {kept} : {a}[{bits - 1}] ? {ends[0]} : {ends[1]}"
            case Overflow.SAT_ZERO:
                return f"{inside} ? {kept} : {literal(0, self.width)}"
            case Overflow.SAT_SYM:
                lowest = f"{a} == {literal(self.target.minimum, bits)}"
                inside = f"({inside} && !({lowest}))" if self.target.signed else inside
                return f"{inside} ? {kept} : {a}[{bits - 1}] ? {ends[0]} : {ends[1]}"
            case Overflow.WRAP:
                return _signed(f"{self.target.bits}'({a})", self.target.signed, self.width)

    def evaluate(self, *operands: Integers) -> Integers:
        return requantise(operands[0], self.target.fraction, self.target, Rounding.TRN, self.mode)


@dataclass(frozen=True)
class Select(Computed):
    """b where a is not negative, else c; reads (a, b, c)."""

    def verilog(self, names: list[str], widths: list[int]) -> str:
        a, b, c = names
        return f"{a}[{widths[0] - 1}] ? {self.width}'({c}) : {self.width}'({b})"

    def evaluate(self, *operands: Integers) -> Integers:
        a, b, c = operands
        return np.where(a >= 0, b, c)


def literal(value: int, bits: int) -> str:
    """A signed number of `bits` bits."""
    return f"-{bits}'sd{-value}" if value < 0 else f"{bits}'sd{value}"


def _signed(bits: str, signed: bool, width: int) -> str:
    """An expression of some bits, as a number that is signed or not, as a signed one of `width` bits."""
    number = f"$signed({bits})" if signed else f"$signed({{1'b0, {bits}}})"
    return f"{width}'({number})"


def _pattern(value: int, bits: int) -> str:
    """A number modulo 2**bits, for sums."""
    return f"{bits}'sd{value % (1 << bits)}"


def _shifted(name: str, shift: int, bits: int) -> str:
    return f"({bits}'({name}) <<< {shift})" if shift else f"{bits}'({name})"

"""A datapath: constants, sums, shifts, rounding and clipping from one input word to the fields of one output word."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from jetflow.graph import FixedPoint, Overflow, Rounding
from jetflow.rtl.operations import (
    Clip,
    Computed,
    Constant,
    Offset,
    Operation,
    Product,
    Read,
    Round,
    Select,
    Shift,
    Sum,
)

__all__ = ["Datapath", "DatapathBuilder", "Field"]

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Field:
    """`bits` bits of the output word: value number `value`, sign-extended or cut."""

    value: int
    bits: int


@dataclass(frozen=True)
class Datapath:
    """Operations in an order in which each reads earlier ones; the output word, lowest field first."""

    operations: tuple[Operation, ...]
    outputs: tuple[Field, ...]
    in_bits: int

    @property
    def out_bits(self) -> int:
        """Width of the output word."""
        return sum(field.bits for field in self.outputs)

    def evaluate(self, reads: Integers) -> Integers:
        """The outputs (samples, fields) from the values of the Reads, in their order, (samples, reads); int64."""
        values: list[Integers] = []
        columns = iter(np.asarray(reads, np.int64).T)
        for operation in self.operations:
            if isinstance(operation, Computed):
                values.append(operation.evaluate(*(values[i] for i in operation.reads)))
            else:
                values.append(next(columns))
        return np.stack([np.broadcast_to(values[f.value], len(reads)) for f in self.outputs], axis=-1)


class DatapathBuilder:
    """Each method adds an operation and returns the number of its value; bounds follow by interval arithmetic."""

    def __init__(self) -> None:
        self._operations: list[Operation] = []

    def __getitem__(self, value: int) -> Operation:
        return self._operations[value]

    def finished(self, outputs: Sequence[Field], in_bits: int) -> Datapath:
        """The datapath, without the operations that no output needs; Reads are kept."""
        needed = {field.value for field in outputs}
        for i in reversed(range(len(self._operations))):
            if i in needed:
                needed.update(self._operations[i].reads)
        kept = [i for i, op in enumerate(self._operations) if i in needed or isinstance(op, Read)]
        number = {old: new for new, old in enumerate(kept)}
        operations = tuple(_renumbered(self._operations[i], number) for i in kept)
        return Datapath(operations, tuple(Field(number[f.value], f.bits) for f in outputs), in_bits)

    def _add(self, operation: Operation) -> int:
        self._operations.append(operation)
        return len(self._operations) - 1

    def read(self, position: int, format: FixedPoint, low: int, high: int) -> int:
        """A field of `format` at bit `position` of the input word, within the bounds `low` to `high`."""
        return self._add(Read(low, high, (), position, format.bits, format.signed))

    def constant(self, value: int) -> int:
        """A constant."""
        return self._add(Constant(value, value, ()))

    def sum(self, a: int, b: int, shifts: tuple[int, int] = (0, 0), minus: bool = False) -> int:
        """(a << shifts[0]) + (b << shifts[1]), or minus."""
        x, y, (s, t) = self[a], self[b], shifts
        low, high = (-y.high, -y.low) if minus else (y.low, y.high)
        return self._add(Sum((x.low << s) + (low << t), (x.high << s) + (high << t), (a, b), shifts, minus))

    def offset(self, a: int, constant: int, minus: bool = False) -> int:
        """constant + a, or constant - a; an offset of an offset is one offset."""
        x = self[a]
        if isinstance(x, Offset):
            inner = x.constant
            return self.offset(x.reads[0], constant - inner if minus else constant + inner, x.minus != minus)
        if constant == 0 and not minus:
            return a
        if isinstance(x, Constant):
            return self.constant(constant - x.low if minus else constant + x.low)
        low, high = (constant - x.high, constant - x.low) if minus else (constant + x.low, constant + x.high)
        return self._add(Offset(low, high, (a,), constant, minus))

    def shift(self, a: int, amount: int) -> int:
        """a << amount, or a >> -amount (towards minus infinity)."""
        if amount == 0:
            return a
        x = self[a]
        low, high = (end << amount if amount > 0 else end >> -amount for end in (x.low, x.high))
        return self._add(Shift(low, high, (a,), amount))

    def times(self, a: int, factor: int) -> int:
        """a * factor for a factor of at least 0, as sums over the digits of its canonical signed form."""
        if factor == 0:
            return self.constant(0)
        terms = [(shift, minus) for shift, minus in _signed_digits(factor)]  # the highest is positive
        total, (scale, _) = a, terms[0]
        for shift, minus in terms[1:]:
            total, scale = self.sum(total, a, (scale - shift, 0), minus), shift
        return self.shift(total, scale)

    def product(self, a: int, b: int) -> int:
        """a * b; for a constant b without a multiplier."""
        x, y = self[a], self[b]
        if isinstance(y, Constant):
            scaled = self.times(a, abs(y.low))
            return self.offset(scaled, 0, minus=True) if y.low < 0 else scaled
        corners = [s * t for s in (x.low, x.high) for t in (y.low, y.high)]
        return self._add(Product(min(corners), max(corners), (a, b)))

    def narrow(self, a: int, low: int, high: int) -> int:
        """The same value, known to lie within `low` to `high`; one that is exact modulo its width gets narrower."""
        x = self[a]
        if isinstance(x, Read | Sum | Offset | Product) or (isinstance(x, Shift) and x.amount > 0):
            self._operations[a] = replace(x, low=max(x.low, low), high=min(x.high, high))
        return a

    def select(self, a: int, positive: int, negative: int, low: int, high: int) -> int:
        """`positive` where a >= 0, else `negative`; the caller knows the bounds, which a joins."""
        return self._add(Select(low, high, (a, positive, negative)))

    def round(self, a: int, drop: int, mode: Rounding) -> int:
        """a / 2**drop rounded by `mode`; a negative `drop` appends zeros."""
        if drop <= 0:
            return self.shift(a, -drop)
        half = 1 << (drop - 1)
        plain = {Rounding.TRN: 0, Rounding.RND: half, Rounding.RND_MIN_INF: half - 1}
        if mode in plain:
            return self.shift(self.offset(a, plain[mode]), -drop)
        x = self[a]
        probe = Round(0, 0, (a,), drop, mode)
        low, high = (int(probe.evaluate(np.asarray(end, np.int64))) for end in (x.low, x.high))
        return self._add(Round(low, high, (a,), drop, mode))

    def clip(self, a: int, target: FixedPoint, mode: Overflow) -> int:
        """a brought into the range of `target` by `mode`; nothing to do where it never leaves it."""
        x = self[a]
        symmetric = mode is Overflow.SAT_SYM and target.signed
        if target.minimum + symmetric <= x.low and x.high <= target.maximum:
            return a
        low, high = target.minimum, target.maximum
        if mode in (Overflow.SAT, Overflow.SAT_SYM):
            low, high = (min(max(end, low + symmetric), high) for end in (x.low, x.high))
        return self._add(Clip(low, high, (a,), target, mode))


def _renumbered(operation: Operation, number: dict[int, int]) -> Operation:
    return replace(operation, reads=tuple(number[i] for i in operation.reads))


def _signed_digits(factor: int) -> list[tuple[int, bool]]:
    """Canonical signed digits of a positive number, highest first: (shift, whether it is subtracted)."""
    digits, shift = [], 0
    while factor:
        if factor & 1:
            digit = 2 - (factor & 3)  # 1, or -1 before a run of ones
            digits.append((shift, digit < 0))
            factor -= digit
        factor >>= 1
        shift += 1
    return digits[::-1]

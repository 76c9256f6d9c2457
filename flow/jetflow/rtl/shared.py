"""Scale, PReLU and rounding as one datapath for all channels, whose constants come with the channel's sum.

A folded layer has few of these units, and each computes many channels one after the other. A constant that all
channels have in common stays in the datapath, the others become fields of a table.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.graph import FixedPoint, Graph, Node, Output, PReLU, Requantise, ScaleBias
from jetflow.rtl.datapath import Datapath, DatapathBuilder, Field

__all__ = ["SharedUnit", "shared_unit"]

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SharedUnit:
    """`datapath`: in_data holds a word of `bits` bits a plane, the first lowest, then a row of the table.

    `table`: by channel, `table_bits` bits.
    """

    datapath: Datapath
    bits: int
    table: tuple[int, ...]
    table_bits: int


class _Unit:
    """What a unit is built of: a datapath, and the table beside its words."""

    def __init__(self, graph: Graph, channels: int, position: int) -> None:
        self.graph, self.builder = graph, DatapathBuilder()
        self._start = self._position = position
        self._rows = [0] * channels

    def constants(self, values: Integers) -> int:
        """The value that holds the constant of the channel at hand."""
        low, high = int(values.min()), int(values.max())
        if low == high:
            return self.builder.constant(low)
        format = FixedPoint.covering(low, high, 0)
        position, self._position = self._position, self._position + format.bits
        for channel, value in enumerate(values.tolist()):
            self._rows[channel] |= (value % (1 << format.bits)) << (position - self._start)
        return self.builder.read(position, format, low, high)

    def narrowed(self, value: int, node: Node) -> int:
        """`value`, of the worst case of `node` over all channels."""
        bounds = self.graph.intervals[node.name]
        return self.builder.narrow(value, int(bounds.low.min()), int(bounds.high.max()))

    def finished(self, value: int, node: Node, bits: int) -> SharedUnit:
        datapath = self.builder.finished([Field(value, node.format.bits)], self._position)
        return SharedUnit(datapath, bits, tuple(self._rows), self._position - self._start)


def shared_unit(graph: Graph, sums: Node, shifts: tuple[int, ...], bits: int, chain: tuple[Node, ...]) -> SharedUnit:
    """The unit that makes the channels of the last node of `chain` from the words of `sums`.

    A channel's sum is that of its words, of `bits` bits each, shifted to the left by `shifts`.
    """
    unit = _Unit(graph, sums.shape[2], bits * len(shifts))
    format = FixedPoint(True, bits, 0)
    words = [unit.builder.read(i * bits, format, format.minimum, format.maximum) for i in range(len(shifts))]
    terms = sorted(zip(shifts, words, strict=True))
    while len(terms) > 1:
        (low, a), (high, b), *terms = terms
        terms = sorted([*terms, (low, unit.builder.sum(a, b, (0, high - low)))])
    ((shift, value),) = terms
    value = unit.narrowed(unit.builder.shift(value, shift), sums)
    for node in chain:
        value = _RULES[type(node)](unit, node, value)
    return unit.finished(value, chain[-1] if chain else sums, bits)


def _scale_bias(unit: _Unit, node: ScaleBias, value: int) -> int:
    factor = unit.constants(node.scale << node.shift)
    product = unit.builder.product(value, factor)
    return unit.narrowed(unit.builder.sum(product, unit.constants(node.bias)), node)


def _prelu(unit: _Unit, node: PReLU, value: int) -> int:
    bounds = unit.graph.intervals[node.name]
    positive = unit.builder.shift(value, node.slope_fraction)
    negative = unit.builder.product(value, unit.constants(node.slope))
    return unit.builder.select(value, positive, negative, int(bounds.low.min()), int(bounds.high.max()))


def _requantise(unit: _Unit, node: Requantise, value: int) -> int:
    drop = unit.graph.parent(node).format.fraction - node.format.fraction
    return unit.builder.clip(unit.builder.round(value, drop, node.rounding), node.format, node.overflow)


def _output(_: _Unit, __: Output, value: int) -> int:
    return value


_RULES: dict[type[Node], Callable[[_Unit, Any, int], int]] = {
    ScaleBias: _scale_bias,
    PReLU: _prelu,
    Requantise: _requantise,
    Output: _output,
}

"""What a serial layer costs before it is mapped, and how long a pixel takes through it."""

from collections import Counter
from pathlib import Path

from jetflow.graph import Conv2D, Graph
from jetflow.rtl.area import Area
from jetflow.rtl.digits import LEAST_SHIFT, SHIFT, digit_window_area
from jetflow.rtl.plan import Layer
from jetflow.rtl.serial import layer_sums
from jetflow.rtl.serial_graph import SerialGraph, serial_graph
from jetflow.rtl.units import layer_units

__all__ = ["serial_cost"]

# serial_adder.sv as Yosys maps it, by digit: LUTs by operands, from 1 on. Registers: the digit's and the carry's.
_LUTS = {1: (2, 2, 3, 3), 2: (3, 3, 7, 6), 4: (5, 6, 13, 14)}
# What starting costs besides and chains of adders share, by digit; and a bit of a word's part of the multiplexers of
# the slots: 17 layers of jetssd-tower-small and pfjetssd are mapped to within 3% of the estimate, one to 5% less.
_CONTROL = {1: 1.04, 2: 1.02, 4: 1.21}
_SELECTED = 0.63


def serial_cost(graph: Graph, layer: Layer, cache: Path) -> tuple[Area, int]:
    """Cells of `layer`, and clocks from the one behind a window's first digit to its result."""
    assert isinstance(layer.front, Conv2D)
    digit = layer.implementation.digit
    sums = layer_sums(graph, layer, layer.implementation.clocks, digit)
    adders = serial_graph(sums.matrix, cache)
    units = layer_units(graph, layer, sums.bits, sums.shifts)
    words = units.count * units.slots * len(sums.shifts)
    collected = words * sums.bits
    collector = Area(round(_SELECTED * collected) if units.slots > 1 else 0, 2 * collected)  # two registers of a word
    computed, clocks = units.computed_cost()
    area = digit_window_area(graph, layer) + _sums(adders, digit) + collector + computed
    return area, max(1, *adders.levels()) + sums.bits // digit + clocks + 1


def _sums(adders: SerialGraph, digit: int) -> Area:
    """Adders of digits of `digit` bits, and what keeps digits for a later level: registers, for longer waits LUTs."""
    operands = Counter(len(node.operands) for node in adders.nodes)
    luts = _CONTROL[digit] * sum(_LUTS[digit][number - 1] * count for number, count in operands.items())
    registers = sum((digit + 1 + (number > 2)) * count for number, count in operands.items())
    waits = adders.waits()
    long = [clocks for clocks in waits if clocks >= LEAST_SHIFT]
    registers += digit * (sum(waits) - sum(long))
    return Area(round(luts) + digit * sum(-(-clocks // SHIFT) for clocks in long), registers)

"""What a layer in distributed arithmetic costs before it is mapped, and how long a pixel takes through it."""

from dataclasses import replace
from pathlib import Path

from jetflow.graph import Conv2D, Graph
from jetflow.rtl.area import Area, datapath_area
from jetflow.rtl.digits import digit_window_area, token_bits
from jetflow.rtl.distributed import layer_parts
from jetflow.rtl.layers import LEVELS
from jetflow.rtl.plan import Layer
from jetflow.rtl.schedule import schedule

__all__ = ["distributed_cost"]

# Of the estimate, what sums of digits are mapped to: six layers of pfjetssd come within 3%. A depthwise kernel's have
# few operands, so that two sums often share LUTs.
_NARROW, _NARROW_DEPTHWISE = 0.93, 0.68


def distributed_cost(graph: Graph, layer: Layer, cache: Path) -> tuple[Area, int]:
    """Cells of `layer`, and clocks from the one behind a window's first digit to its result."""
    assert isinstance(layer.front, Conv2D)
    parts, digit, channels = layer_parts(graph, layer, cache), layer.implementation.digit, layer.front.shape[2]
    sums, (units, clocks) = schedule(parts.sums, LEVELS), parts.units.cost()
    accumulators = Area(channels * (parts.sum_bits + 1), channels * parts.bits)
    narrow = datapath_area(parts.sums, sums)
    narrow = replace(narrow, lut=round((_NARROW_DEPTHWISE if layer.front.depthwise else _NARROW) * narrow.lut))
    arithmetic = narrow + accumulators + units
    depth = token_bits(graph, layer, digit) // digit + sums.stages + clocks
    return digit_window_area(graph, layer) + arithmetic, depth

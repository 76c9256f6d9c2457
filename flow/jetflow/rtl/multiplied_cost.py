"""What a layer in multipliers costs before it is mapped, and how long a pixel takes through it."""

from pathlib import Path

from jetflow.graph import Conv2D, Graph
from jetflow.rtl.area import Area, datapath_area, front_area, memory_area
from jetflow.rtl.layers import LEVELS
from jetflow.rtl.multiplied import Chains, chains, sums_wait
from jetflow.rtl.plan import Layer
from jetflow.rtl.schedule import schedule
from jetflow.rtl.tail import tail_datapath

__all__ = ["multiplied_cost"]

SHIFT = 32  # bits of a register that moves on in one LUT
_COUNTERS = Area(60, 70)  # of what brings the parts of pixels, and of the windows


def multiplied_cost(graph: Graph, layer: Layer, cache: Path) -> tuple[Area, int]:
    """Cells of `layer`, and clocks from the one behind its first pixel, or window, to its result."""
    made = chains(graph, layer)
    tail = tail_datapath(graph, layer, made.sum_bits)
    stages, parts = schedule(tail, LEVELS), made.weights.shape[1]
    area, depth = _products(made) + datapath_area(tail, stages), made.depth + stages.stages
    if not sums_wait(graph, layer):
        return area + front_area(layer, graph[layer.sources[0]]), depth
    width = made.bits * made.weights.shape[0]
    chosen = Area(width * -(-parts // 4), width)  # the part of the channels, from the pixel
    return area + chosen + _window_sums(layer, made), parts - 1 + depth + 2


def _products(made: Chains) -> Area:
    """The multipliers, and what delays the data on the way to them."""
    length = made.weights.shape[0]
    delays = sum(-(-n // SHIFT) for n in range(length))
    return Area(delays * made.bits, made.depth + length * made.part_bits, dsp=made.multipliers)


def _window_sums(layer: Layer, made: Chains) -> Area:
    """window_sums.sv: for every tap a sum that begins in the same LUTs, sums of columns, and what waits in memories."""
    spot = layer.window
    assert spot is not None and isinstance(layer.front, Conv2D)
    wide, bits, every = spot.kernel.shape[1], layer.front.shape[2] * made.sum_bits, made.weights.shape[2]
    rows = max(spot.arriving.rows, spot.out_rows)
    area = _COUNTERS + Area(every * made.sum_bits + wide * bits, (every + 1) * made.sum_bits)
    if wide > 1:
        area += memory_area(rows, (wide - 1) * bits) + Area((wide - 1) * bits, (wide - 1) * bits)
        if spot.wrap:
            area += memory_area((wide - 1) * rows, bits)
    return area

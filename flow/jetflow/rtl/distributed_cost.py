"""What a layer in distributed arithmetic costs before it is mapped, and how long a pixel takes through it."""

from pathlib import Path

from jetflow.graph import Conv2D, Graph
from jetflow.rtl.area import Area, datapath_area
from jetflow.rtl.digits import digit_window_area
from jetflow.rtl.distributed import layer_parts
from jetflow.rtl.layers import LEVELS
from jetflow.rtl.plan import Layer
from jetflow.rtl.schedule import schedule

__all__ = ["distributed_cost"]


def distributed_cost(graph: Graph, layer: Layer, cache: Path) -> tuple[Area, int]:
    """Cells of `layer`, and clocks from the one behind a window's first digit to its result."""
    assert isinstance(layer.front, Conv2D)
    parts = layer_parts(graph, layer, cache)
    stages = schedule(parts.sums, LEVELS), schedule(parts.rest, LEVELS)
    channels, inputs = layer.front.shape[2], parts.sums.in_bits // (layer.implementation.digit + 1)
    accumulators = Area(channels * (parts.sum_bits + 1), channels * (parts.bits + 1))
    area = (
        digit_window_area(graph, layer)
        + Area(inputs)
        + datapath_area(parts.sums, stages[0])
        + accumulators
        + datapath_area(parts.rest, stages[1])
    )
    return area, sum(stage.stages for stage in stages) + layer.implementation.clocks

"""What a layer costs before it is mapped, and how deep its pipeline is, whatever the layer is."""

from collections.abc import Callable
from pathlib import Path

from jetflow.graph import Detect, Graph
from jetflow.rtl.area import Area, datapath_area, front_area
from jetflow.rtl.detecting import detect_cost
from jetflow.rtl.distributed_cost import distributed_cost
from jetflow.rtl.gate_cost import gate_cost
from jetflow.rtl.implementation import Style
from jetflow.rtl.layers import LEVELS, layer_datapath
from jetflow.rtl.multiplied_cost import multiplied_cost
from jetflow.rtl.plan import Layer
from jetflow.rtl.schedule import schedule
from jetflow.rtl.serial_cost import serial_cost

__all__ = ["layer_cost"]


def layer_cost(graph: Graph, layer: Layer, cache: Path) -> tuple[Area, int]:
    """Cells of `layer`, and clocks through it behind its window or pool; `cache`: solved adder graphs."""
    if isinstance(layer.front, Detect):
        return detect_cost(graph, layer)
    cost = gate_cost if layer.inner else _COSTS[layer.implementation.style]
    return cost(graph, layer, cache)


def _unrolled(graph: Graph, layer: Layer, cache: Path) -> tuple[Area, int]:
    datapath = layer_datapath(graph, layer, cache)
    stages = schedule(datapath, LEVELS)
    area = datapath_area(datapath, stages).times(layer.lanes) + front_area(layer, graph[layer.sources[0]])
    return area, stages.stages


_COSTS: dict[Style, Callable[[Graph, Layer, Path], tuple[Area, int]]] = {
    Style.UNROLLED: _unrolled,
    Style.DISTRIBUTED: distributed_cost,
    Style.SERIAL: serial_cost,
    Style.MULTIPLIED: multiplied_cost,
}

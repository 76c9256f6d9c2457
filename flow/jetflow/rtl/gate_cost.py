"""What a gate's layer costs before it is mapped, and how long a map waits in it."""

from pathlib import Path

from jetflow.graph import Graph
from jetflow.rtl.area import Area, datapath_area, memory_area
from jetflow.rtl.gating import SLACK, gate_datapaths
from jetflow.rtl.layers import LEVELS
from jetflow.rtl.plan import Layer
from jetflow.rtl.schedule import schedule

__all__ = ["gate_cost"]

_SUMMED = 0.55  # LUTs a bit of the adders and of what chooses the sum that leaves, as in pfjetssd's gate


def gate_cost(graph: Graph, layer: Layer, cache: Path) -> tuple[Area, int]:
    """Cells of `layer`, and clocks from the one behind the map's last pixel to the first pixel that leaves."""
    source, last = graph[layer.sources[0]], layer.inner[-1]
    factor, product = gate_datapaths(graph, layer, cache)
    plans = schedule(factor, LEVELS), schedule(product, LEVELS)
    channels, bits, sum_bits = source.shape[2], source.format.bits, layer.inner[0].format.bits
    sums = Area(round(_SUMMED * channels * sum_bits * (layer.lanes + 1)), channels * sum_bits)
    beat = layer.lanes * channels * bits
    waiting = memory_area(layer.arriving.beats + SLACK, beat) + Area(0, beat + channels * last.format.bits)
    products = datapath_area(product, plans[1]).times(layer.lanes)
    return (
        sums + waiting + datapath_area(factor, plans[0]) + products,
        channels + factor.in_bits // sum_bits // 2 + plans[0].stages + plans[1].stages + 2,
    )

"""What follows a convolution in a layer, from its totals, as one datapath for all channels."""

from jetflow.graph import Conv2D, FixedPoint, Graph
from jetflow.rtl.datapath import Datapath, DatapathBuilder, Field
from jetflow.rtl.layers import read_pixels
from jetflow.rtl.operations import width
from jetflow.rtl.plan import Layer
from jetflow.rtl.pointwise import apply

__all__ = ["tail_datapath", "total_bits"]


def total_bits(graph: Graph, layer: Layer) -> int:
    """Bits of the widest sum of the convolution of `layer`, two's complement."""
    assert isinstance(layer.front, Conv2D)
    bounds = graph.intervals[layer.front.name]
    return max(width(a, b) for a, b in zip(bounds.low.tolist(), bounds.high.tolist(), strict=True))


def tail_datapath(graph: Graph, layer: Layer, bits: int) -> Datapath:
    """From the totals of all channels, of `bits` bits each, to the layer's pixel."""
    assert isinstance(layer.front, Conv2D)
    bounds = graph.intervals[layer.front.name]
    low, high = bounds.low.tolist(), bounds.high.tolist()
    builder = DatapathBuilder()
    values = read_pixels(builder, FixedPoint(True, bits, layer.front.format.fraction), low, high)
    for node in layer.pointwise:
        values = apply(builder, graph, node, values)
    return builder.finished([Field(value, layer.result.format.bits) for value in values], bits * len(low))

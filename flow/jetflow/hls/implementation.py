"""How each layer is built: hls4ml's strategy and reuse factor, by what the back end's compiler can take."""

from collections.abc import Mapping
from dataclasses import dataclass

from jetflow.graph import Conv2D, Graph, Node

__all__ = ["UNROLL_LIMIT", "Implementation", "Implementations", "implementation", "implementations"]

UNROLL_LIMIT = 4096  # products that Vivado HLS unrolls in one loop nest; Vitis HLS has no such limit


@dataclass(frozen=True)
class Implementation:
    """`strategy` of hls4ml (Latency, Resource) and `reuse_factor`: the clocks that share one multiplier."""

    strategy: str
    reuse_factor: int


Implementations = Mapping[str, Implementation]  # by the name of a Conv2D node; what is not named takes one clock


def implementation(node: Node, backend: str = "vitis") -> Implementation:
    """Latency with reuse factor 1 wherever it is legal: ternary products are adders, which sharing does not save.

    On Vivado a convolution of more than 4096 products takes the resource strategy with the smallest legal reuse
    factor that brings the products of one clock under the limit.
    """
    if backend.lower() != "vivado" or not isinstance(node, Conv2D):
        return Implementation("Latency", 1)
    rows, columns, channels, _ = node.kernel.shape
    inputs, outputs = rows * columns * channels, 1 if node.depthwise else node.shape[2]
    products = inputs * outputs
    if products <= UNROLL_LIMIT or node.depthwise:
        return Implementation("Latency", 1)
    factors = (f for f in range(2, products + 1) if _legal(f, inputs, outputs) and products <= f * UNROLL_LIMIT)
    return Implementation("Resource", next(factors))


def implementations(graph: Graph, backend: str = "vitis") -> dict[str, Implementation]:
    """The choice for every convolution of `graph`: what conversion, FIFO depths and estimates all read."""
    return {node.name: implementation(node, backend) for node in graph if isinstance(node, Conv2D)}


def _legal(factor: int, inputs: int, outputs: int) -> bool:
    """Which reuse factors hls4ml's resource strategy computes correctly (its dense_resource asserts the same)."""
    whole = (inputs * outputs) % factor == 0
    if factor < inputs:
        limit = -(-inputs * outputs // factor)
        return whole and limit % outputs == 0
    return whole and factor % inputs == 0

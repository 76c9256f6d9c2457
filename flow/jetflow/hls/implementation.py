"""How each layer is built: hls4ml's strategy and reuse factor, by the clocks that it may take a pixel.

hls4ml's two strategies for a convolution, from its templates (nnet_conv2d_stream.h, nnet_dense_latency.h,
nnet_dense_resource.h):

- Latency: all products are unrolled and one pipeline takes a pixel every `reuse_factor` clocks; any factor is legal.
  With more than 4096 products in one loop nest Vivado HLS stops, and Vitis HLS takes hours.
- Resource: the weights lie in a memory, products / reuse_factor of them are multiplied at once, and a pixel takes
  reuse_factor clocks and some more to move it into the window. Only factors that divide the products as its loops
  need are legal.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from jetflow.graph import Conv2D, Graph, Node, PReLU, ScaleBias

__all__ = ["UNROLL_LIMIT", "Implementation", "Implementations", "fastest", "implementation", "products", "shares"]

UNROLL_LIMIT = 4096  # products in one loop nest
MOVING = 6  # clocks to move a pixel in the resource strategy: hls4ml's own figure (set_target_reuse_factor)
WORTH = 4  # fewer clocks a product cost more in multiplexers and memories than they save in constant products


@dataclass(frozen=True)
class Implementation:
    """`strategy` of hls4ml (Latency, Resource) and `reuse_factor`: the clocks that share one multiplier."""

    strategy: str
    reuse_factor: int

    @property
    def clocks(self) -> int:
        """Clocks between two pixels."""
        return self.reuse_factor + (MOVING if self.strategy == "Resource" else 0)


Implementations = Mapping[str, Implementation]  # by node; what is not named takes one clock


def shares(node: Node) -> bool:
    """Whether `node` has multipliers that several clocks can share."""
    return isinstance(node, Conv2D | ScaleBias | PReLU)


def products(node: Node) -> int:
    """Products a pixel of a node that `shares`."""
    if isinstance(node, Conv2D):
        return node.kernel.size
    return node.shape[2]


def implementation(node: Node, clocks: int, backend: str = "vitis") -> Implementation:
    """The smallest way to build `node`, which `shares`, in at most `clocks` clocks a pixel (at least 1).

    Latency up to UNROLL_LIMIT products, Resource beyond where the clocks allow a factor of WORTH. On Vivado a regular
    convolution beyond the limit takes the smallest legal factor that brings it under the limit, even if that is slower
    than asked for: what is possible at all.
    """
    count = products(node)
    unrolled = Implementation("Latency", max(1, min(clocks, count)))
    if not isinstance(node, Conv2D) or node.depthwise or count <= UNROLL_LIMIT:
        return unrolled
    inputs, outputs = count // node.shape[2], node.shape[2]
    legal = [f for f in range(WORTH, min(clocks - MOVING, count) + 1) if _legal(f, inputs, outputs)]
    if backend.lower() != "vivado":
        return Implementation("Resource", legal[-1]) if legal else unrolled
    if legal and count <= legal[-1] * UNROLL_LIMIT:
        return Implementation("Resource", legal[-1])
    factors = (f for f in range(2, count + 1) if _legal(f, inputs, outputs) and count <= f * UNROLL_LIMIT)
    return Implementation("Resource", next(factors))


def fastest(graph: Graph, backend: str = "vitis") -> dict[str, Implementation]:
    """Every layer that `shares` in as few clocks as `backend` can."""
    return {node.name: implementation(node, 1, backend) for node in graph if shares(node)}


def _legal(factor: int, inputs: int, outputs: int) -> bool:
    """Which reuse factors hls4ml's resource strategy computes correctly (its dense_resource asserts the same)."""
    whole = (inputs * outputs) % factor == 0
    if factor < inputs:
        limit = -(-inputs * outputs // factor)
        return whole and limit % outputs == 0
    return whole and factor % inputs == 0

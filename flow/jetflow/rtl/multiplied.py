"""A convolution of wide weights in the multipliers of DSP slices, which add up in chains (hw/rtl/multiply_chain.sv).

Where a pixel of sums is wider than a window's, a window comes first and one chain a channel sums it in a clock. Else
every pixel goes through a chain for each tap and channel, and sums, not pixels, wait for their windows
(hw/rtl/window_sums.sv); then a pixel may take several clocks, a part of its channels each.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jetflow.graph import Conv2D, Graph
from jetflow.rtl.implementation import Implementation, Style
from jetflow.rtl.plan import Layer
from jetflow.rtl.tail import total_bits

__all__ = ["Chains", "chains", "multiplied_implementations", "sums_wait"]

Integers = NDArray[np.int64]
LONGEST = 96  # slices of a chain: a column of a region of the larger UltraScale+ parts
PARTS = (1, 2, 4, 8, 16, 32)


@dataclass(frozen=True, eq=False)
class Chains:
    """`weights`: int64 (multiplier, part, chain). `bits` of the data, two's complement, `sum_bits` of the sums."""

    weights: Integers
    bits: int
    weight_bits: int
    sum_bits: int

    @property
    def multipliers(self) -> int:
        """DSP slices."""
        return int(self.weights.shape[0]) * int(self.weights.shape[2])

    @property
    def part_bits(self) -> int:
        """Bits of the number of a part."""
        return max(1, (int(self.weights.shape[1]) - 1).bit_length())

    @property
    def depth(self) -> int:
        """Clocks from the data to the sums."""
        return int(self.weights.shape[0]) + 2


def sums_wait(graph: Graph, layer: Layer) -> bool:
    """Whether sums wait for their windows, and not pixels: where a pixel of the sums is not wider."""
    source = graph[layer.sources[0]]
    assert isinstance(layer.front, Conv2D)
    return layer.front.shape[2] * total_bits(graph, layer) <= source.shape[2] * source.format.bits


def chains(graph: Graph, layer: Layer) -> Chains:
    """The multipliers of `layer` and their weights."""
    spot, source, parts = layer.window, graph[layer.sources[0]], layer.implementation.clocks
    assert spot is not None and isinstance(layer.front, Conv2D)
    tall, wide, channels, outputs = spot.kernel.shape
    if sums_wait(graph, layer):
        more = -channels % parts
        kernel = np.pad(spot.kernel, ((0, 0), (0, 0), (0, more), (0, 0)))
        weights = kernel.transpose(2, 0, 1, 3).reshape(-1, parts, tall * wide * outputs)
    else:
        weights = spot.kernel.reshape(tall * wide * channels, 1, outputs)
    low, high = int(weights.min()), int(weights.max())
    weight_bits = max(high.bit_length(), (-low - 1).bit_length() if low < 0 else 0) + 1
    bits = source.format.bits + (not source.format.signed)
    return Chains(weights, bits, weight_bits, total_bits(graph, layer))


def multiplied_implementations(graph: Graph, layer: Layer, clocks: int) -> tuple[Implementation, ...]:
    """The forms of `layer` in multipliers at `clocks` clocks a pixel or less, the fastest first; none for ternary sums.

    None either where a chain would be longer than a column of slices.
    """
    front, spot = layer.front, layer.window
    if not isinstance(front, Conv2D) or front.depthwise or layer.arriving.lanes > 1 or spot is None:
        return ()
    if int(abs(front.kernel).max(initial=0)) <= 1:
        return ()
    if not sums_wait(graph, layer):
        fits = spot.kernel[..., 0].size <= LONGEST
        return (Implementation(Style.MULTIPLIED, 1),) if fits else ()
    channels = spot.kernel.shape[2]
    fitting = [parts for parts in PARTS if parts <= min(clocks, channels) and -(-channels // parts) <= LONGEST]
    return tuple(Implementation(Style.MULTIPLIED, parts) for parts in fitting)

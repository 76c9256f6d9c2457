"""Worst-case interval arithmetic over the real weights: the least and the largest mantissa of every channel."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from jetflow.graph.fixed_point import FixedPoint, Overflow, requantise
from jetflow.graph.nodes import AveragePool, Conv2D, Input, Node, Output, PReLU, Requantise, ScaleBias

__all__ = ["Interval", "interval"]


class Interval(NamedTuple):
    """Bounds of a tensor's mantissas, int64 (channels,) each, both inclusive, and its fractional bits."""

    low: NDArray[np.int64]
    high: NDArray[np.int64]
    fraction: int

    def covering(self) -> FixedPoint:
        """The narrowest format for all channels."""
        return FixedPoint.covering(int(self.low.min()), int(self.high.max()), self.fraction)


def interval(node: Node, known: Mapping[str, Interval]) -> Interval:
    """Bounds of `node`'s output from those of its inputs in `known`."""
    return _RULES[type(node)](node, *(known[name] for name in node.inputs))


def _input(node: Input) -> Interval:
    channels = node.shape[2]
    return Interval(
        np.full(channels, node.format.minimum), np.full(channels, node.format.maximum), node.format.fraction
    )


def _conv(node: Conv2D, x: Interval) -> Interval:
    # Zero counts as a value of every input, even unpadded: then each partial sum, in any order, stays in the bounds.
    low, high = np.minimum(x.low, 0), np.maximum(x.high, 0)
    kernel = node.kernel[..., 0] if node.depthwise else node.kernel
    up, down = np.maximum(kernel, 0).sum((0, 1)), np.minimum(kernel, 0).sum((0, 1))
    fraction = x.fraction + node.weights.fraction
    if node.depthwise:
        return Interval(up * low + down * high, up * high + down * low, fraction)
    return Interval(low @ up + high @ down, high @ up + low @ down, fraction)


def _scale_bias(node: ScaleBias, x: Interval) -> Interval:
    ends = np.stack([(side * node.scale << node.shift) + node.bias for side in (x.low, x.high)])
    return Interval(ends.min(0), ends.max(0), x.fraction + node.scale_fraction)


def _prelu(node: PReLU, x: Interval) -> Interval:
    # Piecewise linear with its kink at zero, so the extremes lie at the ends or at zero.
    points = np.stack([x.low, np.clip(0, x.low, x.high), x.high])
    values = np.where(points > 0, points << node.slope_fraction, points * node.slope)
    return Interval(values.min(0), values.max(0), x.fraction + node.slope_fraction)


def _average_pool(node: AveragePool, x: Interval) -> Interval:
    low, high = (np.minimum(x.low, 0), np.maximum(x.high, 0)) if node.padding else (x.low, x.high)
    return Interval(4 * low, 4 * high, x.fraction + 2)


def _requantise(node: Requantise, x: Interval) -> Interval:
    low, high = (requantise(side, x.fraction, node.format, node.rounding, node.overflow) for side in (x.low, x.high))
    if node.overflow not in (Overflow.SAT, Overflow.SAT_SYM):  # not monotone: what overflows may land anywhere
        wide = FixedPoint(True, 62, node.format.fraction)
        ends = [requantise(side, x.fraction, wide, node.rounding, Overflow.SAT) for side in (x.low, x.high)]
        inside = (ends[0] >= node.format.minimum) & (ends[1] <= node.format.maximum)
        low, high = np.where(inside, low, node.format.minimum), np.where(inside, high, node.format.maximum)
    return Interval(low, high, node.format.fraction)


def _output(node: Output, x: Interval) -> Interval:
    return x


_RULES: dict[type[Node], Callable[..., Interval]] = {
    Input: _input,
    Conv2D: _conv,
    ScaleBias: _scale_bias,
    PReLU: _prelu,
    AveragePool: _average_pool,
    Requantise: _requantise,
    Output: _output,
}

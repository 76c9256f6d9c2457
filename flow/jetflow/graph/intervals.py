"""Worst-case interval arithmetic over the real weights: the least and the largest mantissa of every channel."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from jetflow.graph.fixed_point import FixedPoint, Overflow, requantise
from jetflow.graph.nodes import (
    Add,
    AveragePool,
    ChannelConv,
    Concatenate,
    Conv2D,
    Detect,
    Gate,
    GlobalSum,
    HardSigmoid,
    Input,
    Node,
    Output,
    PReLU,
    Requantise,
    ScaleBias,
)

__all__ = ["MOST_SHIFT", "Interval", "interval"]

MOST_SHIFT = 24  # of a mantissa, so that int64 holds what the 24-bit rule then refuses


class Interval(NamedTuple):
    """Bounds of a tensor's mantissas, int64 (channels,) each, both inclusive, and its fractional bits."""

    low: NDArray[np.int64]
    high: NDArray[np.int64]
    fraction: int

    def covering(self) -> FixedPoint:
        """The narrowest format for all channels."""
        return FixedPoint.covering(int(self.low.min()), int(self.high.max()), self.fraction)

    def at(self, fraction: int) -> "Interval":
        """The same bounds on the finer grid of `fraction`. Raises ValueError where it is far finer."""
        shift = fraction - self.fraction
        if shift > MOST_SHIFT:
            raise ValueError(f"its inputs' grids differ by {shift} bits, at most {MOST_SHIFT} are allowed")
        return Interval(self.low << shift, self.high << shift, fraction)

    def with_zero(self) -> "Interval":
        """Bounds that hold zero too."""
        return Interval(np.minimum(self.low, 0), np.maximum(self.high, 0), self.fraction)


def interval(node: Node, known: Mapping[str, Interval]) -> Interval:
    """Bounds of `node`'s output from those of its inputs in `known`. Raises ValueError where there are none."""
    return _RULES[type(node)](node, *(known[name] for name in node.inputs))


def _input(node: Input) -> Interval:
    channels = node.shape[2]
    return Interval(
        np.full(channels, node.format.minimum), np.full(channels, node.format.maximum), node.format.fraction
    )


def _conv(node: Conv2D, x: Interval) -> Interval:
    # Zero counts as a value of every input, even unpadded: then each partial sum, in any order, stays in the bounds.
    low, high, _ = x.with_zero()
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
    low, high, _ = x.with_zero() if node.padding else x
    return Interval(4 * low, 4 * high, x.fraction + 2)


def _add(_: Add, a: Interval, b: Interval) -> Interval:
    fraction = max(a.fraction, b.fraction)
    a, b = a.at(fraction), b.at(fraction)
    return Interval(a.low + b.low, a.high + b.high, fraction)


def _concatenate(_: Concatenate, *parts: Interval) -> Interval:
    fraction = max(part.fraction for part in parts)
    fine = [part.at(fraction) for part in parts]
    return Interval(np.concatenate([p.low for p in fine]), np.concatenate([p.high for p in fine]), fraction)


def _global_sum(node: GlobalSum, x: Interval) -> Interval:
    low, high, _ = x.with_zero()  # partial sums
    return Interval(low * node.cells, high * node.cells, x.fraction)


def _channel_conv(node: ChannelConv, x: Interval) -> Interval:
    low, high, _ = x.with_zero()
    half, channels = node.kernel.size // 2, low.size
    low, high = np.pad(low, half), np.pad(high, half)
    ends = [np.stack([k * side[i : i + channels] for side in (low, high)]) for i, k in enumerate(node.kernel)]
    lows, highs = (np.sum([getattr(both, end)(0) for both in ends], 0) for end in ("min", "max"))
    return Interval(lows, highs, x.fraction + node.weights.fraction)


def _hard_sigmoid(_: HardSigmoid, x: Interval) -> Interval:
    if x.fraction < -1:
        raise ValueError(f"reads {x.fraction} fractional bits, at least -1 are needed to hold 1/2")
    half, one = 1 << (x.fraction + 1), 1 << (x.fraction + 2)
    return Interval(np.clip(x.low + half, 0, one), np.clip(x.high + half, 0, one), x.fraction + 2)


def _gate(_: Gate, x: Interval, gate: Interval) -> Interval:
    corners = np.stack([a * b for a in (x.low, x.high) for b in (gate.low, gate.high)])
    return Interval(corners.min(0), corners.max(0), x.fraction + gate.fraction)


def _detect(node: Detect, offsets: Interval, classes: Interval, regression: Interval) -> Interval:
    best = int((classes.high[1:] - classes.low[0]).max())
    low, high = [0, 0, 0, node.threshold + 1], [classes.low.size - 1, node.map[0] - 1, node.map[1] - 1, best]
    parts = [Interval(np.array(low), np.array(high), 0), offsets, regression]
    return Interval(
        np.minimum(np.concatenate([part.low for part in parts]), 0),  # an empty slot is zero
        np.maximum(np.concatenate([part.high for part in parts]), 0),
        0,
    )


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
    Add: _add,
    Concatenate: _concatenate,
    GlobalSum: _global_sum,
    ChannelConv: _channel_conv,
    HardSigmoid: _hard_sigmoid,
    Gate: _gate,
    Detect: _detect,
    Requantise: _requantise,
    Output: _output,
}

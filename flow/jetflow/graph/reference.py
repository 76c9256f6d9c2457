"""The reference executor: plain NumPy on int64, exact by construction. It is the definition; fast.py is held to it."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.graph.fixed_point import requantise
from jetflow.graph.graph import Graph
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
    PhiPadding,
    PReLU,
    Requantise,
    ScaleBias,
)
from jetflow.graph.peaks import peaks

__all__ = ["check_images", "execute", "integer_rule"]

Integers = NDArray[np.int64]


def execute(graph: Graph, images: NDArray[np.integer[Any]], keep: Iterable[str] | None = None) -> dict[str, Integers]:
    """Run the graph on `images`, mantissas of the input format, int64 (events, rows, columns, channels).

    Returns the mantissas of the nodes named in `keep` (default: every node), each (events, *node.shape), int64.
    Raises ValueError for images of another shape or type or out of the input's range.
    """
    images = check_images(graph, images)
    wanted = {node.name for node in graph} if keep is None else set(keep)
    last_use = {name: node.name for node in graph for name in node.inputs}
    values: dict[str, Integers] = {}
    for node in graph:
        sources = [values[name] for name in node.inputs]
        values[node.name] = images.astype(np.int64) if isinstance(node, Input) else integer_rule(graph, node, *sources)
        for name in node.inputs:
            if last_use[name] == node.name and name not in wanted:
                del values[name]
    return {node.name: values[node.name] for node in graph if node.name in wanted}


def integer_rule(graph: Graph, node: Node, *inputs: Integers) -> Integers:
    """The tensor of `node` from those of its inputs, int64 (events, rows, columns, channels)."""
    return _RULES[type(node)](graph, node, *inputs)


def check_images(graph: Graph, images: NDArray[np.integer[Any]]) -> NDArray[np.integer[Any]]:
    """`images` as an array. Raises ValueError where they are not mantissas of the input's shape and format."""
    images = np.asarray(images)
    if not np.issubdtype(images.dtype, np.integer):
        raise ValueError(f"images are {images.dtype}, integer counts are needed")
    if images.shape[1:] != graph.input.shape:
        raise ValueError(f"images have shape {images.shape[1:]}, the graph reads {graph.input.shape}")
    if images.size and not graph.input.format.holds(int(images.min()), int(images.max())):
        raise ValueError(f"images range from {images.min()} to {images.max()}, the input is {graph.input.format}")
    return images


def _conv(_: Graph, node: Conv2D, x: Integers) -> Integers:
    top, bottom, left, right = node.padding
    x = np.pad(x, ((0, 0), (top, bottom), (0, 0), (0, 0)))
    mode: Any = "wrap" if node.phi is PhiPadding.CIRCULAR else "constant"
    x = np.pad(x, ((0, 0), (0, 0), (left, right), (0, 0)), mode=mode)
    rows, columns, _channels = node.shape
    down, along = node.stride
    total = np.zeros((len(x), *node.shape), np.int64)
    for i in range(node.kernel.shape[0]):
        for j in range(node.kernel.shape[1]):
            part = x[:, i : i + (rows - 1) * down + 1 : down, j : j + (columns - 1) * along + 1 : along]
            weights = node.kernel[i, j]
            total += part * weights[:, 0] if node.depthwise else part @ weights
    return total


def _scale_bias(_: Graph, node: ScaleBias, x: Integers) -> Integers:
    return x * (node.scale << node.shift) + node.bias


def _prelu(_: Graph, node: PReLU, x: Integers) -> Integers:
    return np.where(x > 0, x << node.slope_fraction, x * node.slope)


def _average_pool(_: Graph, node: AveragePool, x: Integers) -> Integers:
    p = node.padding
    x = np.pad(x, ((0, 0), (p, p), (p, p), (0, 0)))
    rows, columns, _channels = node.shape
    x = x[:, : 2 * rows, : 2 * columns]
    total: Integers = x[:, ::2, ::2] + x[:, 1::2, ::2] + x[:, ::2, 1::2] + x[:, 1::2, 1::2]
    return total


def _aligned(graph: Graph, node: Node, *parts: Integers) -> list[Integers]:
    """The inputs of `node` on its grid, which is the finest of theirs."""
    fraction = node.format.fraction
    return [part << (fraction - graph[name].format.fraction) for name, part in zip(node.inputs, parts, strict=True)]


def _add(graph: Graph, node: Add, *parts: Integers) -> Integers:
    a, b = _aligned(graph, node, *parts)
    return a + b


def _concatenate(graph: Graph, node: Concatenate, *parts: Integers) -> Integers:
    return np.concatenate(_aligned(graph, node, *parts), axis=3)


def _global_sum(_: Graph, node: GlobalSum, x: Integers) -> Integers:
    total: Integers = x.sum((1, 2), keepdims=True)
    return total


def _channel_conv(_: Graph, node: ChannelConv, x: Integers) -> Integers:
    half, channels = node.kernel.size // 2, node.shape[2]
    x = np.pad(x, ((0, 0), (0, 0), (0, 0), (half, half)))
    total = np.zeros((len(x), *node.shape), np.int64)
    for i, weight in enumerate(node.kernel):
        total += weight * x[..., i : i + channels]
    return total


def _hard_sigmoid(_: Graph, node: HardSigmoid, x: Integers) -> Integers:
    one = 1 << node.format.fraction
    return np.clip(x + one // 2, 0, one)


def _gate(_: Graph, node: Gate, x: Integers, gate: Integers) -> Integers:
    return x * gate


def _detect(_: Graph, node: Detect, offsets: Integers, classes: Integers, regression: Integers) -> Integers:
    return peaks(offsets, classes, regression, node.threshold, node.top)


def _requantise(graph: Graph, node: Requantise, x: Integers) -> Integers:
    return requantise(x, graph.parent(node).format.fraction, node.format, node.rounding, node.overflow)


def _output(_: Graph, node: Output, x: Integers) -> Integers:
    return x


_RULES: dict[type[Node], Callable[..., Integers]] = {
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

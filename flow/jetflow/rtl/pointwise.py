"""The graph's nodes that need one pixel alone, as operations of a datapath, channel by channel.

Of a node with several inputs the values are those of one pixel of all of them, the first input's channels first.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.graph import Add, Concatenate, Graph, Node, Output, PReLU, Requantise, ScaleBias
from jetflow.rtl.adders import adder_graph
from jetflow.rtl.datapath import DatapathBuilder

__all__ = ["POINTWISE", "apply", "matrix_product"]

Integers = NDArray[np.int64]
Values = list[int]  # numbers of values, one a channel


def apply(builder: DatapathBuilder, graph: Graph, node: Node, values: Values) -> Values:
    """The values of `node`, one a channel, from those of its input."""
    return POINTWISE[type(node)](builder, graph, node, values)


def matrix_product(
    builder: DatapathBuilder, matrix: Integers, values: Values, cache: Path, bounds: Sequence[Integers] | None = None
) -> Values:
    """values @ matrix, int64 (inputs, outputs), as an adder graph.

    Zero must lie within the bounds of every value. Solved problems are kept in the folder `cache`. `bounds`: the least
    and the largest values for which the graph is made, where it has been made for others than `values`.
    """
    varies = [builder[value].low < builder[value].high for value in values]  # its bounds hold zero: else it is zero
    used = np.flatnonzero(matrix.any(axis=1) & varies)
    if not len(used):
        return [builder.constant(0)] * matrix.shape[1]
    reads = [builder[values[i]] for i in used]
    low, high = (ends[used] for ends in bounds) if bounds else ([r.low for r in reads], [r.high for r in reads])
    graph = adder_graph(matrix[used], low, high, cache)
    numbers = [values[i] for i in used]
    for x in graph.additions:
        numbers.append(builder.sum(numbers[x.a], numbers[x.b], (x.shift_a, x.shift_b), x.minus))
    outputs = []
    for number, shift, minus in graph.outputs:
        value = builder.constant(0) if number < 0 else builder.shift(numbers[number], shift)
        outputs.append(builder.offset(value, 0, minus=True) if minus else value)
    return outputs


def _scale_bias(builder: DatapathBuilder, _: Graph, node: ScaleBias, values: Values) -> Values:
    scaled = []
    for value, scale, shift, bias in zip(
        values, node.scale.tolist(), node.shift.tolist(), node.bias.tolist(), strict=True
    ):
        product = builder.shift(builder.times(value, abs(scale)), shift)
        scaled.append(builder.offset(product, bias, minus=scale < 0))
    return scaled


def _prelu(builder: DatapathBuilder, graph: Graph, node: PReLU, values: Values) -> Values:
    bounds = graph.intervals[node.name]
    results = []
    for channel, (value, slope) in enumerate(zip(values, node.slope.tolist(), strict=True)):
        positive = builder.shift(value, node.slope_fraction)
        product = builder.times(value, abs(slope))
        negative = builder.offset(product, 0, minus=True) if slope < 0 else product
        low, high = int(bounds.low[channel]), int(bounds.high[channel])
        results.append(builder.select(value, positive, negative, low, high))
    return results


def _requantise(builder: DatapathBuilder, graph: Graph, node: Requantise, values: Values) -> Values:
    drop = graph.parent(node).format.fraction - node.format.fraction
    return [builder.clip(builder.round(value, drop, node.rounding), node.format, node.overflow) for value in values]


def _concatenate(builder: DatapathBuilder, graph: Graph, node: Concatenate, values: Values) -> Values:
    parts = [graph[name] for name in node.inputs]
    shifts = [node.format.fraction - part.format.fraction for part in parts for _ in range(part.shape[2])]
    return [builder.shift(value, shift) for value, shift in zip(values, shifts, strict=True)]


def _add(builder: DatapathBuilder, graph: Graph, node: Add, values: Values) -> Values:
    a, b = (node.format.fraction - graph[name].format.fraction for name in node.inputs)
    half = len(values) // 2
    return [builder.sum(x, y, (a, b)) for x, y in zip(values[:half], values[half:], strict=True)]


def _output(_: DatapathBuilder, __: Graph, ___: Output, values: Values) -> Values:
    return values


POINTWISE: dict[type[Node], Callable[[DatapathBuilder, Graph, Any, Values], Values]] = {
    ScaleBias: _scale_bias,
    PReLU: _prelu,
    Requantise: _requantise,
    Concatenate: _concatenate,
    Add: _add,
    Output: _output,
}

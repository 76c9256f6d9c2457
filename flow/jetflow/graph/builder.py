"""Builds a graph node by node: shapes and formats follow from the operations, by interval arithmetic."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from jetflow.graph.fixed_point import FixedPoint, Overflow, Rounding
from jetflow.graph.graph import Graph, GraphError, check_result, check_weights, checked_interval, checked_shape
from jetflow.graph.intervals import Interval
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
    Shape,
)

__all__ = ["TERNARY", "GraphBuilder"]

TERNARY = FixedPoint(True, 2, 0)
Integers = NDArray[np.int64]


class GraphBuilder:
    """Each method adds one node that reads the node named `x` and returns the new node's name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._nodes: dict[str, Node] = {}
        self._known: dict[str, Interval] = {}

    def graph(self) -> Graph:
        """The finished graph, checked (GraphError where a rule is broken)."""
        return Graph(self.name, tuple(self._nodes.values()))

    def shape(self, x: str) -> Shape:
        """Shape of the tensor `x`."""
        return self._nodes[x].shape

    def format(self, x: str) -> FixedPoint:
        """Format of the tensor `x`."""
        return self._nodes[x].format

    def bounds(self, x: str) -> Interval:
        """Worst-case interval of the tensor `x`."""
        return self._known[x]

    def _add(self, node: Node) -> str:
        """Add a node whose shape and format are still its input's; its operation gives the real ones."""
        if node.name in self._nodes:
            raise GraphError(f"{node.name}: the name stands twice")
        node = replace(node, shape=checked_shape(node, *(self.shape(name) for name in node.inputs)))
        check_weights(node)
        bounds = checked_interval(node, self._known)
        if not isinstance(node, Input | Requantise):
            node = replace(node, format=bounds.covering())
        check_result(node, {**self._known, node.name: bounds})
        self._known[node.name] = bounds
        self._nodes[node.name] = node
        return node.name

    def input(self, name: str, shape: Shape, format: FixedPoint) -> str:
        """The image."""
        return self._add(Input(name, (), shape, format))

    def conv2d(
        self,
        x: str,
        name: str,
        kernel: Integers,
        weights: FixedPoint,
        padding: tuple[int, int, int, int] = (0, 0, 0, 0),
        phi: PhiPadding = PhiPadding.ZERO,
        stride: tuple[int, int] = (1, 1),
        depthwise: bool = False,
    ) -> str:
        """Convolution; arguments as the fields of Conv2D."""
        kernel = np.asarray(kernel, np.int64)
        return self._add(
            Conv2D(name, (x,), self.shape(x), self.format(x), kernel, weights, stride, padding, phi, depthwise)
        )

    def scale_bias(
        self, x: str, name: str, scale: Integers, shift: Integers, bias: Integers, scale_fraction: int
    ) -> str:
        """Scale and bias per channel; arguments as the fields of ScaleBias."""
        scale, shift, bias = (np.asarray(values, np.int64) for values in (scale, shift, bias))
        return self._add(ScaleBias(name, (x,), self.shape(x), self.format(x), scale, shift, bias, scale_fraction))

    def prelu(self, x: str, name: str, slope: Integers, slope_fraction: int) -> str:
        """PReLU with one slope a channel."""
        return self._add(PReLU(name, (x,), self.shape(x), self.format(x), np.asarray(slope, np.int64), slope_fraction))

    def average_pool(self, x: str, name: str, padding: int = 0) -> str:
        """2 x 2 average pooling."""
        return self._add(AveragePool(name, (x,), self.shape(x), self.format(x), padding))

    def add(self, a: str, b: str, name: str) -> str:
        """Sum of two tensors of one shape, on the finer of their grids."""
        return self._add(Add(name, (a, b), self.shape(a), self.format(a)))

    def concatenate(self, parts: Sequence[str], name: str) -> str:
        """The channels of `parts`, in this order, on the finest of their grids."""
        return self._add(Concatenate(name, tuple(parts), self.shape(parts[0]), self.format(parts[0])))

    def global_sum(self, x: str, name: str) -> str:
        """Sum over all cells, a channel."""
        rows, columns, _ = self.shape(x)
        return self._add(GlobalSum(name, (x,), self.shape(x), self.format(x), rows * columns))

    def channel_conv(self, x: str, name: str, kernel: Integers, weights: FixedPoint) -> str:
        """Convolution along the channels of one cell; arguments as the fields of ChannelConv."""
        return self._add(ChannelConv(name, (x,), self.shape(x), self.format(x), np.asarray(kernel, np.int64), weights))

    def hard_sigmoid(self, x: str, name: str) -> str:
        """clip(x / 4 + 1/2, 0, 1)."""
        return self._add(HardSigmoid(name, (x,), self.shape(x), self.format(x)))

    def gate(self, x: str, gate: str, name: str) -> str:
        """The map `x` times one factor a channel, `gate` of one cell."""
        return self._add(Gate(name, (x, gate), self.shape(x), self.format(x)))

    def detect(self, offsets: str, classes: str, regression: str, name: str, threshold: int, top: int) -> str:
        """Boxes from three heads; `threshold` on the grid of the class logits."""
        rows, columns, _ = self.shape(classes)
        heads = (offsets, classes, regression)
        return self._add(
            Detect(name, heads, self.shape(classes), self.format(classes), threshold, top, (rows, columns))
        )

    def requantise(
        self,
        x: str,
        name: str,
        format: FixedPoint,
        rounding: Rounding = Rounding.RND_CONV,
        overflow: Overflow = Overflow.SAT,
    ) -> str:
        """Round and saturate to `format`."""
        return self._add(Requantise(name, (x,), self.shape(x), format, rounding, overflow))

    def output(self, x: str, name: str) -> str:
        """Name a head."""
        return self._add(Output(name, (x,), self.shape(x), self.format(x)))

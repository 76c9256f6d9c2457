"""One function a node type: how the ONNX model computes it. Values are real, float32, (batch, channels, rows, columns).

Exact because every mantissa of a graph fits 24 bits, in every order of addition, and scaling is by powers of two.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from jetflow.export.onnx.detect import emit_detect
from jetflow.export.onnx.dialects import Dialect
from jetflow.export.onnx.emitter import Emitter
from jetflow.graph import Conv2D, Input, Node, Output, Overflow, PhiPadding, PReLU, Requantise, Rounding, ScaleBias
from jetflow.graph.nodes import Add, AveragePool, ChannelConv, Concatenate, Detect, Gate, GlobalSum, HardSigmoid

__all__ = ["RULES"]

_ROWS, _COLUMNS = 2, 3


def _input(emit: Emitter, dialect: Dialect, node: Input) -> str:
    """The image is on its grid already; written as a rounding, so that the model says its format."""
    entry = Requantise(node.name, (), node.shape, node.format, Rounding.RND_CONV, Overflow.SAT)
    return dialect.requantise(emit, entry, f"{node.name}/value", node.format.fraction)


def _conv(emit: Emitter, dialect: Dialect, node: Conv2D) -> str:
    top, bottom, left, right = node.padding
    x = node.inputs[0]
    if node.phi is PhiPadding.CIRCULAR:
        x, left, right = _around(emit, node, x, left, right), 0, 0
    kernel = np.transpose(node.kernel, (2, 3, 0, 1) if node.depthwise else (3, 2, 0, 1))
    return emit.op(
        "Conv",
        [x, dialect.weights(emit, f"{node.name}/kernel", kernel, node.weights)],
        node.name,
        kernel_shape=kernel.shape[2:],
        strides=node.stride,
        pads=[top, left, bottom, right],
        group=len(kernel) if node.depthwise else 1,
    )


def _around(emit: Emitter, node: Conv2D, x: str, left: int, right: int) -> str:
    """`x` with its last `left` columns put before it and its first `right` ones behind it.

    One Gather, and no Slice: ONNX Runtime 1.32 moves quantisers through slices and loses their types.
    """
    columns = emit.graph.parent(node).shape[1]
    numbers = emit.constant(f"{node.name}/columns", np.arange(-left, columns + right) % columns)
    return emit.op("Gather", [x, numbers], f"{node.name}/around", axis=_COLUMNS)


def _scale_bias(emit: Emitter, _: Dialect, node: ScaleBias) -> str:
    factor = emit.per_channel(f"{node.name}/factor", node.scale << node.shift, node.scale_fraction)
    bias = emit.per_channel(f"{node.name}/bias", node.bias, node.format.fraction)
    product = emit.op("Mul", [node.inputs[0], factor], f"{node.name}/product")
    return emit.op("Add", [product, bias], node.name)


def _prelu(emit: Emitter, _: Dialect, node: PReLU) -> str:
    slope = emit.per_channel(f"{node.name}/slope", node.slope, node.slope_fraction)
    return emit.op("PRelu", [node.inputs[0], slope], node.name)


def _average_pool(emit: Emitter, _: Dialect, node: AveragePool) -> str:
    return emit.op(
        "AveragePool",
        [node.inputs[0]],
        node.name,
        kernel_shape=[2, 2],
        strides=[2, 2],
        pads=[node.padding] * 4,
        count_include_pad=1,
    )


def _add(emit: Emitter, _: Dialect, node: Add) -> str:
    return emit.op("Add", list(node.inputs), node.name)


def _concatenate(emit: Emitter, _: Dialect, node: Concatenate) -> str:
    return emit.op("Concat", list(node.inputs), node.name, axis=1)


def _global_sum(emit: Emitter, _: Dialect, node: GlobalSum) -> str:
    return emit.op("ReduceSum", [node.inputs[0], emit.integers(_ROWS, _COLUMNS)], node.name, keepdims=1)


def _channel_conv(emit: Emitter, dialect: Dialect, node: ChannelConv) -> str:
    """A pointwise convolution whose matrix is a band."""
    channels, half = node.shape[2], node.kernel.size // 2
    band = np.zeros((channels, channels + 2 * half), np.int64)
    for c in range(channels):
        band[c, c : c + node.kernel.size] = node.kernel
    matrix = band[:, half : half + channels].reshape(channels, channels, 1, 1)
    weights = dialect.weights(emit, f"{node.name}/kernel", matrix, node.weights)
    return emit.op("Conv", [node.inputs[0], weights], node.name, kernel_shape=[1, 1])


def _hard_sigmoid(emit: Emitter, _: Dialect, node: HardSigmoid) -> str:
    return emit.op("HardSigmoid", [node.inputs[0]], node.name, alpha=0.25, beta=0.5)


def _gate(emit: Emitter, _: Dialect, node: Gate) -> str:
    return emit.op("Mul", list(node.inputs), node.name)


def _detect(emit: Emitter, _: Dialect, node: Detect) -> str:
    return emit_detect(emit, node)


def _requantise(emit: Emitter, dialect: Dialect, node: Requantise) -> str:
    parent = emit.graph.parent(node)
    return dialect.requantise(emit, node, parent.name, parent.format.fraction)


def _output(emit: Emitter, _: Dialect, node: Output) -> str:
    return emit.op("Identity", [node.inputs[0]], node.name)


RULES: dict[type[Node], Callable[[Emitter, Dialect, Any], str]] = {
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

"""From a folded Keras model to the integer graph: the only place where floats become integers."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.graph.builder import TERNARY, GraphBuilder
from jetflow.graph.fixed_point import FixedPoint, Overflow, Rounding
from jetflow.graph.graph import EXACT_BITS, Graph, GraphError
from jetflow.graph.nodes import PhiPadding
from jetflow.networks.backend import QActivation, QConv2D, QDepthwiseConv2D, keras
from jetflow.networks.gate import ChannelGate
from jetflow.networks.layers import ChannelPReLU, CropPhi, PaddedAveragePool, ScaleBias, WrapPhi
from jetflow.networks.quantisers import FixedPointActivation, FixedPointWeights, TernaryWeights

__all__ = ["lower"]

_HEAD = "_scaled"  # a head's last layer is named so, and its output without it


@dataclass(frozen=True)
class _Tensor:
    """A Keras layer's result: the graph node that holds it and, while the map is wrapped, its extra columns."""

    node: str
    margin: int = 0  # wrapped columns a side; the graph's tensor has none of them
    spoiled: int = 0  # how many of them zero-padded convolutions have made wrong


def lower(model: Any, input_format: FixedPoint) -> Graph:
    """The graph of `model`, layer by layer; nodes have their layers' names, outputs lose the suffix `_scaled`.

    `model` is a functional Keras model in the folded phase; `input_format` is the format of the counts it reads.
    Raises GraphError that names the layer which has no exact integer form.
    """
    builder = GraphBuilder(model.name)
    tensors: dict[str, _Tensor] = {}
    for layer in model.layers:
        if isinstance(layer, keras.layers.InputLayer):
            rows, columns, channels = layer.output_shape[0][1:]
            tensors[layer.name] = _Tensor(builder.input(layer.name, (rows, columns, channels), input_format))
            continue
        rule = _RULES.get(type(layer))
        if rule is None:
            allowed = ", ".join(kind.__name__ for kind in _RULES)
            raise GraphError(f"{layer.name}: {type(layer).__name__} has no integer form; supported: {allowed}")
        inputs = layer.input if isinstance(layer.input, list) else [layer.input]
        tensors[layer.name] = rule(builder, layer, *(tensors[_source(x)] for x in inputs))
    for output in model.outputs:
        tensor = tensors[_source(output)]
        if tensor.margin:
            raise GraphError(f"{tensor.node}: {tensor.margin} wrapped columns are left at the output: crop them")
        if not tensor.node.endswith(_HEAD):
            raise GraphError(f"{tensor.node}: ends in an output, so its name must end in {_HEAD}: rename the layer")
        builder.output(tensor.node, tensor.node.removesuffix(_HEAD))
    return builder.graph()


def _source(tensor: Any) -> str:
    """Name of the layer that made a Keras tensor."""
    return str(tensor._keras_history.layer.name)


def _wrap(_: GraphBuilder, layer: Any, x: _Tensor) -> _Tensor:
    if x.margin:
        raise GraphError(f"{layer.name}: wraps a map that is wrapped already")
    return _Tensor(x.node, margin=layer.margin)


def _crop(_: GraphBuilder, layer: Any, x: _Tensor) -> _Tensor:
    if layer.margin != x.margin:
        raise GraphError(f"{layer.name}: crops {layer.margin} columns, but {x.margin} are wrapped")
    return _Tensor(x.node)


def _convolve(builder: GraphBuilder, layer: Any, x: _Tensor) -> _Tensor:
    if layer.use_bias or layer.padding != "same" or layer.strides != (1, 1) or layer.dilation_rate != (1, 1):
        raise GraphError(f"{layer.name}: only 'same' convolutions of stride 1 without bias or dilation are supported")
    depthwise = isinstance(layer, QDepthwiseConv2D)
    if depthwise and layer.depth_multiplier != 1:
        raise GraphError(f"{layer.name}: depth_multiplier is {layer.depth_multiplier}, only 1 is supported")
    quantiser = layer.depthwise_quantizer_internal if depthwise else layer.kernel_quantizer_internal
    kernel = layer.depthwise_kernel if depthwise else layer.kernel
    if isinstance(quantiser, TernaryWeights) and not quantiser.scaled:
        weights = TERNARY
    elif isinstance(quantiser, FixedPointWeights) and quantiser.fraction is not None:
        weights = FixedPoint(True, quantiser.bits, quantiser.fraction)
    else:
        raise GraphError(f"{layer.name}: its weights are not on a fixed grid: fold the network first")
    rows, columns = layer.kernel_size
    # A convolution that pads with zeros makes the outermost columns wrong; while all of these are wrapped columns, to
    # be cropped, the map inside is that of a convolution with circular padding.
    spoiled = x.spoiled + columns // 2 if x.margin else 0
    if spoiled > x.margin:
        raise GraphError(f"{layer.name}: needs {spoiled} wrapped columns a side, {x.margin} are there: wrap by more")
    node = builder.conv2d(
        x.node,
        layer.name,
        _mantissas(quantiser(kernel).numpy(), weights.fraction, layer.name),
        weights,
        ((rows - 1) // 2, rows // 2, (columns - 1) // 2, columns // 2),
        PhiPadding.CIRCULAR if x.margin else PhiPadding.ZERO,
        depthwise=depthwise,
    )
    return replace(x, node=node, spoiled=spoiled)


def _scale_bias(builder: GraphBuilder, layer: Any, x: _Tensor) -> _Tensor:
    fraction = builder.format(x.node).fraction
    if layer.bias_fraction is None or layer.use_scale != (layer.scale_fraction is not None):
        raise GraphError(f"{layer.name}: scale and bias are not on a fixed grid: fold the network first")
    point = layer.bias_fraction - fraction
    if point < 0 or (layer.use_scale and layer.scale_fraction != point):
        raise GraphError(f"{layer.name}: its grid does not refine that of {x.node}: fold the network again")
    channels = builder.shape(x.node)[2]
    scales = layer.scales().numpy() if layer.use_scale else np.ones(channels)
    scale, shift = _odd(_mantissas(scales, point, layer.name))
    bias = _mantissas(layer.biases().numpy(), layer.bias_fraction, layer.name)
    return replace(x, node=builder.scale_bias(x.node, layer.name, scale, shift, bias, point))


def _requantise(builder: GraphBuilder, layer: Any, x: _Tensor) -> _Tensor:
    quantiser = layer.quantizer
    if not isinstance(quantiser, FixedPointActivation):
        raise GraphError(f"{layer.name}: activations need FixedPointActivation, found {type(quantiser).__name__}")
    target, fraction = quantiser.format, builder.format(x.node).fraction
    if fraction + target.bits - target.fraction > EXACT_BITS:
        raise GraphError(
            f"{layer.name}: rounding from {fraction} fractional bits to {target} takes more than {EXACT_BITS} bits"
        )
    return replace(x, node=builder.requantise(x.node, layer.name, target, Rounding.RND, Overflow.SAT))


def _prelu(builder: GraphBuilder, layer: Any, x: _Tensor) -> _Tensor:
    if layer.slope_fraction is None:
        raise GraphError(f"{layer.name}: its slopes are not quantised: give slope_fraction")
    slope = _mantissas(layer.slopes().numpy(), layer.slope_fraction, layer.name)
    return replace(x, node=builder.prelu(x.node, layer.name, slope, layer.slope_fraction))


def _relu(builder: GraphBuilder, layer: Any, x: _Tensor) -> _Tensor:
    if layer.max_value is not None or layer.negative_slope or layer.threshold:
        raise GraphError(f"{layer.name}: only a plain ReLU is supported: no max_value, negative_slope or threshold")
    slope = np.zeros(builder.shape(x.node)[2], np.int64)
    return replace(x, node=builder.prelu(x.node, layer.name, slope, 0))


def _average_pool(builder: GraphBuilder, layer: Any, x: _Tensor) -> _Tensor:
    padded = isinstance(layer, PaddedAveragePool)
    plain = padded or (layer.pool_size, layer.strides, layer.padding) == ((2, 2), (2, 2), "valid")
    if not plain or x.margin:
        raise GraphError(f"{layer.name}: only 2 x 2 'valid' pooling of stride 2 on a map that is not wrapped")
    return replace(x, node=builder.average_pool(x.node, layer.name, int(padded)))


def _gate(builder: GraphBuilder, layer: Any, x: _Tensor) -> _Tensor:
    """Sum -> convolution along the channels, 1 / cells in its weights -> hard sigmoid -> factor -> product."""
    if x.margin:
        raise GraphError(f"{layer.name}: gates a map that is wrapped, which would count columns twice: crop it first")
    if layer.weight_bits is None or layer.weight_fraction is None:
        raise GraphError(f"{layer.name}: its weights are not on a fixed grid: fold the network first")
    weights = FixedPoint(True, layer.weight_bits, layer.weight_fraction)
    kernel = _mantissas(layer.weights_as_used().numpy(), layer.weight_fraction, layer.name)
    sums = builder.global_sum(x.node, f"{layer.name}_sum")
    mixed = builder.channel_conv(sums, f"{layer.name}_mix", kernel, weights)
    sigmoid = builder.hard_sigmoid(mixed, f"{layer.name}_sigmoid")
    quantiser = layer.factor_quantiser.format
    factor = builder.requantise(sigmoid, f"{layer.name}_factor", quantiser, Rounding.RND, Overflow.SAT)
    return replace(x, node=builder.gate(x.node, factor, layer.name))


def _add(builder: GraphBuilder, layer: Any, *xs: _Tensor) -> _Tensor:
    if len(xs) != 2:
        raise GraphError(f"{layer.name}: adds {len(xs)} maps, two are supported: chain the layers")
    return _joined(layer, builder.add(xs[0].node, xs[1].node, layer.name), xs)


def _concatenate(builder: GraphBuilder, layer: Any, *xs: _Tensor) -> _Tensor:
    if layer.axis not in (-1, 3):
        raise GraphError(f"{layer.name}: concatenates axis {layer.axis}, only channels (-1) are supported")
    return _joined(layer, builder.concatenate([x.node for x in xs], layer.name), xs)


def _joined(layer: Any, node: str, xs: tuple[_Tensor, ...]) -> _Tensor:
    if len({x.margin for x in xs}) > 1:
        raise GraphError(f"{layer.name}: joins maps wrapped by {[x.margin for x in xs]} columns: wrap all or none")
    return _Tensor(node, xs[0].margin, max(x.spoiled for x in xs))


def _mantissas(values: NDArray[Any], fraction: int, layer: str) -> NDArray[np.int64]:
    """Exact mantissas of values on the grid 2**-fraction."""
    scaled = np.ldexp(values.astype(np.float64), fraction)
    mantissas = np.rint(scaled)
    if not np.array_equal(mantissas, scaled):
        raise GraphError(f"{layer}: a value is not a multiple of 2**-{fraction}")
    result: NDArray[np.int64] = mantissas.astype(np.int64)
    return result


def _odd(values: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each value as mantissa << shift with the smallest mantissa; zero has shift 0."""
    mantissa, shift = values.copy(), np.zeros_like(values)
    while (even := (mantissa != 0) & (mantissa % 2 == 0)).any():
        mantissa, shift = np.where(even, mantissa // 2, mantissa), shift + even
    return mantissa, shift


_RULES: dict[type, Callable[..., _Tensor]] = {
    WrapPhi: _wrap,
    CropPhi: _crop,
    QConv2D: _convolve,
    QDepthwiseConv2D: _convolve,
    ScaleBias: _scale_bias,
    QActivation: _requantise,
    ChannelPReLU: _prelu,
    keras.layers.ReLU: _relu,
    keras.layers.AveragePooling2D: _average_pool,
    PaddedAveragePool: _average_pool,
    ChannelGate: _gate,
    keras.layers.Add: _add,
    keras.layers.Concatenate: _concatenate,
}

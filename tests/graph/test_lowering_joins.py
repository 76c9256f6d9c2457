"""Lowering of the papers' other layers: depthwise, padded pooling, ReLU, the gate, maps that join. Keras == graph."""

from typing import Any

import numpy as np
import pytest

from jetflow.graph import AveragePool, Conv2D, FixedPoint, GraphError, execute
from jetflow.graph.lowering import lower
from jetflow.networks.backend import QActivation, QConv2D, QDepthwiseConv2D, keras
from jetflow.networks.gate import ChannelGate
from jetflow.networks.layers import CropPhi, PaddedAveragePool, WrapPhi
from jetflow.networks.quantisers import FixedPointActivation, FixedPointWeights, TernaryWeights

COUNTS = FixedPoint(False, 6, 3)


def conv(name: str, channels: int, size: int = 1) -> Any:
    quantiser = FixedPointWeights(fraction=7)
    return QConv2D(channels, size, padding="same", use_bias=False, kernel_quantizer=quantiser, name=name)


def depthwise(name: str, quantiser: Any = None, **arguments: Any) -> Any:
    quantiser = quantiser or TernaryWeights(scaled=False, depthwise=True)
    arguments = {"padding": "same", "use_bias": False, **arguments}
    return QDepthwiseConv2D(3, depthwise_quantizer=quantiser, name=name, **arguments)


def act(name: str, bits: int = 8, fraction: int = 4, signed: bool = True) -> Any:
    return QActivation(FixedPointActivation(signed, bits, fraction), name=name)


def block(x: Any, name: str, channels: int) -> Any:
    """Depthwise 3 x 3 and pointwise, each with a ReLU."""
    x = keras.layers.ReLU(name=f"{name}_relu")(act(f"{name}_depth")(depthwise(f"{name}_dw")(x)))
    return act(f"{name}_act")(conv(f"{name}_pw", channels)(act(f"{name}_positive", signed=False)(x)))


def mobilenet(join: str) -> Any:
    """Two separable blocks, padded pooling between them, joined, gated; one head."""
    keras.utils.set_random_seed(4)
    image = keras.Input((7, 6, 2), name="image")
    first = block(act("narrow", 6, 3)(image), "one", 3)
    pooled = act("pooled")(PaddedAveragePool(name="pool")(first))
    second = block(pooled, "two", 3)
    x = (keras.layers.Add if join == "add" else keras.layers.Concatenate)(name="join")([pooled, second])
    x = act("join_act", 7, 3)(x)
    x = act("gate_act")(ChannelGate(4, 7, name="gate")(x))
    return keras.Model(image, act("head_scaled", 12, 6)(conv("head_conv", 2, 3)(x)), name="joins")


@pytest.mark.parametrize("join", ["add", "concatenate"])
def test_keras_equals_the_reference(join: str) -> None:
    model = mobilenet(join)
    model.get_layer("gate").kernel.assign(np.array([0.9, -1.7, 2.1], np.float32))
    graph = lower(model, COUNTS)
    counts = np.random.default_rng(2).integers(0, 64, (20, 7, 6, 2))
    layers = keras.Model(model.input, [layer.output for layer in model.layers])(counts.astype(np.float32) / 8)
    expected = execute(graph, counts)
    for layer, found in zip(model.layers, layers, strict=True):
        if layer.name != "gate":  # its factor is rounded inside: the graph has it as nodes of its own
            mantissas = np.ldexp(np.asarray(found, np.float64), graph[layer.name].format.fraction)
            assert np.array_equal(mantissas, expected[layer.name]), layer.name
    assert len(np.unique(expected["head"])) > 50 and len(np.unique(expected["gate_factor"])) > 5
    assert [node.padding for node in graph if isinstance(node, AveragePool)] == [1]
    assert [node.name for node in graph if isinstance(node, Conv2D) and node.depthwise] == ["one_dw", "two_dw"]


def test_depthwise_around_the_cylinder() -> None:
    keras.utils.set_random_seed(5)
    image = keras.Input((4, 6, 2), name="image")
    x = depthwise("two_scaled")(depthwise("one", FixedPointWeights(fraction=7))(WrapPhi(2, name="wrap")(image)))
    model = keras.Model(image, CropPhi(2, name="crop")(x), name="depthwise")
    graph = lower(model, COUNTS)
    counts = np.random.default_rng(8).integers(0, 64, (5, 4, 6, 2))
    found = np.ldexp(np.asarray(model(counts.astype(np.float32) / 8), np.float64), graph["two"].format.fraction)
    assert np.array_equal(found, execute(graph, counts)["two"]) and len(np.unique(found)) > 20


def test_maps_that_join_must_be_wrapped_alike() -> None:
    image = keras.Input((4, 6, 2), name="image")
    wrapped = CropPhi(1, name="crop")(WrapPhi(1, name="wrap")(image))
    x = keras.layers.Add(name="add")([image, wrapped])
    with pytest.raises(GraphError, match=r"^add: reads one tensor twice"):
        lower(keras.Model(image, x), COUNTS)


def one(layer: Any, maps: int = 1, wrap: bool = False) -> Any:
    image = keras.Input((4, 6, 2), name="image")
    x = WrapPhi(1, name="wrap")(image) if wrap else image
    inputs = [act(f"map{i}", 6, 3 + i)(x) for i in range(maps)]
    return keras.Model(image, layer(inputs if maps > 1 else inputs[0]), name="one")


UNSUPPORTED = {
    "^dw: depth_multiplier is 2": lambda: one(depthwise("dw", depth_multiplier=2)),
    "^dw: only 'same' convolutions": lambda: one(depthwise("dw", padding="valid")),
    "^dw: its weights are not on a fixed grid": lambda: one(depthwise("dw", TernaryWeights(True, depthwise=True))),
    "^relu: only a plain ReLU": lambda: one(keras.layers.ReLU(6.0, name="relu")),
    "^leaky: only a plain ReLU": lambda: one(keras.layers.ReLU(negative_slope=0.5, name="leaky")),
    "^pool: only 2 x 2 'valid' pooling": lambda: one(PaddedAveragePool(name="pool"), wrap=True),
    "^gate: its weights are not on a fixed grid": lambda: one(ChannelGate(4, name="gate")),
    "^gate: gates a map that is wrapped": lambda: one(ChannelGate(4, 7, name="gate"), wrap=True),
    "^add: adds 3 maps, two are supported": lambda: one(keras.layers.Add(name="add"), 3),
    "^cat: concatenates axis 1": lambda: one(keras.layers.Concatenate(1, name="cat"), 2),
}


@pytest.mark.parametrize("message", UNSUPPORTED)
def test_what_has_no_integer_form_is_named(message: str) -> None:
    with pytest.raises(GraphError, match=message):
        lower(UNSUPPORTED[message](), COUNTS)

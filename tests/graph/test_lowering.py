"""The folded Keras model and the graph lowered from it agree in every bit; what has no integer form is named."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jetflow.config import ModelConfig, load_config
from jetflow.graph import (
    AveragePool,
    Conv2D,
    FixedPoint,
    GraphError,
    PhiPadding,
    Requantise,
    ScaleBias,
    execute,
    load_graph,
    save_graph,
)
from jetflow.graph.lowering import lower
from jetflow.networks import HEADS, Phase, build_network, fold, folded_formats, get_weights, set_weights
from jetflow.networks.backend import QActivation, QConv2D, keras
from jetflow.networks.layers import ChannelPReLU, CropPhi, WrapPhi
from jetflow.networks.layers import ScaleBias as ScaleBiasLayer
from jetflow.networks.quantisers import FixedPointActivation, FixedPointWeights, TernaryWeights

Recipe = dict[str, Any]
COUNTS = FixedPoint(False, 6, 3)


def images(config: ModelConfig, events: int = 24, seed: int = 5) -> np.ndarray:
    """Counts: uniform, sparse as collisions are, zero, maximum, and maximum in single cells at the edges."""
    random = np.random.default_rng(seed)
    top = config.input.fixed_point().maximum
    shape = (events, *config.input.shape)
    uniform = random.integers(0, top + 1, shape)
    sparse = np.where(random.random(shape) < 0.1, uniform, 0)
    special = np.zeros((6, *config.input.shape), np.int64)
    special[1] = top
    special[2, ..., 0] = top
    for i, (row, column) in enumerate(((0, 0), (0, -1), (-1, -1))):
        special[3 + i, row, column] = top
    return np.concatenate([uniform, sparse, special])


def folded_model(config: ModelConfig, precision: str, seed: int) -> Any:
    """A folded network with random weights, its batch normalisation fitted to random images."""
    keras.utils.set_random_seed(seed)
    random = np.random.default_rng(seed)
    network = build_network(config, Phase.QUANTISED, precision)
    arrays = get_weights(network)
    for name, array in arrays.items():
        if name.endswith(("gamma", "beta", "slope", "bias")):
            arrays[name] = random.uniform(-1, 1, array.shape).astype(np.float32)
    set_weights(network, arrays, "random")
    for layer in network.layers:
        layer.momentum = 0.0  # the statistics of the next images
    network(images(config).astype(np.float32) * np.float32(config.input.fixed_point().lsb), training=True)
    start = fold(config, precision, get_weights(network))
    model = build_network(config, Phase.FOLDED, precision, folded_formats(start))
    set_weights(model, start, "folded")
    return model


@pytest.mark.parametrize("precision", ["twn", "int8"])
@pytest.mark.parametrize("phi", ["circular", "zero"])
def test_keras_equals_the_reference(
    recipe: Recipe, write_recipe: Callable[[Recipe], Path], tmp_path: Path, phi: str, precision: str
) -> None:
    recipe["network"]["phi"] = phi
    config = load_config(write_recipe(recipe))
    model = folded_model(config, precision, seed=1)
    graph = lower(model, config.input.fixed_point())
    counts = images(config)
    wrapped = keras.Model(model.input, [layer.output for layer in model.layers])
    found = wrapped(counts.astype(np.float32) * np.float32(config.input.fixed_point().lsb), training=False)
    by_layer = {layer.name: np.asarray(value, np.float64) for layer, value in zip(model.layers, found, strict=True)}
    expected = execute(graph, counts)
    for name in HEADS:
        head = by_layer[f"{name}_crop" if phi == "circular" else f"{name}_scaled"]
        assert np.array_equal(np.ldexp(head, graph[name].format.fraction), expected[name]), name
        assert len(np.unique(expected[name])) > 20, "the test sees nothing where everything saturates"
    for node in graph.nodes:
        if node.name in by_layer:  # a wrapped map agrees but for the columns that are cropped
            values = np.ldexp(by_layer[node.name], node.format.fraction)
            margin = (values.shape[2] - node.shape[1]) // 2
            inner = values[:, :, margin : margin + node.shape[1]]
            assert np.array_equal(inner, expected[node.name]), node.name
    assert {node.phi for node in graph if isinstance(node, Conv2D)} == {PhiPadding(phi)}
    save_graph(graph, tmp_path)
    again = execute(load_graph(tmp_path), counts, HEADS)
    assert all(np.array_equal(again[name], expected[name]) for name in HEADS)


def test_a_block_with_formats_of_its_own(recipe: Recipe, write_recipe: Callable[[Recipe], Path]) -> None:
    """Its results have them in the graph, the others theirs, and Keras agrees in every bit."""
    scaled, wide = {"bits": 13, "fraction": 7}, {"bits": 11, "fraction": 6}
    recipe["precision"]["twn"]["formats"] = {"block1_1": {"scaled": scaled, "activation": wide}}
    config = load_config(write_recipe(recipe))
    model = folded_model(config, "twn", seed=4)
    graph = lower(model, config.input.fixed_point())
    formats = [graph[f"block1_1_{name}"].format for name in ("scaled", "act")]
    assert formats == [FixedPoint(True, 13, 7), FixedPoint(True, 11, 6)]
    assert graph["block2_1_act"].format == config.network.activation.fixed_point()
    counts = images(config)
    found = model(counts.astype(np.float32) * np.float32(config.input.fixed_point().lsb), training=False)
    expected = execute(graph, counts)
    for head, name in zip(found, HEADS, strict=True):
        assert np.array_equal(np.ldexp(np.asarray(head, np.float64), graph[name].format.fraction), expected[name])


def test_nodes_are_the_blocks_of_the_design(config: ModelConfig) -> None:
    """conv, scale and bias, requantise, PReLU, requantise, then perhaps pooling; weights as the config says."""
    graph = lower(folded_model(config, "twn", seed=2), config.input.fixed_point())
    kinds = [
        f"{name}_{part}" for name in ("block1_1", "block1_2") for part in ("conv", "norm", "scaled", "prelu", "act")
    ]
    assert [node.name for node in graph][:13] == ["image", *kinds, "stage1_pool", "stage1_pooled"]
    assert [node.name for node in graph.outputs] == list(HEADS)
    convolutions = {node.name: node for node in graph if isinstance(node, Conv2D)}
    assert [name for name, node in convolutions.items() if node.ternary] == ["block1_2_conv", "block2_1_conv"]
    assert all(set(np.unique(node.kernel)) <= {-1, 0, 1} for node in convolutions.values() if node.ternary)
    assert [type(node) for node in graph if isinstance(node, AveragePool)] == [AveragePool]
    assert graph["block1_2_act"].format == config.network.activation.fixed_point()
    roundings = {(node.rounding.value, node.overflow.value) for node in graph if isinstance(node, Requantise)}
    assert roundings == {("AP_RND", "AP_SAT")}
    scales = [node for node in graph if isinstance(node, ScaleBias)]
    assert all(abs(node.scale).max() <= 31 and node.shift.min() >= 0 for node in scales)


def test_the_same_weights_give_the_same_bytes(config: ModelConfig, tmp_path: Path) -> None:
    for name in ("a", "b"):
        save_graph(lower(folded_model(config, "twn", seed=3), config.input.fixed_point()), tmp_path / name)
    for name in ("graph.json", "graph.npz"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


@pytest.mark.parametrize("phase", [Phase.FPN, Phase.QUANTISED])
def test_unfolded_network_is_refused(config: ModelConfig, phase: Phase) -> None:
    with pytest.raises(
        GraphError, match=r"^block1_1_conv: its weights are not on a fixed grid: fold the network first"
    ):
        lower(build_network(config, phase), config.input.fixed_point())


def test_moved_binary_point_is_refused(config: ModelConfig) -> None:
    """Weights folded for another format of the activations."""
    model = folded_model(config, "twn", seed=4)
    model.get_layer("block1_1_act").quantizer.format = FixedPoint(True, 7, 5)
    with pytest.raises(GraphError, match=r"^block1_2_norm: its grid does not refine that of block1_2_conv"):
        lower(model, config.input.fixed_point())


def conv(name: str = "conv", quantiser: Any = None, channels: int = 2, **arguments: Any) -> Any:
    return QConv2D(
        channels,
        arguments.pop("size", 3),
        padding=arguments.pop("padding", "same"),
        use_bias=arguments.pop("use_bias", False),
        kernel_quantizer=quantiser or TernaryWeights(scaled=False),
        name=name,
        **arguments,
    )


def chain(*layers: Any) -> Any:
    """A model of layers one after the other on 4 x 6 x 2."""
    x = image = keras.Input((4, 6, 2), name="image")
    for layer in layers:
        x = layer(x)
    return keras.Model(image, x, name="chain")


UNSUPPORTED: dict[str, tuple[Callable[[], list[Any]], str]] = {
    "dense": (lambda: [keras.layers.Dense(2, name="dense")], "^dense: Dense has no integer form; supported: WrapPhi,"),
    "norm": (
        lambda: [conv(), keras.layers.BatchNormalization(name="norm")],
        "^norm: BatchNormalization has no integer form",
    ),
    "plain": (lambda: [keras.layers.Conv2D(2, 3, name="plain")], "^plain: Conv2D has no integer form"),
    "bias": (lambda: [conv(use_bias=True)], "^conv: only 'same' convolutions"),
    "stride": (lambda: [conv(strides=2)], "^conv: only 'same' convolutions"),
    "valid": (lambda: [conv(padding="valid")], "^conv: only 'same' convolutions"),
    "dilation": (lambda: [conv(dilation_rate=2)], "^conv: only 'same' convolutions"),
    "alpha": (lambda: [conv(quantiser=TernaryWeights(scaled=True))], "^conv: its weights are not on a fixed grid"),
    "free": (lambda: [conv(quantiser=FixedPointWeights())], "^conv: its weights are not on a fixed grid"),
    "float scale": (lambda: [conv(), ScaleBiasLayer(True, name="scale")], "^scale: scale and bias are not on a fixed"),
    "coarse bias": (lambda: [conv(), ScaleBiasLayer(False, 2, name="scale")], "^scale: its grid does not refine"),
    "quantiser": (
        lambda: [QActivation("quantized_relu(4)", name="act")],
        "^act: activations need FixedPointActivation",
    ),
    "slope": (lambda: [ChannelPReLU(name="prelu")], "^prelu: its slopes are not quantised"),
    "rounding": (
        lambda: [ChannelPReLU(8, name="prelu"), QActivation(FixedPointActivation(True, 16, 2), name="act")],
        "^act: rounding from 11 fractional bits to fixed<16,14> takes more than 24 bits",
    ),
    "pool": (lambda: [keras.layers.AveragePooling2D(3, name="pool")], "^pool: only 2 x 2 'valid' pooling"),
    "padded pool": (
        lambda: [keras.layers.AveragePooling2D(2, padding="same", name="pool")],
        "^pool: only 2 x 2 'valid' pooling",
    ),
    "wrapped pool": (
        lambda: [WrapPhi(2, name="wrap"), keras.layers.AveragePooling2D(2, name="pool")],
        "^pool: only 2 x 2 'valid' pooling of stride 2 on a map that is not wrapped",
    ),
    "twice": (lambda: [WrapPhi(1, name="one"), WrapPhi(1, name="two")], "^two: wraps a map that is wrapped already"),
    "crop": (lambda: [WrapPhi(2, name="wrap"), CropPhi(1, name="crop")], "^crop: crops 1 columns, but 2 are wrapped"),
    "no crop": (lambda: [WrapPhi(1, name="wrap"), conv()], "^conv: 1 wrapped columns are left at the output"),
    "too little": (
        lambda: [WrapPhi(1, name="wrap"), conv("one"), conv("two"), CropPhi(1, name="crop")],
        "^two: needs 2 wrapped columns a side, 1 are there",
    ),
}


@pytest.mark.parametrize("case", UNSUPPORTED)
def test_unsupported_layer_is_named(case: str) -> None:
    layers, message = UNSUPPORTED[case]
    with pytest.raises(GraphError, match=message):
        lower(chain(*layers()), COUNTS)


def test_rule_of_widths_reaches_the_user() -> None:
    """22-bit counts times 8-bit weights, 18 of them: 34 bits."""
    wide = conv("wide", FixedPointWeights(fraction=7), kernel_initializer="ones")
    with pytest.raises(GraphError, match=r"^wide: worst case 0\.\..* needs 34 bits, 32 signed bits are allowed"):
        lower(chain(wide), FixedPoint(False, 22, 0))


@pytest.mark.parametrize("size", [1, 2, 3, (3, 1), (1, 5)])
@pytest.mark.parametrize("wrapped", [True, False])
def test_kernels_of_other_sizes(size: Any, wrapped: bool) -> None:
    """Even sizes pad one more cell after than before, and need their wrapped columns too."""
    keras.utils.set_random_seed(7)
    layers = [conv("one", size=size), conv("two_scaled", FixedPointWeights(fraction=8), size=size)]
    model = chain(WrapPhi(4, name="wrap"), *layers, CropPhi(4, name="crop")) if wrapped else chain(*layers)
    graph = lower(model, COUNTS)
    counts = np.random.default_rng(8).integers(0, 64, (5, 4, 6, 2))
    found = np.ldexp(np.asarray(model(counts.astype(np.float32) / 8), np.float64), graph["two"].format.fraction)
    assert np.array_equal(found, execute(graph, counts)["two"])
    assert len(np.unique(found)) > 20


def test_a_head_needs_its_suffix() -> None:
    with pytest.raises(GraphError, match=r"^conv: ends in an output, so its name must end in _scaled"):
        lower(chain(conv()), COUNTS)

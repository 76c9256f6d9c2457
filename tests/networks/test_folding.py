"""Folding: batch normalisation and alpha go into scale and bias; here a tolerance is right, it is physics."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jetflow.architecture import architecture
from jetflow.config import ModelConfig
from jetflow.graph import save_graph
from jetflow.graph.lowering import lower
from jetflow.networks import (
    HEADS,
    FoldedFormat,
    Phase,
    build_network,
    fold,
    folded_formats,
    get_acting_weights,
    get_weights,
    set_weights,
    unfit_blocks,
)
from jetflow.networks.backend import keras, tf
from jetflow.networks.quantisers import twn


def names(config: ModelConfig) -> list[str]:
    return [block.name for block in architecture(config).blocks]


def quantised_network(config: ModelConfig, precision: str) -> Any:
    """Random weights and statistics that fit them."""
    keras.utils.set_random_seed(11)
    random = np.random.default_rng(12)
    network = build_network(config, Phase.QUANTISED, precision)
    arrays = get_weights(network)
    for name, array in arrays.items():
        low, high = {"gamma": (0.5, 1.5), "slope": (-0.2, 0.6), "beta": (-0.5, 0.5), "bias": (-0.5, 0.5)}.get(
            name.split("/")[-1], (0, 0)
        )
        if high:
            arrays[name] = random.uniform(low, high, array.shape).astype(np.float32)
    set_weights(network, arrays, "random")
    for layer in network.layers:
        layer.momentum = 0.0
    network(images(config), training=True)
    return network


def images(config: ModelConfig) -> np.ndarray:
    random = np.random.default_rng(13)
    counts = random.integers(0, 1024, (32, *config.input.shape)) * (random.random((32, *config.input.shape)) < 0.3)
    return (counts * config.input.fixed_point().lsb).astype(np.float32)


@pytest.mark.parametrize("precision", ["twn", "int8"])
def test_acting_weights_are_the_same_graph(config: ModelConfig, precision: str, tmp_path: Path) -> None:
    """What `train` ships: kernels on their grid, not the latent ones, and not another bit in the graph."""
    start = fold(config, precision, get_weights(quantised_network(config, precision)))
    for name, arrays in (("latent", lambda model: start), ("acting", get_acting_weights)):
        model = build_network(config, Phase.FOLDED, precision, folded_formats(start))
        set_weights(model, start, "folded")
        set_weights(model, arrays(model), name)
        save_graph(lower(model, config.input.fixed_point()), tmp_path / name)
    for file in ("graph.json", "graph.npz"):
        assert (tmp_path / "latent" / file).read_bytes() == (tmp_path / "acting" / file).read_bytes()
    kernel = get_acting_weights(model)["block2_1_conv/kernel"]
    assert not np.array_equal(kernel, start["block2_1_conv/kernel"])
    if precision == "twn":
        assert set(np.unique(kernel)) == {-1.0, 0.0, 1.0}


@pytest.mark.parametrize("precision", ["twn", "int8"])
def test_folded_network_is_near_the_quantised_one(config: ModelConfig, precision: str) -> None:
    """Outputs differ by the rounding of scales and weights, far less than they vary."""
    quantised = quantised_network(config, precision)
    start = fold(config, precision, get_weights(quantised))
    folded = build_network(config, Phase.FOLDED, precision, folded_formats(start))
    set_weights(folded, start, "folded")
    before, after = (model(images(config), training=False) for model in (quantised, folded))
    for name, a, b in zip(HEADS, before, after, strict=True):
        variation = float(tf.math.reduce_std(a))
        error = float(tf.sqrt(tf.reduce_mean((a - b) ** 2)))
        assert variation > 0.1
        assert error < 0.25 * variation, (name, error, variation)


def test_formats_follow_the_activations(config: ModelConfig) -> None:
    """The bias lies on the grid of the sum after scaling: what the block reads, plus weights, plus scale."""
    start = fold(config, "twn", get_weights(quantised_network(config, "twn")))
    formats = folded_formats(start)
    assert list(formats) == names(config)
    network = config.network
    read = {"block1_1": config.input.fraction, "block1_2": network.activation.fraction}
    read |= {"block2_1": network.pooled.fraction} | dict.fromkeys(HEADS, network.activation.fraction)
    for name, f in formats.items():
        assert (f.scale is None) == (name not in ("block1_2", "block2_1"))
        assert f.bias == read[name] + f.weights + (f.scale or 0)


def test_scale_and_bias_by_hand(config: ModelConfig) -> None:
    """y = gamma * (alpha * t - mean) / sigma + beta."""
    quantised = get_weights(quantised_network(config, "twn"))
    start = fold(config, "twn", quantised)
    norm = {key: quantised[f"block1_2_norm/{key}"] for key in ("gamma", "beta", "moving_mean", "moving_variance")}
    alpha = twn(tf.constant(quantised["block1_2_conv/kernel"]))[1].numpy().ravel()
    sigma = np.sqrt(norm["moving_variance"] + 1e-3)
    assert start["block1_2_norm/scale"] == pytest.approx(alpha * norm["gamma"] / sigma)
    assert start["block1_2_norm/bias"] == pytest.approx(norm["beta"] - norm["gamma"] * norm["moving_mean"] / sigma)
    assert np.array_equal(start["block1_2_conv/kernel"], quantised["block1_2_conv/kernel"])
    kernel = quantised["block1_1_conv/kernel"]
    factor = quantised["block1_1_norm/gamma"] / np.sqrt(quantised["block1_1_norm/moving_variance"] + 1e-3)
    assert start["block1_1_conv/kernel"] == pytest.approx(kernel * factor)


@pytest.mark.parametrize(("factor", "point"), [(1e4, 0), (0.0, 25)])
def test_extreme_scales_get_a_grid(config: ModelConfig, factor: float, point: int) -> None:
    """A scale of 64 and more lies on whole numbers; a dead block is no error."""
    quantised = get_weights(quantised_network(config, "twn"))
    quantised["block1_2_norm/gamma"] = quantised["block1_2_norm/gamma"] * np.float32(factor)
    formats = folded_formats(fold(config, "twn", quantised))
    assert formats["block1_2"].scale == point


def test_blocks_that_do_not_fit_the_config(config: ModelConfig) -> None:
    formats = folded_formats(fold(config, "twn", get_weights(quantised_network(config, "twn"))))
    assert unfit_blocks(config, "twn", formats) == []
    assert unfit_blocks(config, "int8", formats) == ["block1_2", "block2_1"]
    assert unfit_blocks(config, "twn", {**formats, "classes": FoldedFormat(0, 8, 4)}) == ["classes"]
    assert unfit_blocks(config, "twn", {}) == names(config)

"""Whole networks: every kind is exact in integers, and a rotation of the detector rotates what a wrapped one says."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jetflow.config import ModelConfig, load_config
from jetflow.graph import Graph, predict
from jetflow.graph.lowering import lower
from jetflow.networks import HEADS, Phase, build_network, fold, folded_formats, get_weights, set_weights
from jetflow.networks.backend import keras

Recipe = dict[str, Any]
Write = Callable[[Recipe], Path]
FORMATS = {"scaled": {"bits": 11, "fraction": 6}, "activation": {"bits": 8, "fraction": 4}}
NETWORKS: dict[str, Recipe] = {
    "vgg": {"stages": [[3, 4], [5, {"channels": 6, "kernel": 1}]]},
    "mobilenet": {"kind": "mobilenet", "stages": [[3, 4], [5, 6]], "gate": True, "dropout": 0.1},
    "concatenated": {"stages": [[3], [4], [5]], "links": [1, 2], "gate": True},
    "added": {"stages": [[4], [4]], "links": [1], "join": "add", "nonlinearity": "relu", "head_bias": False},
    "padded": {"kind": "mobilenet", "stages": [[3], [5], [6]], "pool_padding": 1, "phi": "zero", "l2_norm": True},
}


def images(config: ModelConfig) -> np.ndarray:
    """Counts, sparse as collisions are."""
    random = np.random.default_rng(3)
    shape = (12, *config.input.shape)
    return np.where(random.random(shape) < 0.2, random.integers(0, 1024, shape), 0)


def folded(config: ModelConfig, precision: str) -> Any:
    """A folded network with random weights, its batch normalisation fitted to the images."""
    keras.utils.set_random_seed(4)
    network = build_network(config, Phase.QUANTISED, precision)
    for layer in network.layers:
        layer.momentum = 0.0
    network(images(config).astype(np.float32) * np.float32(config.input.fixed_point().lsb), training=True)
    start = fold(config, precision, get_weights(network))
    model = build_network(config, Phase.FOLDED, precision, folded_formats(start))
    set_weights(model, start, "folded")
    return model


@pytest.fixture(params=NETWORKS)
def network(request: pytest.FixtureRequest, recipe: Recipe, write_recipe: Write) -> ModelConfig:
    recipe["network"] = {**FORMATS, **NETWORKS[request.param]}
    return load_config(write_recipe(recipe))


@pytest.mark.parametrize("precision", ["twn", "int8"])
def test_keras_equals_the_integer_graph(network: ModelConfig, precision: str) -> None:
    model = folded(network, precision)
    graph = lower(model, network.input.fixed_point())
    counts = images(network)
    found = model(counts.astype(np.float32) * np.float32(network.input.fixed_point().lsb), training=False)
    for (name, expected), head in zip(predict(graph, counts).items(), found, strict=True):
        assert np.array_equal(head.numpy() * 2.0 ** graph[name].format.fraction, expected), name
        assert len(np.unique(expected)) > 5, "the test sees nothing where everything saturates"


@pytest.mark.parametrize("kind", ["vgg", "mobilenet", "concatenated", "added"])
def test_rotated_events_give_rotated_heads(recipe: Recipe, write_recipe: Write, kind: str) -> None:
    """By whole cells of the heads' map, exactly; and not so where phi is padded with zeros."""

    def rotated(phi: str) -> bool:
        recipe["network"] = {**FORMATS, **NETWORKS[kind], "phi": phi}
        config = load_config(write_recipe(recipe))
        graph: Graph = lower(folded(config, "twn"), config.input.fixed_point())
        pitch = 2 ** (len(config.network.stages) - 1)
        before, after = (predict(graph, np.roll(images(config), pitch * shift, axis=2)) for shift in (0, 2))
        return all(np.array_equal(np.roll(before[name], 2, axis=2), after[name]) for name in HEADS)

    assert rotated("circular")
    assert not rotated("zero")


def test_training_has_more_heads_and_the_same_names(recipe: Recipe, write_recipe: Write) -> None:
    recipe["network"] |= {"training_stages": [[6]], "pool_padding": 1, "phi": "zero"}
    config = load_config(write_recipe(recipe))
    whole, purged = build_network(config, training=True), build_network(config)
    assert len(whole.outputs) == 6
    assert len(purged.outputs) == 3
    assert set(get_weights(purged)) < set(get_weights(whole))
    set_weights(purged, get_weights(whole), "whole")
    counts = images(config).astype(np.float32)
    for with_more, alone in zip(whole(counts), purged(counts), strict=False):
        assert np.array_equal(with_more, alone)

"""Whole networks against the papers' released code: its forward pass, derived again in NumPy, with the same weights."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jetflow.architecture import Block, architecture
from jetflow.config import ModelConfig, load_config
from jetflow.networks import Anchors, build_network, get_weights, set_weights
from jetflow.networks.backend import keras

PAPERS = {
    "pool_padding": 1,
    "phi": "zero",
    "head_bias": False,
    "l2_norm": True,
    "norm_epsilon": 1e-5,
    "norm_momentum": 0.9,
}
NETWORKS: dict[str, dict[str, Any]] = {
    "jetssd": {"stages": [[3, 4], [5]], "training_stages": [[6, {"channels": 7, "kernel": 1}]]},
    "pfjetssd": {
        "kind": "mobilenet",
        "stages": [[3], [4, 5]],
        "training_stages": [[6]],
        "gate": True,
        "gate_function": "sigmoid",
        "dropout": 0.1,
    },
}


def convolve(x: np.ndarray, kernel: np.ndarray, depthwise: bool) -> np.ndarray:
    """Stride 1, zeros around; kernel (rows, columns, in, out), or (rows, columns, channels, 1)."""
    reach = kernel.shape[0] // 2
    padded = np.pad(x, ((0, 0), (reach, reach), (reach, reach), (0, 0)))
    rows, columns = x.shape[1:3]
    total = 0.0
    for i in range(kernel.shape[0]):
        for j in range(kernel.shape[1]):
            part = padded[:, i : i + rows, j : j + columns]
            total = total + (part * kernel[i, j, :, 0] if depthwise else part @ kernel[i, j])
    return np.asarray(total)


def block(x: np.ndarray, b: Block, w: dict[str, np.ndarray]) -> np.ndarray:
    """Convolution, batch normalisation with PyTorch's epsilon, PReLU with a slope a channel."""
    x = convolve(x, w[f"{b.name}_conv/{'depthwise_kernel' if b.depthwise else 'kernel'}"], b.depthwise)
    gamma, beta, mean, variance = (
        w[f"{b.name}_norm/{key}"] for key in ("gamma", "beta", "moving_mean", "moving_variance")
    )
    x = (x - mean) / np.sqrt(variance + 1e-5) * gamma + beta
    return np.where(x > 0, x, w[f"{b.name}_prelu/slope"] * x)


def pool(x: np.ndarray) -> np.ndarray:
    """Means of 2 x 2 with a cell of zeros around the map, counted; an odd row or column at the end is left out."""
    x = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))[:, : (x.shape[1] + 2) // 2 * 2, : (x.shape[2] + 2) // 2 * 2]
    return x.reshape(len(x), x.shape[1] // 2, 2, x.shape[2] // 2, 2, -1).mean((2, 4))


def attended(x: np.ndarray, prefix: str, w: dict[str, np.ndarray]) -> np.ndarray:
    """L2 norm over the channels times a weight of each, then the gate: sigmoid of a convolution over channel means."""
    x = x / (np.sqrt((x**2).sum(-1, keepdims=True)) + 1e-10) * w[f"{prefix}l2_norm/scale"]
    if f"{prefix}gate/kernel" not in w:
        return x
    means = np.pad(x.mean((1, 2)), ((0, 0), (1, 1)))
    z = sum(w[f"{prefix}gate/kernel"][k] * means[:, k : k + x.shape[-1]] for k in range(3))
    return x / (1 + np.exp(-z[:, None, None]))


def forward(config: ModelConfig, images: np.ndarray, w: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Offsets, classes and regression of the inference map, then of the one that only training has."""
    x, found = images.astype(np.float64), []
    for i, stage in enumerate(architecture(config, training=True).stages):
        x = pool(x) if i else x
        for b in stage.blocks:
            x = block(x, b, w)
        read = attended(x, stage.prefix, w) if stage.heads else x
        found += [convolve(read, w[f"{head.name}_conv/kernel"], False) for head in stage.heads]
    return found


@pytest.mark.parametrize("name", NETWORKS)
def test_the_forward_pass(recipe: dict[str, Any], write_recipe: Callable[[dict[str, Any]], Path], name: str) -> None:
    """An input of odd and even sizes, all weights random, moving statistics too."""
    recipe["network"] = {**PAPERS, **NETWORKS[name]}
    recipe["input"] = {"rows": 11, "columns": 14}
    config = load_config(write_recipe(recipe))
    random = np.random.default_rng(1)
    model = build_network(config, training=True)
    before = get_weights(model)
    assert all((array == 0.25).all() for key, array in before.items() if key.endswith("/slope"))
    assert all((array == 20).all() for key, array in before.items() if key.endswith("l2_norm/scale"))
    weights = {
        key: random.uniform(0.2, 1.2, array.shape).astype(np.float32)
        if key.endswith(("variance", "gamma", "scale", "slope"))
        else random.normal(0, 0.5, array.shape).astype(np.float32)
        for key, array in before.items()
    }
    weights = {key: before[key] if key.endswith("/step") else array for key, array in weights.items()}
    weights = {key: np.clip(array, -1, 1) if key.endswith("/slope") else array for key, array in weights.items()}
    set_weights(model, weights, "test")
    images = random.normal(size=(3, *config.input.shape)).astype(np.float32)
    expected = forward(config, images, weights)
    assert len(expected) == len(model.outputs) == 6
    for ours, theirs in zip(model(images, training=False), expected, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-3, atol=1e-4)
    norms = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert {layer.momentum for layer in norms} == {0.9}  # PyTorch's momentum of .1


def test_anchors_of_a_padded_map(recipe: dict[str, Any], write_recipe: Callable[[dict[str, Any]], Path]) -> None:
    """After a padded pooling cell i sees the cells 2i - 1 and 2i; the released code puts it at 2i and 2i + 1."""
    recipe["network"] = {**PAPERS, "stages": [[3], [4]]}
    config = load_config(write_recipe(recipe))
    entry = config.input
    begin, step = -entry.rows * entry.cell_eta / 2, entry.cell_eta
    cells = np.arange(entry.rows // 2 + 1)
    assert Anchors.of(config).centres[:, 0, 0] == pytest.approx(begin + 2 * cells * step, abs=1e-6)
    at_edge = config.model_copy(update={"detection": config.detection.model_copy(update={"anchors": "image"})})
    assert Anchors.of(at_edge).centres[:, 0, 0] == pytest.approx(begin + (2 * cells + 1) * step, abs=1e-6)

"""Warm starts: what fits is taken, what does not is named."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jetflow.config import ModelConfig
from jetflow.errors import InputError
from jetflow.networks import build_network, get_weights, write_weights
from jetflow.networks.backend import keras
from jetflow.training.start import Start, read_start, warm_start


def wider(config: ModelConfig) -> ModelConfig:
    """The same network with one channel more in its last stage."""
    return config.model_copy(update={"network": config.network.model_validate({"stages": [[3, 4], [6]]})})


def test_all_of_the_same_network(config: ModelConfig, tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    before = get_weights(build_network(config))
    write_weights(tmp_path / "fpn.npz", before)
    start = read_start(str(tmp_path / "fpn.npz"))
    network = build_network(config)
    assert warm_start(network, start) == f"start from {start.reference}: {len(before)} of {len(before)} arrays fit"
    assert all(np.array_equal(array, before[name]) for name, array in get_weights(network).items())


def test_what_fits_of_another(config: ModelConfig) -> None:
    keras.utils.set_random_seed(1)
    before = get_weights(build_network(config))
    network = build_network(wider(config))
    fresh = get_weights(network)
    said = warm_start(network, Start("other", before, ""))
    assert said.startswith(
        "start from other: 15 of 24 arrays fit; fresh: block2_1_conv, block2_1_norm, block2_1_prelu,"
    )
    after = get_weights(network)
    for name in after:
        expected = before if before[name].shape == after[name].shape else fresh
        assert np.array_equal(after[name], expected[name]), name


def test_nothing_fits(config: ModelConfig) -> None:
    with pytest.raises(InputError, match=r"^other: none of its weights fits the config: choose another --start-from"):
        warm_start(build_network(config), Start("other", {"dense/kernel": np.zeros(3)}, ""))


def test_where_weights_come_from(tiny_run: Path, recipe: Any, write_recipe: Callable[[Any], Path]) -> None:
    """A run or a shipped model by name stands for its full-precision weights."""
    run = read_start(str(tiny_run))
    assert run.digest == read_start(str(tiny_run / "fpn.npz")).digest
    assert run.digest != read_start(str(tiny_run / "twn.npz")).digest
    assert "block1_1_conv/kernel" in read_start("jetssd-tower-small").arrays
    with pytest.raises(InputError, match="has no fpn weights"):
        read_start(str(write_recipe(recipe)))
    with pytest.raises(InputError, match=r"none\.npz: not found"):
        read_start("none.npz")

"""Slimming: which channels fall, that a pruned network computes what the whole one did, and the whole command."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jetflow.architecture import architecture
from jetflow.config import ModelConfig, load_config
from jetflow.errors import InputError
from jetflow.networks import build_network, get_weights, set_weights
from jetflow.networks.backend import keras
from jetflow.training import Slimming, read_start, slim
from jetflow.training.pruning import operation_costs, prune, survivors
from jetflow.training.start import warm_start

Recipe = dict[str, Any]
Write = Callable[[Recipe], Path]


def mobilenet(recipe: Recipe, **network: Any) -> Recipe:
    return {**recipe, "network": {"kind": "mobilenet", "stages": [[4], [6, 8]], "training_stages": [[5]], **network}}


@pytest.mark.parametrize(
    ("gamma", "limit", "kept"),
    [
        ([1.0, -1.1, 0.9, 0.05], 4, [0, 1, 2]),  # mean .7625, std .482: .05 is below .281
        ([1.0, -1.1, 0.9, 0.05], 2, [0, 1]),
        ([1.0, 1.0, 1.0, 1.0], 3, [0, 1, 2]),  # the first of equal ones
        ([0.0, 0.0], 1, [0]),
        ([0.3], 9, [0]),
    ],
)
def test_survivors_by_hand(gamma: list[float], limit: int, kept: list[int]) -> None:
    assert survivors(np.array(gamma), limit).tolist() == kept


def test_limits_are_those_of_the_authors() -> None:
    """Their 512 -> 435 -> 358 -> 281 -> 204 -> 128 up to rounding, and no block grows."""
    plan = Slimming(width=128)
    assert [plan.limit(step, 512) for step in range(6)] == [512, 436, 359, 282, 205, 128]
    assert [plan.limit(step, 32) for step in (1, 5)] == [32, 32]


def test_operations_by_hand(recipe: Recipe, write_recipe: Write) -> None:
    """8 x 12 x 2 -> 4; 4 x 6: depthwise 4 and 4 -> 6, depthwise 6 and 6 -> 8; and what each of them reads.

    The papers' code: channels in x cells x (9 x channels out + 1), or (9 + channels out + 1) of a depthwise pair.
    """
    costs = operation_costs(load_config(write_recipe(mobilenet(recipe, phi="zero"))))
    assert costs == {
        "block1_1_norm": 96 * 2 * (9 * 4 + 1),
        "block2_1_pw_norm": 24 * 4 * (9 + 6 + 1),
        "block2_2_pw_norm": 24 * 6 * (9 + 8 + 1),
    }


@pytest.mark.parametrize("network", [{}, {"l2_norm": True}, {"links": [1]}, {"kind": "vgg", "training_stages": [[5]]}])
def test_pruned_channels_were_silent(recipe: Recipe, write_recipe: Write, network: Recipe) -> None:
    """Channels that are zero after normalisation and PReLU can go: the outputs stay as they were."""
    config = load_config(write_recipe(mobilenet(recipe, phi="zero", **network)))
    keras.utils.set_random_seed(2)
    arrays = get_weights(build_network(config, training=True))
    random = np.random.default_rng(3)
    for name, array in arrays.items():
        if name.endswith(("/gamma", "/beta")) and "_dw_" not in name:
            silent = np.arange(len(array)) < len(array) // 3 if len(array) > 1 else np.zeros(1, bool)
            arrays[name] = np.where(silent, 0.0, random.uniform(1.0, 1.1, array.shape)).astype(np.float32)
    narrow, kept = prune(
        config, arrays, dict.fromkeys((b.name for b in architecture(config, training=True).blocks), 99)
    )
    widths = [[c.channels for c in s] for s in (*narrow.network.stages, *narrow.network.training_stages)]
    assert widths == [[3], [4, 6], [4]]
    images = random.normal(size=(3, *config.input.shape)).astype(np.float32)
    outputs = []
    for one, weights in ((config, arrays), (narrow, kept)):
        model = build_network(one, training=True)
        set_weights(model, weights, "test")
        outputs.append(model(images, training=False))
    for whole, pruned in zip(*outputs, strict=True):
        np.testing.assert_allclose(whole, pruned, rtol=1e-4, atol=1e-5)


def test_added_maps_cannot_be_slimmed(config: ModelConfig) -> None:
    network = config.network.model_validate({"stages": [[4], [4]], "links": [1], "join": "add"})
    with pytest.raises(InputError, match=r"network\.join: found add; slimming needs concatenate"):
        prune(config.model_copy(update={"network": network}), {}, {})


def test_what_cannot_be_slimmed_is_not_trained_first(
    recipe: Recipe, write_recipe: Write, sample: Path, tmp_path: Path
) -> None:
    recipe |= {"input": {}, "network": {"stages": [[4], [4]], "links": [1], "join": "add"}}
    for change, wanted in (({}, r"network\.join: found add"), ({"links": []}, r"at least 300 events")):
        path = write_recipe(
            {**recipe, "network": recipe["network"] | change, "training": recipe["training"] | {"batch": 300}}
        )
        with pytest.raises(InputError, match=wanted):
            slim(path, [sample], 1, tmp_path / "out", Slimming(width=2), lambda name: lambda *_: None, str)
    assert not (tmp_path / "out").exists()


def test_slimming_a_network(tiny_config: Path, sample: Path, tmp_path: Path) -> None:
    """Two steps on real events: narrower each time, the config fits the weights, and a second run is refused."""
    said: list[str] = []

    def run(resume: bool, width: int = 2) -> ModelConfig:
        plan = Slimming(width, steps=2, epochs=1, strength=1e-7)
        return slim(tiny_config, [sample], 1, tmp_path, plan, lambda name: lambda *_: None, said.append, None, resume)

    config = run(resume=False)
    assert config == load_config(tmp_path / "config.yaml")
    assert config.name == "tiny-slim"
    assert all(c.channels <= 2 for stage in config.network.stages for c in stage)
    widths = [load_config(tmp_path / f"step{n}" / "pruned.yaml").network.stages for n in (1, 2)]
    assert [line for line in said if line.startswith("step")] == [
        f"step {n}: channels {first[0].channels} P {second[0].channels}" for n, (first, second) in enumerate(widths, 1)
    ]
    assert "arrays fit" in warm_start(build_network(config), read_start(str(tmp_path / "slimmed.npz")))
    with pytest.raises(InputError, match="holds a slimming: give --resume"):
        run(resume=False)
    assert run(resume=True) == config
    with pytest.raises(InputError, match=r"slimming\.json: was started with another config, width"):
        run(resume=True, width=3)

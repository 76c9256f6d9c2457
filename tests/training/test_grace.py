"""TWN's grace period: what stands still, when it follows, and that a killed run goes on alike."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jetflow.config import ModelConfig, load_config
from jetflow.networks import Phase, build_network, get_weights
from jetflow.networks.backend import keras, tf
from jetflow.networks.quantisers import twn
from jetflow.training.batches import training_events
from jetflow.training.grace import Grace
from jetflow.training.loop import train_phase


@pytest.mark.parametrize("kind", ["vgg", "mobilenet"])
def test_delta_and_alpha_stand_still(config: ModelConfig, kind: str) -> None:
    """Kernels move every epoch; what acts uses the delta and alpha of epoch 0, then of 2."""
    config = config.model_copy(update={"network": config.network.model_copy(update={"kind": kind})})
    model: Any = build_network(config, Phase.QUANTISED, hold=True)
    assert set(get_weights(model)) == set(get_weights(build_network(config, Phase.QUANTISED))), "not weights"
    grace = Grace(model, 2)
    layer = model.get_layer("block1_2_conv" if kind == "vgg" else "block1_2_dw_conv")
    depthwise = kind == "mobilenet"
    variable, quantiser = (
        (layer.depthwise_kernel, layer.depthwise_quantizer_internal)
        if depthwise
        else (layer.kernel, layer.kernel_quantizer_internal)
    )
    assert {f"{layer.name}/delta", f"{layer.name}/alpha"} < set(grace.variables)
    random = np.random.default_rng(1)
    kept = None
    for epoch in range(4):
        variable.assign(random.normal(size=variable.shape))
        grace.begin(epoch)
        if epoch % 2 == 0:
            kept = twn(variable, depthwise)[1].numpy(), 0.7 * np.abs(variable).mean((0, 1) if depthwise else (0, 1, 2))
        assert kept is not None
        alpha, delta = kept[0].ravel(), kept[1].ravel()
        kernel = variable.numpy()
        axis = 2 if depthwise else 3
        shape = [1] * 4
        shape[axis] = -1
        expected = np.sign(kernel) * (abs(kernel) > delta.reshape(shape)) * alpha.reshape(shape)
        np.testing.assert_allclose(quantiser(variable).numpy(), expected, rtol=1e-6)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(quantiser(variable))
    assert (tape.gradient(total, variable).numpy() == 1).all(), "straight through"


def test_killed_in_a_grace_period(tiny_config: Path, sample: Path, tmp_path: Path) -> None:
    """Delta and alpha of epoch 0 still act in epoch 1, in which the phase is stopped; it ends as one that was not."""
    (tmp_path / "grace.yaml").write_text(
        tiny_config.read_text().replace("training:", "training:\n  grace_epochs: 3\n  batch: 64")
    )
    config = load_config(tmp_path / "grace.yaml")
    data, recipe = training_events([sample], config), config.training.phases["quantised"]

    def stop(step: int, steps: int, loss: float) -> None:
        if step == steps - 1:
            raise KeyboardInterrupt

    def train(folder: str, progress: Any) -> None:
        keras.utils.set_random_seed(3)
        model = build_network(config, Phase.QUANTISED, hold=True)
        train_phase(model, data, config, recipe.model_copy(update={"epochs": 2}), 3, tmp_path / folder, progress)

    with pytest.raises(KeyboardInterrupt):
        train("stopped", stop)
    for folder in ("stopped", "whole"):
        train(folder, lambda step, steps, loss: None)
    stopped, whole = ((tmp_path / folder / "checkpoint.npz").read_bytes() for folder in ("stopped", "whole"))
    assert stopped == whole

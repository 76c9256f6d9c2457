"""Training on two devices: every event of a batch once, and the same weights on both."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jetflow.errors import InputError
from jetflow.networks.backend import keras, tf
from jetflow.training.devices import check_batch, choose_strategy, own_folder, use_mixed_precision

TWO_DEVICES = """
import sys
from pathlib import Path
import numpy as np
from jetflow.config import load_config
from jetflow.networks.backend import keras, tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])

from jetflow.networks import build_network, get_weights, write_weights
from jetflow.training.devices import split
from jetflow.training.step import make_optimiser, make_step

shares = split(strategy, (np.arange(4),))
assert [np.asarray(s).tolist() for s in strategy.experimental_local_results(shares[0])] == [[0, 1], [2, 3]]

config = load_config(Path(sys.argv[1]))
data = np.load(sys.argv[2])
with strategy.scope():
    keras.utils.set_random_seed(7)
    model = build_network(config)
    optimiser = make_optimiser(config.training)
    optimiser.build(model.trainable_variables)
    step = make_step(model, optimiser, config.training, {"block1_1_norm": 0.1})
    optimiser.learning_rate.assign(0.01)
    batch = [data[name] for name in ("images", "classes", "offsets", "regression")]
    losses = [float(step(*batch)["total"]) for _ in range(2)]
for variable in model.trainable_variables:
    one, two = (value.numpy() for value in strategy.experimental_local_results(variable))
    assert np.array_equal(one, two), variable.name
write_weights(Path(sys.argv[3]), {**get_weights(model), "losses": np.array(losses)})
"""


def test_two_mirrored_cpus_train_as_one(tiny_config: Path, tmp_path: Path) -> None:
    """Two halves with the same truth: mining and positives are shared out evenly, so the step is that of one device."""
    from jetflow.config import load_config
    from jetflow.networks import build_network, get_weights, read_weights
    from jetflow.training.step import make_optimiser, make_step

    random = np.random.default_rng(1)
    half = random.uniform(0, 4, (2, 68, 72, 2)) * (random.random((2, 68, 72, 2)) < 0.1)
    classes = np.zeros((2, 34 * 36), np.int32)
    classes[:, 100:110] = 1
    arrays = {
        "images": np.concatenate([half, half]).astype(np.float32),
        "classes": np.concatenate([classes, classes]),
        "offsets": np.zeros((4, 34 * 36, 2), np.float32),
        "regression": np.ones((4, 34 * 36), np.float32),
    }
    np.savez(tmp_path / "batch.npz", **arrays)
    done = subprocess.run(
        [sys.executable, "-c", TWO_DEVICES, tiny_config, tmp_path / "batch.npz", tmp_path / "two.npz"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    two = read_weights(tmp_path / "two.npz")
    keras.utils.set_random_seed(7)
    config = load_config(tiny_config)
    model: Any = build_network(config)
    optimiser = make_optimiser(config.training)
    optimiser.build(model.trainable_variables)
    step = make_step(model, optimiser, config.training, {"block1_1_norm": 0.1})
    optimiser.learning_rate.assign(0.01)
    losses = [float(step(*arrays.values())["total"]) for _ in range(2)]
    assert two.pop("losses") == pytest.approx(losses, rel=1e-4)
    for name, array in get_weights(model).items():
        np.testing.assert_allclose(two[name], array, rtol=1e-3, atol=1e-3, err_msg=name)


def test_one_device_needs_no_strategy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TF_CONFIG", raising=False)
    strategy = choose_strategy()
    assert strategy.num_replicas_in_sync == 1
    assert own_folder(strategy, tmp_path / "run") == tmp_path / "run"


def test_workers_write_folders_of_their_own(tmp_path: Path) -> None:
    class Worker:
        def __init__(self, task: int) -> None:
            self.cluster_resolver = type("Resolver", (), {"task_id": task})

    assert [own_folder(Worker(i), tmp_path / "run").name for i in (0, 1)] == ["run", "run-worker1"]


def test_a_batch_that_cannot_be_shared() -> None:
    class Three:
        num_replicas_in_sync = 3

    check_batch(Three(), 33)
    with pytest.raises(InputError, match=r"training\.batch: found 32, not divisible among 3 devices"):
        check_batch(Three(), 32)


def test_half_precision_is_for_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    use_mixed_precision(True)
    assert keras.mixed_precision.global_policy().name == "float32"
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind: ["gpu"])
    try:
        use_mixed_precision(True)
        assert keras.mixed_precision.global_policy().name == "mixed_bfloat16"
    finally:
        use_mixed_precision(False)
    assert keras.mixed_precision.global_policy().name == "float32"


def test_every_layer_computes_in_half_precision(recipe: dict[str, Any], write_recipe: Any) -> None:
    """A step in bfloat16, which a CPU has as well: losses are float32 and finite, and every weight moves."""
    from jetflow.config import load_config
    from jetflow.networks import build_network
    from jetflow.training.step import make_optimiser, make_step

    recipe["network"] = {"kind": "mobilenet", "stages": [[3, 4], [5]], "gate": True, "l2_norm": True, "dropout": 0.1}
    config = load_config(write_recipe(recipe))
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    try:
        model: Any = build_network(config)
        optimiser = make_optimiser(config.training)
        optimiser.build(model.trainable_variables)
        before = [variable.numpy() for variable in model.trainable_variables]
        step = make_step(model, optimiser, config.training, {})
        random = np.random.default_rng(1)
        images = random.uniform(0, 4, (4, 8, 12, 2)).astype(np.float32)
        classes = random.integers(0, 4, (4, 24)).astype(np.int32)
        losses = step(images, classes, np.ones((4, 24, 2), np.float32), np.ones((4, 24), np.float32))
    finally:
        use_mixed_precision(False)
    assert all(loss.dtype == tf.float32 and np.isfinite(float(loss)) for loss in losses.values())
    for variable, old in zip(model.trainable_variables, before, strict=True):
        assert variable.dtype == tf.float32
        assert not np.array_equal(variable.numpy(), old), variable.name

"""One phase of training: Adam, one cycle of the learning rate, a checkpoint an epoch, CSV and TensorBoard logs."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from jetflow.architecture import HEADS
from jetflow.atomic import write_text
from jetflow.config import ModelConfig, PhaseConfig
from jetflow.errors import InputError
from jetflow.networks.anchors import Anchors, training_anchors
from jetflow.networks.backend import keras, tf
from jetflow.networks.weights import get_weights, read_weights, set_weights, write_weights
from jetflow.training.batches import TrainingSet, batches
from jetflow.training.losses import ssd_loss
from jetflow.training.schedule import one_cycle

__all__ = ["Progress", "train_phase"]

Progress = Callable[[int, int, float], None]  # (step, steps, loss)
LOG_FIELDS = ("epoch", "classification", "localisation", "regression", "total")
OPTIMISER = "optimiser/"


@dataclass
class _State:
    """What a checkpoint holds: epochs done, their log, weights and moments."""

    model: Any
    optimiser: Any
    path: Path
    log: list[dict[str, float]]

    def save(self) -> None:
        moments = {f"{OPTIMISER}{i}": v.numpy() for i, v in enumerate(self.optimiser.variables)}
        log = np.array([[row[key] for key in LOG_FIELDS] for row in self.log], np.float64)
        write_weights(self.path, {**get_weights(self.model), **moments, "log": log})
        text = io.StringIO()
        writer = csv.DictWriter(text, LOG_FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.log)
        write_text(self.path.with_name("log.csv"), text.getvalue())

    def restore(self) -> None:
        arrays = read_weights(self.path)
        set_weights(self.model, arrays, self.path)
        moments = [arrays.get(f"{OPTIMISER}{i}") for i in range(len(self.optimiser.variables))]
        for variable, moment in zip(self.optimiser.variables, moments, strict=True):
            if moment is None or moment.shape != tuple(variable.shape) or "log" not in arrays:
                raise InputError(f"{self.path}: is no checkpoint of this network: remove the folder and train again")
            variable.assign(moment)
        self.log = [{**dict(zip(LOG_FIELDS, row, strict=True)), "epoch": int(row[0])} for row in arrays["log"].tolist()]


def train_phase(
    model: Any,
    data: TrainingSet,
    config: ModelConfig,
    phase: PhaseConfig,
    seed: int,
    folder: Path,
    progress: Progress,
) -> None:
    """Train `model` in place for the epochs of `phase`; go on from `folder`/checkpoint.npz if it is there.

    Writes log.csv (losses an epoch) and TensorBoard events to `folder`.
    """
    tf.config.experimental.enable_op_determinism()  # a resumed run ends as one that was not killed; costs nothing here
    maps = training_anchors(config)[: len(model.outputs) // len(HEADS)]
    optimiser = keras.optimizers.Adam(weight_decay=config.training.weight_decay)
    optimiser.exclude_from_weight_decay(var_names=["gamma", "beta", "bias", "scale", "slope"])
    optimiser.build(model.trainable_variables)
    state = _State(model, optimiser, folder / "checkpoint.npz", [])
    if state.path.exists():
        state.restore()
    steps_an_epoch = len(data) // config.training.batch
    if not steps_an_epoch:
        raise InputError(f"training needs at least {config.training.batch} events (training.batch), found {len(data)}")
    steps = phase.epochs * steps_an_epoch
    train_step = _step(model, optimiser, config)
    board = tf.summary.create_file_writer(str(folder / "tensorboard"))
    for epoch in range(len(state.log), phase.epochs):
        sums: dict[str, float] = {}
        for i, batch in enumerate(_prefetched(data, config, maps, seed, epoch)):
            step = epoch * steps_an_epoch + i
            optimiser.learning_rate.assign(one_cycle(step, steps, phase.peak, phase.warm_up))
            losses = train_step(*batch)
            for key, value in losses.items():
                sums[key] = sums.get(key, 0.0) + float(value)
            progress(step + 1, steps, sums["total"] / (i + 1))
        means = {key: value / steps_an_epoch for key, value in sums.items()}
        state.log.append({"epoch": epoch + 1, **means})
        with board.as_default():
            for key, value in means.items():
                tf.summary.scalar(f"loss/{key}", value, step=epoch + 1)
        board.flush()
        state.save()
    board.close()


def _step(model: Any, optimiser: Any, config: ModelConfig) -> Any:
    recipe = config.training
    variables = model.trainable_variables

    @tf.function  # type: ignore[untyped-decorator]
    def step(images: Any, *targets: Any) -> Any:
        with tf.GradientTape() as tape:
            outputs = _by_head(model(images, training=True))
            losses = ssd_loss(outputs, targets, recipe.label_smoothing, recipe.negatives, recipe.regression_weight)
        optimiser.apply_gradients(zip(tape.gradient(losses["total"], variables), variables, strict=True))
        return losses

    return step


def _by_head(outputs: Any) -> Any:
    """Outputs of all maps, (n, rows, columns, channels), as one tensor (n, cells, channels) a head."""
    flat = [tf.reshape(y, (-1, y.shape[1] * y.shape[2], y.shape[3])) for y in outputs]
    heads = len(HEADS)
    return [tf.concat(flat[i::heads], axis=1) for i in range(heads)]


def _prefetched(
    data: TrainingSet, config: ModelConfig, maps: Sequence[Anchors], seed: int, epoch: int
) -> Iterator[Any]:
    def generate() -> Iterator[Any]:
        for images, targets in batches(data, config, maps, seed, epoch):
            yield images, targets.classes, targets.offsets, targets.regression

    shape = (config.training.batch, sum(anchors.rows * anchors.columns for anchors in maps))
    signature = (
        tf.TensorSpec((config.training.batch, *config.input.shape), tf.float32),
        tf.TensorSpec(shape, tf.int32),
        tf.TensorSpec((*shape, 2), tf.float32),
        tf.TensorSpec(shape, tf.float32),
    )
    return iter(tf.data.Dataset.from_generator(generate, output_signature=signature).prefetch(4))

"""One phase of training: epochs of steps at the scheduled learning rate, a checkpoint an epoch, logs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jetflow.architecture import HEADS
from jetflow.config import ModelConfig
from jetflow.events import EventStream
from jetflow.networks.anchors import Anchors, training_anchors
from jetflow.networks.backend import tf
from jetflow.recipe import PhaseConfig
from jetflow.training.batches import batches
from jetflow.training.checkpoint import Checkpoint
from jetflow.training.grace import Grace
from jetflow.training.schedule import learning_rate
from jetflow.training.step import make_optimiser, make_step

__all__ = ["Progress", "train_phase"]

Progress = Callable[[int, int, float], None]  # (step, steps, loss)


def train_phase(
    model: Any,
    data: EventStream,
    config: ModelConfig,
    phase: PhaseConfig,
    seed: int,
    folder: Path,
    progress: Progress,
    penalty: Mapping[str, float] | None = None,
) -> None:
    """Train `model` in place for the epochs of `phase`; go on from `folder`/checkpoint.npz if it is there.

    Writes log.csv (losses an epoch) and TensorBoard events to `folder`. `penalty` is that of make_step.
    """
    tf.config.experimental.enable_op_determinism()  # a resumed run ends as one that was not killed; costs nothing here
    maps = training_anchors(config)[: len(model.outputs) // len(HEADS)]
    optimiser = make_optimiser(config.training)
    optimiser.build(model.trainable_variables)
    grace = Grace(model, config.training.grace_epochs)
    state = Checkpoint(model, optimiser, folder / "checkpoint.npz", grace.variables)
    state.restore()
    steps_an_epoch = len(data) // config.training.batch
    if state.log:
        progress(len(state.log) * steps_an_epoch, phase.epochs * steps_an_epoch, state.log[-1]["total"])
    train_step = make_step(model, optimiser, config.training, penalty or {})
    board = tf.summary.create_file_writer(str(folder / "tensorboard"))
    for epoch in range(len(state.log), phase.epochs):
        grace.begin(epoch)
        sums: dict[str, float] = {}
        for i, batch in enumerate(_prefetched(data, config, maps, seed, epoch)):
            step = epoch * steps_an_epoch + i
            optimiser.learning_rate.assign(learning_rate(phase, step, steps_an_epoch))
            losses = train_step(*batch)
            for key, value in losses.items():
                sums[key] = sums.get(key, 0.0) + float(value)
            progress(step + 1, phase.epochs * steps_an_epoch, sums["total"] / (i + 1))
        means = {key: value / steps_an_epoch for key, value in sums.items()}
        state.log.append({"epoch": epoch + 1, **means})
        with board.as_default():
            for key, value in means.items():
                tf.summary.scalar(f"loss/{key}", value, step=epoch + 1)
        board.flush()
        state.save()
    board.close()


def _prefetched(
    data: EventStream, config: ModelConfig, maps: Sequence[Anchors], seed: int, epoch: int
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

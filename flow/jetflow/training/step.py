"""One step of the optimiser, on one device or on several."""

from collections.abc import Mapping
from typing import Any

from jetflow.architecture import HEADS
from jetflow.config import TrainingConfig
from jetflow.networks.backend import keras, tf
from jetflow.training.devices import split
from jetflow.training.losses import ssd_loss

__all__ = ["make_optimiser", "make_step"]

NOT_DECAYED = ["gamma", "beta", "bias", "scale", "slope"]


def make_optimiser(recipe: TrainingConfig) -> Any:
    """Adam or SGD with momentum; decoupled weight decay of kernels."""
    if recipe.optimiser == "sgd":
        optimiser = keras.optimizers.SGD(momentum=recipe.momentum, weight_decay=recipe.weight_decay)
    else:
        optimiser = keras.optimizers.Adam(weight_decay=recipe.weight_decay)
    optimiser.exclude_from_weight_decay(var_names=NOT_DECAYED)
    return optimiser


def make_step(model: Any, optimiser: Any, recipe: TrainingConfig, penalty: Mapping[str, float]) -> Any:
    """A function (images, classes, offsets, regression) -> losses that trains `model` on one batch.

    `penalty`: by name of a batch normalisation layer, what the sum of its |gamma| costs (slimming). On several replicas
    each takes its share of the batch, with its own mining and number of positives, and gradients are averaged.
    """
    strategy = tf.distribute.get_strategy()
    replicas = strategy.num_replicas_in_sync
    variables = model.trainable_variables

    def replica_step(images: Any, *targets: Any) -> Any:
        with tf.GradientTape() as tape:
            outputs = _by_head(model(images, training=True))
            losses = ssd_loss(outputs, targets, recipe.label_smoothing, recipe.negatives, recipe.regression_weight)
            total = losses["total"] + _penalty(model, penalty)
            share = total / replicas  # apply_gradients adds the replicas' gradients
        optimiser.apply_gradients(zip(tape.gradient(share, variables), variables, strict=True))
        return {**losses, "total": total}

    if replicas == 1:
        return tf.function(replica_step)

    @tf.function  # type: ignore[untyped-decorator]
    def step(*batch: Any) -> Any:
        losses = strategy.run(replica_step, args=batch)
        return {key: strategy.reduce("MEAN", value, axis=None) for key, value in losses.items()}

    return lambda *batch: step(*split(strategy, batch))


def _penalty(model: Any, penalty: Mapping[str, float]) -> Any:
    terms = [cost * tf.reduce_sum(tf.abs(model.get_layer(name).gamma)) for name, cost in penalty.items()]
    return tf.add_n(terms) if terms else 0.0


def _by_head(outputs: Any) -> Any:
    """Outputs of all maps, (n, rows, columns, channels), as one float32 tensor (n, cells, channels) a head."""
    flat = [tf.reshape(tf.cast(y, tf.float32), (-1, y.shape[1] * y.shape[2], y.shape[3])) for y in outputs]
    heads = len(HEADS)
    return [tf.concat(flat[i::heads], axis=1) for i in range(heads)]

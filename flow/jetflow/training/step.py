"""One step of the optimiser, on one device or on several."""

from collections.abc import Mapping
from typing import Any

from jetflow.architecture import HEADS
from jetflow.networks.backend import keras, tf
from jetflow.recipe import TrainingConfig
from jetflow.training.devices import split
from jetflow.training.losses import ssd_loss

__all__ = ["make_optimiser", "make_step"]

NOT_DECAYED = ["gamma", "beta", "bias", "scale", "slope"]


def make_optimiser(recipe: TrainingConfig) -> Any:
    """Adam with decoupled weight decay of kernels, or SGD with momentum; its decay is in make_step's gradients."""
    if recipe.optimiser == "sgd":
        return keras.optimizers.SGD(momentum=recipe.momentum)
    optimiser = keras.optimizers.Adam(weight_decay=recipe.weight_decay)
    optimiser.exclude_from_weight_decay(var_names=NOT_DECAYED)
    return optimiser


def make_step(model: Any, optimiser: Any, recipe: TrainingConfig, penalty: Mapping[str, float]) -> Any:
    """A function (images, classes, offsets, regression) -> losses that trains `model` on one batch.

    `penalty`: by name of a batch normalisation layer, what the sum of its |gamma| costs (slimming). On several replicas
    each takes its share of the batch, with its own mining and number of positives, and gradients are averaged.

    With sgd `weight_decay` times every variable, those of batch normalisation and PReLU too, is added to its gradient:
    PyTorch's SGD, which the papers use. (Its momentum forgets the old learning rate at once, Keras' after ten steps.)
    """
    strategy = tf.distribute.get_strategy()
    replicas = strategy.num_replicas_in_sync
    variables = model.trainable_variables
    decay = recipe.weight_decay / replicas if recipe.optimiser == "sgd" else 0.0

    def replica_step(images: Any, *targets: Any) -> Any:
        with tf.GradientTape() as tape:
            outputs = _by_head(model(images, training=True))
            losses = ssd_loss(outputs, targets, recipe)
            total = losses["total"] + _penalty(model, penalty)
            share = total / replicas  # apply_gradients adds the replicas' gradients
        gradients = tape.gradient(share, variables)
        if decay:
            gradients = [gradient + decay * variable for gradient, variable in zip(gradients, variables, strict=True)]
        optimiser.apply_gradients(zip(gradients, variables, strict=True))
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

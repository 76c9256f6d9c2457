"""The SSD losses: classification with hard negative mining, Huber for position and mass or pT (paper 1, section 2)."""

from typing import Any

from jetflow.networks.backend import tf

__all__ = ["ssd_loss"]


def _huber(error: Any) -> Any:
    size = tf.abs(error)
    return tf.where(size < 1.0, 0.5 * error * error, size - 0.5)


def ssd_loss(
    outputs: tuple[Any, Any, Any],
    targets: tuple[Any, Any, Any],
    smoothing: float,
    negatives: float,
    regression_weight: float,
) -> dict[str, Any]:
    """Losses of a batch, each a sum over positive cells divided by their number.

    `outputs`: offsets (n, cells, 2), class logits (n, cells, 1 + classes), regression (n, cells, 1); `targets`: class
    indices (n, cells), offsets (n, cells, 2), regression (n, cells). Of the background cells only the `negatives` times
    as many as positives with the largest loss, in the whole batch, count; at least one, and of equal ones the first.

    Returns `classification`, `localisation`, `regression` and `total`.
    """
    offsets, logits, regression = outputs
    classes, target_offsets, target_regression = targets
    positive = tf.cast(classes > 0, tf.float32)
    count = tf.maximum(tf.reduce_sum(positive), 1.0)

    depth = logits.shape[-1]
    wanted = tf.one_hot(classes, depth) * (1.0 - smoothing) + smoothing / depth
    entropy = tf.nn.softmax_cross_entropy_with_logits(wanted, logits)
    background = tf.reshape(tf.stop_gradient(entropy) * (1.0 - positive), [-1])
    wanted_negatives = tf.clip_by_value(tf.cast(negatives * count, tf.int32), 1, tf.size(background))
    hardest = tf.math.top_k(background, wanted_negatives, sorted=False).indices
    chosen = tf.scatter_nd(hardest[:, None], tf.ones_like(hardest, tf.float32), tf.shape(background))
    hard = (1.0 - positive) * tf.reshape(chosen, tf.shape(positive))

    classification = tf.reduce_sum(entropy * (positive + hard)) / count
    localisation = tf.reduce_sum(tf.reduce_sum(_huber(offsets - target_offsets), -1) * positive) / count
    regressed = tf.reduce_sum(_huber(regression[..., 0] - target_regression) * positive) / count
    return {
        "classification": classification,
        "localisation": localisation,
        "regression": regressed,
        "total": classification + localisation + regression_weight * regressed,
    }

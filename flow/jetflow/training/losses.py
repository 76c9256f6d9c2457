"""The SSD losses: classification with hard negative mining, Huber for position and mass or pT (paper 1, section 2)."""

from typing import Any

from jetflow.networks.backend import tf
from jetflow.recipe import TrainingConfig

__all__ = ["ssd_loss"]


def _huber(error: Any) -> Any:
    size = tf.abs(error)
    return tf.where(size < 1.0, 0.5 * error * error, size - 0.5)


def ssd_loss(outputs: tuple[Any, Any, Any], targets: tuple[Any, Any, Any], recipe: TrainingConfig) -> dict[str, Any]:
    """Losses of a batch, each a sum over positive cells divided by their number in the batch.

    `outputs`: offsets (n, cells, 2), class logits (n, cells, 1 + classes), regression (n, cells, 1); `targets`: class
    indices (n, cells), offsets (n, cells, 2), regression (n, cells).

    A cell's classification is the cross-entropy with its smoothed class, or the sum over the classes, background
    included, of binary ones (recipe.classification; the papers' released code has `sigmoid`). Of the background cells
    only the hardest count, see `_hardest`. Huber's delta is 1.

    Returns `classification`, `localisation`, `regression` and `total`.
    """
    offsets, logits, regression = outputs
    classes, target_offsets, target_regression = targets
    positive = tf.cast(classes > 0, tf.float32)
    count = tf.maximum(tf.reduce_sum(positive), 1.0)

    depth = logits.shape[-1]
    wanted = tf.one_hot(classes, depth) * (1.0 - recipe.label_smoothing) + recipe.label_smoothing / depth
    if recipe.classification == "sigmoid":
        entropy = tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(wanted, logits), -1)
    else:
        entropy = tf.nn.softmax_cross_entropy_with_logits(wanted, logits)
    counted = positive + _hardest(tf.stop_gradient(logits), positive, recipe)

    classification = tf.reduce_sum(entropy * counted) / count
    localisation = tf.reduce_sum(tf.reduce_sum(_huber(offsets - target_offsets), -1) * positive) / count
    regressed = tf.reduce_sum(_huber(regression[..., 0] - target_regression) * positive) / count
    return {
        "classification": classification,
        "localisation": localisation,
        "regression": regressed,
        "total": classification + localisation + recipe.regression_weight * regressed,
    }


def _hardest(logits: Any, positive: Any, recipe: TrainingConfig) -> Any:
    """1 for the background cells (n, cells) that are least sure to be background, 0 for all others; float32.

    Of all cells of the batch recipe.negatives times as many as positive ones, at least one; or, as in the papers' code,
    of each event so many times its own, and not all of its cells. Of equal ones the first.
    """
    difficulty = (tf.reduce_logsumexp(logits, -1) - logits[..., 0]) * (1.0 - positive)
    positives = tf.reduce_sum(positive, -1, keepdims=True)
    if recipe.mining == "event":
        wanted = tf.minimum(tf.cast(recipe.negatives * positives, tf.int32), difficulty.shape[1] - 1)
    else:
        difficulty = tf.reshape(difficulty, (1, -1))
        count = tf.maximum(tf.reduce_sum(positives), 1.0)
        wanted = tf.maximum(tf.cast(recipe.negatives * count, tf.int32), 1)
    order = tf.math.top_k(difficulty, tf.shape(difficulty)[1]).indices
    chosen = tf.reshape(tf.argsort(order) < wanted, tf.shape(positive))
    return tf.cast(chosen, tf.float32) * (1.0 - positive)

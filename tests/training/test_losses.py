"""The losses of a tiny map, by hand."""

import math

import numpy as np
import pytest

from jetflow.networks.backend import tf
from jetflow.recipe import TrainingConfig
from jetflow.training.losses import ssd_loss


def recipe(**keys: object) -> TrainingConfig:
    """Without smoothing, unless `keys` say so."""
    phases = {name: {"epochs": 1, "peak": 1.0} for name in ("fpn", "quantised", "folded")}
    return TrainingConfig.model_validate({"label_smoothing": 0.0, "phases": phases, **keys})


def losses(
    logits: object, classes: object, smoothing: float = 0.0, negatives: float = 3.0, weight: float = 1.0
) -> dict[str, float]:
    """Of one event on a map of one row; positions and masses are all right."""
    logits, classes = np.array([[logits]], np.float32), np.array([[classes]], np.int32)
    zero = np.zeros((*classes.shape, 1), np.float32)
    offsets = np.zeros((*classes.shape, 2), np.float32)
    chosen = recipe(label_smoothing=smoothing, negatives=negatives, regression_weight=weight)
    found = ssd_loss((offsets, logits, zero), (classes, offsets, zero[..., 0]), chosen)
    return {key: float(value) for key, value in found.items()}


def cost(*logits: float, wanted: int = 0) -> float:
    """Cross-entropy of a cell, from the definition."""
    return -math.log(math.exp(logits[wanted]) / sum(math.exp(value) for value in logits))


def test_the_hardest_background_cells_count() -> None:
    """One positive cell, six of background: the three with the largest loss count."""
    background = [(0.0, 2.0), (5.0, 0.0), (0.0, 1.0), (1.0, 0.0), (0.0, 3.0), (4.0, 0.0)]
    hard = [(0.0, 3.0), (0.0, 2.0), (0.0, 1.0)]
    found = losses([(1.0, 2.0), *background], [1, 0, 0, 0, 0, 0, 0])
    assert found["classification"] == pytest.approx(cost(1.0, 2.0, wanted=1) + sum(cost(*cell) for cell in hard))
    assert found["localisation"] == found["regression"] == 0
    found = losses([(1.0, 2.0), *background], [1, 0, 0, 0, 0, 0, 0], negatives=1.0)
    assert found["classification"] == pytest.approx(cost(1.0, 2.0, wanted=1) + cost(0.0, 3.0))


def test_equal_losses_are_not_all_mined() -> None:
    """Empty towers all cost the same; no more than three a positive cell may count."""
    found = losses([(0.0, 0.0)] * 20, [1] + [0] * 19)
    assert found["classification"] == pytest.approx(4 * math.log(2))


def test_sums_are_over_the_number_of_positives() -> None:
    cells = [(0.0, 1.0), (0.0, 2.0), (0.0, 5.0), (0.0, 4.0)]
    found = losses(cells, [1, 1, 0, 0])
    total = cost(0, 1, wanted=1) + cost(0, 2, wanted=1) + cost(0, 5) + cost(0, 4)
    assert found["classification"] == pytest.approx(total / 2)


def test_positives_are_never_negatives() -> None:
    """Fewer background cells than may count: every one counts once, and no positive twice."""
    found = losses([(0.0, 1.0)] * 3, [1, 1, 0])
    assert found["classification"] == pytest.approx((2 * cost(0, 1, wanted=1) + cost(0, 1)) / 2)


@pytest.mark.parametrize("negatives", [3.0, 0.1])
def test_no_positive_at_all(negatives: float) -> None:
    """A batch of empty events still learns its hardest cells, as if it had one positive."""
    cells = [(0.0, float(i)) for i in range(5)]
    found = losses(cells, [0] * 5, negatives=negatives)
    hardest = cells[-max(1, int(negatives)) :]
    assert found["classification"] == pytest.approx(sum(cost(*cell) for cell in hardest))


def test_label_smoothing() -> None:
    """Two classes and smoothing 0.2: 0.9 of the right one, 0.1 of the other."""
    found = losses([(1.0, 3.0)], [1], smoothing=0.2)
    assert found["classification"] == pytest.approx(0.9 * cost(1, 3, wanted=1) + 0.1 * cost(1, 3))


def test_huber_of_positive_cells_alone() -> None:
    """Quadratic up to 1, linear beyond; the background cell's errors do not matter."""
    classes = np.array([[[2, 0, 1]]], np.int32)
    logits = np.zeros((1, 1, 3, 3), np.float32)
    offsets = np.array([[[[0.5, 3.0], [9.0, 9.0], [0.0, -1.0]]]], np.float32)
    regression = np.array([[[[2.0], [7.0], [0.5]]]], np.float32)
    wanted = (classes, np.zeros_like(offsets), np.array([[[0.0, 0.0, 1.0]]], np.float32))
    found = ssd_loss((offsets, logits, regression), wanted, recipe(regression_weight=2.0))
    assert float(found["localisation"]) == pytest.approx((0.125 + 2.5 + 0.0 + 0.5) / 2)
    assert float(found["regression"]) == pytest.approx((1.5 + 0.125) / 2)
    total = found["classification"] + found["localisation"] + 2 * found["regression"]
    assert float(found["total"]) == pytest.approx(float(total))


def test_gradient_reaches_what_counts_alone() -> None:
    logits = tf.Variable([[[[1.0, 2.0], [0.0, 3.0], [5.0, 0.0]]]])
    classes, zero = np.array([[[1, 0, 0]]], np.int32), np.zeros((1, 1, 3, 1), np.float32)
    offsets = np.zeros((1, 1, 3, 2), np.float32)
    with tf.GradientTape() as tape:
        total = ssd_loss((offsets, logits, zero), (classes, offsets, zero[..., 0]), recipe(negatives=1.0))["total"]
    gradient = tape.gradient(total, logits).numpy()[0, 0]
    assert (gradient[:2] != 0).all()
    assert (gradient[2] == 0).all()


def test_classification_is_scikit_learns_log_loss() -> None:
    """All cells count (ten negatives a positive): the sum of scikit-learn's cross-entropy over the positives."""
    log_loss = pytest.importorskip("sklearn.metrics").log_loss
    random = np.random.default_rng(4)
    logits = random.normal(size=(2, 11, 4)).astype(np.float32)
    classes = random.integers(0, 4, (2, 11)).astype(np.int32)
    zero = np.zeros((2, 11, 1), np.float32)
    offsets = np.zeros((2, 11, 2), np.float32)
    found = ssd_loss((offsets, logits, zero), (classes, offsets, zero[..., 0]), recipe(negatives=10.0))
    odds = np.exp(logits.astype(np.float64))
    expected = log_loss(classes.ravel(), (odds / odds.sum(-1, keepdims=True)).reshape(-1, 4), normalize=False)
    assert float(found["classification"]) == pytest.approx(expected / (classes > 0).sum(), rel=1e-5)

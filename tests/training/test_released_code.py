"""Targets and losses against the papers' released code, its formulas derived again in NumPy loops."""

from dataclasses import dataclass

import numpy as np
import pytest

from jetflow.config import RegressionConfig
from jetflow.networks import Anchors
from jetflow.networks.backend import tf
from jetflow.recipe import TrainingConfig, find_recipe
from jetflow.training.losses import ssd_loss
from jetflow.training.targets import Truth, assign

VARIANCE, SMOOTHING, NEGATIVES = 0.1, 0.1, 3
ANCHORS = Anchors(rows=10, columns=16, eta=(-1.5, 1.5), size=0.8, variance=VARIANCE)


@dataclass(frozen=True)
class Wanted:
    """Of one event: (anchors,), (anchors, 2), (anchors,)."""

    classes: np.ndarray
    offsets: np.ndarray
    regression: np.ndarray


def iou(first: np.ndarray, second: np.ndarray) -> float:
    """Of two boxes (low eta, low phi, high eta, high phi); nothing is periodic."""
    sides = np.maximum(np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2]), 0)
    shared = sides.prod()
    return float(shared / ((first[2:] - first[:2]).prod() + (second[2:] - second[:2]).prod() - shared))


def matched(
    centres: np.ndarray, side: float, truth: np.ndarray, classes: np.ndarray, values: np.ndarray, threshold: float
) -> Wanted:
    """Each anchor takes the truth of highest IoU; below `threshold` it is background.

    Every truth's best anchor is its own, of two the later truth's.
    """
    half = side / 2
    boxes, wanted = (np.concatenate([c - half, c + half], 1) for c in (centres, truth))
    overlaps = np.array([[iou(t, a) for a in boxes] for t in wanted])
    best, owner = overlaps.max(0), overlaps.argmax(0)
    for j, anchor in enumerate(overlaps.argmax(1)):
        best[anchor], owner[anchor] = 2, j
    offsets = (truth[owner] - centres) / (VARIANCE * side)
    return Wanted(np.where(best < threshold, 0, classes[owner]), offsets, values[owner])


def smooth_l1(error: np.ndarray) -> float:
    size = abs(error)
    return float(np.where(size < 1, error**2 / 2, size - 0.5).sum())


def losses(
    offsets: np.ndarray, logits: np.ndarray, regression: np.ndarray, targets: list[Wanted], sigmoid: bool
) -> dict[str, float]:
    """Of a batch (n, cells, 2), (n, cells, k), (n, cells): hard negatives are those of each event by its own count."""
    sums = dict.fromkeys(("classification", "localisation", "regression"), 0.0)
    for event, wanted in enumerate(targets):
        positive = wanted.classes > 0
        sums["localisation"] += smooth_l1(offsets[event, positive] - wanted.offsets[positive])
        sums["regression"] += smooth_l1(regression[event, positive] - wanted.regression[positive])
        z = logits[event].astype(np.float64)
        log_sum = np.log(np.exp(z).sum(1))
        difficulty = np.where(positive, 0.0, log_sum - z[np.arange(len(z)), wanted.classes])
        mined = np.argsort(-difficulty, kind="stable")[: min(NEGATIVES * int(positive.sum()), len(z) - 1)]
        for cell in set(np.flatnonzero(positive).tolist()) | set(mined.tolist()):
            smooth = np.full(z.shape[1], SMOOTHING / z.shape[1])
            smooth[wanted.classes[cell]] += 1 - SMOOTHING
            odds = 1 / (1 + np.exp(-z[cell]))
            binary = (smooth * np.log(odds) + (1 - smooth) * np.log(1 - odds)).sum()
            sums["classification"] -= float(binary if sigmoid else (smooth * (z[cell] - log_sum[cell])).sum())
    positives = sum(int((wanted.classes > 0).sum()) for wanted in targets)
    return {key: value / positives for key, value in sums.items()}


def drawn(random: np.random.Generator, events: int) -> Truth:
    """Two jets an event, an anchor or more apart and away from the seam, where the conventions do not differ."""
    jets = np.stack([random.uniform(-1.4, -0.4, (events, 2)), random.uniform(-2.6, 2.6, (events, 2))])
    jets[0, :, 1] += 1.8
    values = random.uniform(100, 900, (events, 2)).astype(np.float32)
    classes = random.integers(1, 4, (events, 2)).astype(np.int32)
    return Truth(classes, *jets.astype(np.float32), values)


def wanted(truth: Truth, threshold: float) -> list[Wanted]:
    centres = ANCHORS.centres.reshape(-1, 2).astype(np.float64)
    places = np.stack([truth.eta, truth.phi], -1).astype(np.float64)
    values = np.log2(truth.regressed / 256)
    return [
        matched(centres, ANCHORS.size, place, classes, value, threshold)
        for place, classes, value in zip(places, truth.classes, values, strict=True)
    ]


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7])
def test_targets(threshold: float) -> None:
    truth = drawn(np.random.default_rng(1), 12)
    found = assign([ANCHORS], truth, threshold, RegressionConfig(target="pt", scale_gev=256.0))
    for event, expected in enumerate(wanted(truth, threshold)):
        positive = expected.classes > 0
        assert np.array_equal(found.classes[event], expected.classes)
        np.testing.assert_allclose(found.offsets[event, positive], expected.offsets[positive], atol=1e-5)
        np.testing.assert_allclose(found.regression[event, positive], expected.regression[positive], atol=1e-6)


@pytest.mark.parametrize("classification", ["cross-entropy", "sigmoid"])
def test_losses(classification: str) -> None:
    """Some events have few hard negatives, some many: they are mined event by event."""
    random = np.random.default_rng(2)
    targets = wanted(drawn(random, 6), 0.3)
    cells = len(targets[0].classes)
    logits = random.normal(size=(6, cells, 4)).astype(np.float32) * np.linspace(0.5, 4, 6)[:, None, None]
    offsets = random.normal(size=(6, cells, 2)).astype(np.float32) * 2
    regression = random.normal(size=(6, cells)).astype(np.float32) * 2
    recipe = find_recipe("papers").model_copy(update={"classification": classification})
    arrays = [np.stack([getattr(w, key) for w in targets]) for key in ("classes", "offsets", "regression")]
    of_targets = (arrays[0].astype(np.int32), *(array.astype(np.float32) for array in arrays[1:]))
    outputs = tuple(tf.constant(array, tf.float32) for array in (offsets, logits, regression[..., None]))
    found = ssd_loss(outputs, of_targets, recipe)
    expected = losses(offsets, logits, regression, targets, classification == "sigmoid")
    for key, value in expected.items():
        assert float(found[key]) == pytest.approx(value, rel=1e-5), key
    assert float(found["total"]) == pytest.approx(sum(expected.values()), rel=1e-5)
    whole_batch = ssd_loss(outputs, of_targets, recipe.model_copy(update={"mining": "batch"}))
    assert float(whole_batch["classification"]) > expected["classification"], "the batch's hardest cost more"


def test_an_event_without_jets_mines_nothing() -> None:
    logits = np.random.default_rng(3).normal(size=(2, 5, 3)).astype(np.float32)
    classes = np.array([[1, 0, 0, 0, 0], [0] * 5], np.int32)
    zero = np.zeros((2, 5, 2), np.float32)
    recipe = find_recipe("papers")
    found = ssd_loss((zero, logits, zero[..., :1]), (classes, zero, zero[..., 0]), recipe)
    alone = ssd_loss((zero[:1], logits[:1], zero[:1, :, :1]), (classes[:1], zero[:1], zero[:1, :, 0]), recipe)
    assert float(found["classification"]) == pytest.approx(float(alone["classification"]))


def test_the_recipe_of_the_papers() -> None:
    recipe = find_recipe("papers")
    assert isinstance(recipe, TrainingConfig)
    assert (recipe.optimiser, recipe.momentum, recipe.batch, recipe.weight_decay) == ("sgd", 0.9, 25, 5e-4)
    fpn = recipe.phases["fpn"]
    assert (fpn.epochs, fpn.peak, fpn.halve_after) == (100, 1e-3, (20, 30, 50, 60, 70, 80, 90))

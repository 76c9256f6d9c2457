"""Average precision and its bootstrap error, precision at a recall, residuals."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.physics.matching import Matches

__all__ = ["ap_11_point", "area_ap", "bootstrap_weights", "precision_at_recall", "spread"]

Floats = NDArray[np.float64]


def _curve(matches: Matches, weights: NDArray[np.int64] | None) -> tuple[Floats, Floats, Floats]:
    """Recall and precision after each detection, and each detection's share of recall; events count `weights` times."""
    weight = np.ones(len(matches.event)) if weights is None else weights[matches.event].astype(np.float64)
    total = float(matches.truths.sum() if weights is None else (matches.truths * weights).sum())
    gain = matches.true * weight
    if total == 0:
        return np.zeros(len(gain)), np.zeros(len(gain)), np.zeros(len(gain))
    found = np.cumsum(gain)
    precision = found / np.maximum(np.cumsum(weight), 1e-12)
    return found / total, precision, gain / total


def area_ap(matches: Matches, weights: NDArray[np.int64] | None = None) -> float:
    """Area under the precision-recall steps, sum of (R_n - R_(n-1)) P_n, without interpolation."""
    _, precision, gain = _curve(matches, weights)
    return float((precision * gain).sum())


def ap_11_point(matches: Matches, weights: NDArray[np.int64] | None = None) -> float:
    """Mean over recalls 0, .1, .. 1 of the largest precision at that recall or beyond (paper 1, section 6)."""
    recall, precision, _ = _curve(matches, weights)
    return float(np.mean([precision_beyond(recall, precision, r / 10) for r in range(11)]))


def precision_beyond(recall: Floats, precision: Floats, at: float) -> float:
    """Largest precision at a recall of `at` or more; 0 where it is not reached."""
    return float(precision[recall >= at - 1e-12].max(initial=0.0))


def precision_at_recall(matches: Matches, at: float) -> float:
    """Precision where the recall first reaches `at`, as the largest at that recall or beyond."""
    recall, precision, _ = _curve(matches, None)
    return precision_beyond(recall, precision, at)


def bootstrap_weights(events: int, samples: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """How often each event stands in each of `samples` resampled sets; the same seed pairs two networks."""
    random = np.random.default_rng(seed)
    for _ in range(samples):
        yield np.bincount(random.integers(0, events, events), minlength=events)


def spread(values: NDArray[np.floating[Any]]) -> tuple[float, float]:
    """Median, and half the width of the central 68%."""
    if not len(values):
        return float("nan"), float("nan")
    low, middle, high = np.quantile(values, (0.16, 0.5, 0.84))
    return float(middle), float((high - low) / 2)

"""Average precision and its bootstrap error, precision at a recall, residuals."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.physics.matching import Matches

__all__ = ["Curves", "ap_11_point", "area_ap", "bootstrap_weights", "curves", "precision_at_recall", "spread"]

Floats = NDArray[np.float64]
TINY = 1e-12  # below any step of recall: 3 of 10 reach a recall of .3


@dataclass(frozen=True)
class Curves:
    """Precision against recall of several weightings of the same events: (weightings, points) each.

    The points are those after every true detection, best first: no other can raise the precision at its recall.
    """

    recall: Floats
    precision: Floats
    gain: Floats  # what each point adds to the recall
    detected: Floats  # (weightings,) all detections
    labels: Floats  # (weightings,) all labels, found or missed

    def area_ap(self) -> Floats:
        """Area under the steps, sum of (R_n - R_(n-1)) P_n, without interpolation: (weightings,)."""
        area: Floats = (self.precision * self.gain).sum(-1)
        return area

    def ap_with_missed(self) -> Floats:
        """Area AP where missed labels count as found behind all detections, at score 0: (weightings,).

        What the code of paper 2 computes; more than area_ap by the missed share times the share of labels in all that
        is detected or missed.
        """
        found = self.gain.sum(-1)
        last = self.labels / np.maximum(self.detected + (1 - found) * self.labels, 1)
        with_missed: Floats = self.area_ap() + (1 - found) * last
        return with_missed

    def precision_at(self, recall: float) -> Floats:
        """Largest precision at a recall of `recall` or more; 0 where it is not reached: (weightings,).

        The papers' code takes the precision at the nearest recall instead.
        """
        best: Floats = np.where(self.recall >= recall - TINY, self.precision, 0).max(-1, initial=0.0)
        return best

    def ap_11_point(self) -> Floats:
        """Mean over recalls 0, .1, .. 1 of the largest precision at that recall or beyond (paper 1, section 6)."""
        eleven: Floats = np.mean([self.precision_at(r / 10) for r in range(11)], axis=0)
        return eleven


def curves(matches: Matches, weights: NDArray[np.integer[Any]] | None = None) -> Curves:
    """The curves where every event counts as often as `weights` (weightings, events) say, or once."""
    if weights is None:
        weights = np.ones((1, len(matches.truths)), np.int64)
    weight = weights[:, matches.event]
    true = np.flatnonzero(matches.true)
    gain = weight[:, true].astype(np.float64)
    seen = np.cumsum(weight, axis=1, dtype=np.int32)
    labels = (weights @ matches.truths).astype(np.float64)
    total = np.maximum(labels, 1)[:, None]  # without truths nothing is true
    found = np.cumsum(gain, axis=1)
    detected = seen[:, -1].astype(np.float64) if seen.shape[1] else np.zeros(len(weights))
    return Curves(found / total, found / np.maximum(seen[:, true], 1), gain / total, detected, labels)


def area_ap(matches: Matches) -> float:
    """Area under the precision-recall steps, without interpolation."""
    return float(curves(matches).area_ap()[0])


def ap_11_point(matches: Matches) -> float:
    """11-point interpolated AP."""
    return float(curves(matches).ap_11_point()[0])


def precision_at_recall(matches: Matches, at: float) -> float:
    """Precision where the recall first reaches `at`, as the largest at that recall or beyond."""
    return float(curves(matches).precision_at(at)[0])


def bootstrap_weights(events: int, samples: int, seed: int, at_once: int = 10) -> Iterator[NDArray[np.int32]]:
    """How often each event stands in each of `samples` resampled sets, (at_once, events) int32 at a time.

    The same seed pairs two networks.
    """
    random = np.random.default_rng(seed)
    for first in range(0, samples, at_once):
        drawn = (random.integers(0, events, events) for _ in range(first, min(first + at_once, samples)))
        yield np.stack([np.bincount(d, minlength=events) for d in drawn]).astype(np.int32)


def spread(values: NDArray[np.floating[Any]]) -> tuple[float, float]:
    """Median, and half the width of the central 68%."""
    if not len(values):
        return float("nan"), float("nan")
    low, middle, high = np.quantile(values, (0.16, 0.5, 0.84))
    return float(middle), float((high - low) / 2)

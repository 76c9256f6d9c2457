"""The figures of a network on events it was not trained on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from jetflow.config import ModelConfig
from jetflow.physics.detections import Detections
from jetflow.physics.matching import Matches, match
from jetflow.physics.metrics import ap_11_point, area_ap, bootstrap_weights, precision_at_recall, spread

__all__ = ["Evaluation", "evaluate", "paired_difference"]

SAMPLES = 200  # of the bootstrap
SEED = 0


@dataclass(frozen=True)
class Evaluation:
    """Figures of one network; `figures` holds plain numbers under the keys of metrics.json."""

    matches: dict[str, Matches]  # by class
    figures: dict[str, Any]


def evaluate(config: ModelConfig, detections: Detections, labels: Any) -> Evaluation:
    """AP by class (11-point and area) with bootstrap errors over events, P@R, residuals of the true detections.

    `labels` are those of the same events (an event file's). Mass ratio is detected over true.
    """
    distance = config.detection.match_distance
    matches = {name: match(detections, labels, i + 1, distance) for i, name in enumerate(config.classes)}
    events = len(labels.offsets) - 1
    ap = {name: ap_11_point(m) for name, m in matches.items()}
    area = {name: area_ap(m) for name, m in matches.items()}
    resampled = [
        ([ap_11_point(m, w) for m in matches.values()], [area_ap(m, w) for m in matches.values()])
        for w in bootstrap_weights(events, SAMPLES, SEED)
    ]
    ap_samples, area_samples = (np.array([pair[i] for pair in resampled]) for i in (0, 1))
    figures = {
        "mean_ap": float(np.mean(list(ap.values()))),
        "mean_ap_error": float(ap_samples.mean(1).std()),
        "mean_area_ap": float(np.mean(list(area.values()))),
        "mean_area_ap_error": float(area_samples.mean(1).std()),
        "ap": ap,
        "ap_error": dict(zip(ap, ap_samples.std(0).tolist(), strict=True)),
        "area_ap": area,
        "area_ap_error": dict(zip(ap, area_samples.std(0).tolist(), strict=True)),
        "precision_at_recall_30": {name: precision_at_recall(m, 0.3) for name, m in matches.items()},
        "precision_at_recall_50": {name: precision_at_recall(m, 0.5) for name, m in matches.items()},
        "residuals": {name: _residuals(m, detections, labels) for name, m in matches.items()},
        "events": events,
        "match_distance": distance,
    }
    return Evaluation(matches, figures)


def _residuals(m: Matches, detections: Detections, labels: Any) -> dict[str, dict[str, float]]:
    """Median and half central 68% of eta, phi and mass errors of the true detections."""
    d, t = m.detection[m.true], m.truth[m.true]
    d_phi = (detections.phi[d] - labels.phi[t] + np.pi) % (2 * np.pi) - np.pi
    values = {
        "eta": detections.eta[d] - labels.eta[t],
        "phi": d_phi,
        "mass_ratio": detections.mass[d] / np.maximum(labels.mass[t], 1e-3),
    }
    return {key: dict(zip(("median", "half_68"), spread(value), strict=True)) for key, value in values.items()}


def paired_difference(first: Evaluation, second: Evaluation) -> tuple[float, float]:
    """Mean area AP of `first` minus that of `second`, and its error: both resampled with the same events."""

    def mean(evaluation: Evaluation, weights: Any = None) -> float:
        return float(np.mean([area_ap(m, weights) for m in evaluation.matches.values()]))

    events: int = first.figures["events"]
    samples: Sequence[float] = [
        mean(first, weights) - mean(second, weights) for weights in bootstrap_weights(events, SAMPLES, SEED)
    ]
    return mean(first) - mean(second), float(np.std(samples))

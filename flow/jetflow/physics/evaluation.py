"""The figures of a network on events it was not trained on."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.config import ModelConfig
from jetflow.physics.detections import Detections
from jetflow.physics.matching import Matches, match, match_boxes, pool
from jetflow.physics.metrics import ap_11_point, bootstrap_weights, curves, spread

__all__ = ["ALL", "Evaluation", "evaluate", "paired_difference", "residuals"]

SAMPLES = 200  # of the bootstrap
SEED = 0
ALL = "all"  # classes pooled
PAPER1_IOU = 0.5  # of a true detection's box and its label's


@dataclass(frozen=True)
class Evaluation:
    """Figures of one network; `figures` holds plain numbers under the keys of metrics.json."""

    detections: Detections
    matches: dict[str, Matches]  # by class
    figures: dict[str, Any]
    area_samples: NDArray[np.float64]  # (SAMPLES, classes): area AP on the resampled events, the same for all networks


def evaluate(config: ModelConfig, detections: Detections, labels: Any) -> Evaluation:
    """AP by class (11-point and area) with bootstrap errors over events, P@R, residuals of the true detections.

    `labels` are those of the same events (an event file's). The ratio of mass or pT is detected over true.
    `ap_iou_50` is 11-point AP where boxes of the anchor's size must overlap instead of centres be near, as in paper 1;
    `ap_with_missed` is AP as the code of paper 2 computes it, by class and, as its tables and figure 5 have it, of all
    classes pooled.
    """
    distance = config.detection.match_distance
    matches = {name: match(detections, labels, i + 1, distance) for i, name in enumerate(config.classes)}
    events = len(labels.offsets) - 1
    whole = {name: curves(m) for name, m in matches.items()}
    ap = {name: float(c.ap_11_point()[0]) for name, c in whole.items()}
    area = {name: float(c.area_ap()[0]) for name, c in whole.items()}
    anchor = config.detection.anchor
    boxes = {name: match_boxes(detections, labels, i + 1, anchor, PAPER1_IOU) for i, name in enumerate(config.classes)}
    with_missed = {name: float(c.ap_with_missed()[0]) for name, c in whole.items()}
    pooled = curves(pool(list(matches.values()), detections))
    ap_samples, area_samples = _resampled(list(matches.values()), events)
    figures = {
        "mean_ap": float(np.mean(list(ap.values()))),
        "mean_ap_error": float(ap_samples.mean(1).std()),
        "mean_area_ap": float(np.mean(list(area.values()))),
        "mean_area_ap_error": float(area_samples.mean(1).std()),
        "ap": ap,
        "ap_error": dict(zip(ap, ap_samples.std(0).tolist(), strict=True)),
        "area_ap": area,
        "area_ap_error": dict(zip(ap, area_samples.std(0).tolist(), strict=True)),
        "ap_iou_50": {name: ap_11_point(m) for name, m in boxes.items()},
        "ap_with_missed": {**with_missed, ALL: float(pooled.ap_with_missed()[0])},
        "precision_at_recall_30": {name: float(c.precision_at(0.3)[0]) for name, c in whole.items()},
        "precision_at_recall_50": {name: float(c.precision_at(0.5)[0]) for name, c in whole.items()},
        "residuals": {name: _spreads(m, detections, labels, config.regression.target) for name, m in matches.items()},
        "events": events,
        "match_distance": distance,
    }
    return Evaluation(detections, matches, figures, area_samples)


def _resampled(matches: list[Matches], events: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """11-point and area AP on SAMPLES resampled sets of events, (SAMPLES, classes) each."""
    eleven, area = [], []
    for weights in bootstrap_weights(events, SAMPLES, SEED):
        of_classes = [curves(m, weights) for m in matches]
        eleven.append(np.stack([c.ap_11_point() for c in of_classes], -1))
        area.append(np.stack([c.area_ap() for c in of_classes], -1))
    return np.concatenate(eleven), np.concatenate(area)


def residuals(m: Matches, detections: Detections, labels: Any, target: str) -> dict[str, NDArray[np.floating[Any]]]:
    """Errors of the true detections, in the order of `m`: eta, phi, and the ratio of `target` (mass or pt), detected
    over true. In the papers' code they are true minus detected, in phi without a sign, and 1 minus the ratio.
    """
    d, t = m.detection[m.true], m.truth[m.true]
    return {
        "eta": detections.eta[d] - labels.eta[t],
        "phi": (detections.phi[d] - labels.phi[t] + np.pi) % (2 * np.pi) - np.pi,
        f"{target}_ratio": detections.regressed[d] / np.maximum(getattr(labels, target)[t], 1e-3),
    }


def _spreads(m: Matches, detections: Detections, labels: Any, target: str) -> dict[str, dict[str, float]]:
    """Median and half the central 68% of the residuals."""
    values = residuals(m, detections, labels, target)
    return {key: dict(zip(("median", "half_68"), spread(value), strict=True)) for key, value in values.items()}


def paired_difference(first: Evaluation, second: Evaluation) -> tuple[float, float]:
    """Mean area AP of `first` minus that of `second` on the same events, and its error: both resampled alike."""
    samples = first.area_samples.mean(1) - second.area_samples.mean(1)
    return first.figures["mean_area_ap"] - second.figures["mean_area_ap"], float(samples.std())

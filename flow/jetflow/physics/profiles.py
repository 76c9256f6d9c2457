"""Precision at a recall and residuals as functions of eta, phi and pT (paper 2, figures 6 and 7; paper 1, figure 6)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.physics.binning import Axis, place
from jetflow.physics.evaluation import Evaluation, residuals
from jetflow.physics.matching import Matches
from jetflow.physics.metrics import bootstrap_weights, curves, spread

__all__ = ["precision_profile", "profile", "residual_profile"]

SAMPLES = 50  # of the bootstrap in every bin
FEWEST = 10  # true detections in a bin, for a residual
MEDIAN_ERROR = 1.2533  # error of a median over that of a mean: sqrt(pi / 2)


def precision_profile(
    evaluation: Evaluation, class_name: str, labels: Any, axis: Axis, regresses_pt: bool, recall: float = 0.3
) -> dict[str, list[float]]:
    """Precision where `recall` of the labels in each bin are found: `value` and its bootstrap `error` by bin.

    Every bin has a score threshold of its own. NaN where there are no labels.
    """
    whole = evaluation.matches[class_name]
    class_id = list(evaluation.matches).index(class_name) + 1
    events = len(whole.truths)
    event = np.repeat(np.arange(events), np.diff(labels.offsets))
    label_bin = np.where(labels.class_id == class_id, axis.index(getattr(labels, axis.name)), -1)
    bins = axis.index(place(whole, evaluation.detections, labels, axis.name, regresses_pt))
    values, errors = [], []
    for i in range(len(axis.centres)):
        part = _select(whole, bins == i, np.bincount(event[label_bin == i], minlength=events))
        if not part.truths.any():
            values.append(float("nan"))
            errors.append(float("nan"))
            continue
        samples = [curves(part, w).precision_at(recall) for w in bootstrap_weights(events, SAMPLES, i)]
        values.append(float(curves(part).precision_at(recall)[0]))
        errors.append(float(np.concatenate(samples).std()))
    return {"value": values, "error": errors}


def _select(m: Matches, chosen: Any, truths: Any) -> Matches:
    return Matches(m.event[chosen], m.true[chosen], m.truth[chosen], m.detection[chosen], truths)


def residual_profile(
    evaluation: Evaluation, class_name: str, labels: Any, axis: Axis, target: str
) -> dict[str, dict[str, list[float]]]:
    """By residual (eta, phi, ratio of `target`) and bin of the true value: `mean`, `median`, its `error`, `half_68`.

    NaN in bins of fewer than FEWEST true detections.
    """
    m = evaluation.matches[class_name]
    bins = axis.index(getattr(labels, axis.name)[m.truth[m.true]])
    errors = residuals(m, evaluation.detections, labels, target)
    return {name: profile(values, bins, axis) for name, values in errors.items()}


def profile(values: NDArray[np.floating[Any]], bins: NDArray[np.int64], axis: Axis) -> dict[str, list[float]]:
    """`mean`, `median`, its `error` and `half_68` of the values in each bin of `axis`; NaN where they are < FEWEST."""
    found: dict[str, list[float]] = {key: [] for key in ("mean", "median", "error", "half_68")}
    for i in range(len(axis.centres)):
        part = values[bins == i].astype(np.float64)
        part = part if len(part) >= FEWEST else np.full(1, np.nan)
        median, half = spread(part)
        error = MEDIAN_ERROR * half / np.sqrt(len(part))
        for key, value in {"mean": part.mean(), "median": median, "error": error, "half_68": half}.items():
            found[key].append(float(value))
    return found

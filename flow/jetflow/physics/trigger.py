"""What a trigger is judged by: efficiency at a rate on background, and turn-on curves."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.errors import InputError
from jetflow.physics.binning import Axis, share
from jetflow.physics.detections import Detections, select
from jetflow.physics.matching import match

__all__ = [
    "CROSSING_RATE_KHZ",
    "best_scores",
    "efficiency_against_share",
    "passing_events",
    "threshold_at_rate",
    "turn_on",
]

CROSSING_RATE_KHZ = 31_000.0  # of colliding bunches at the LHC: 2,760 of them, 11.245 kHz around the ring
POINTS = 60
Floats = NDArray[np.float64]


def best_scores(detections: Detections, events: int, class_id: int) -> Floats:
    """The highest score of a class in every event, (events,); 0 where nothing of it was found."""
    scores = np.zeros(events)
    own = detections.class_id == class_id
    np.maximum.at(scores, detections.event[own], detections.score[own])
    return scores


def threshold_at_rate(background: Floats, rate_khz: float, crossing_rate_khz: float = CROSSING_RATE_KHZ) -> float:
    """The lowest threshold that lets at most `rate_khz` of crossings like those of `background` pass (score above it).

    Raises InputError where there are too few events to tell: at least one must pass.
    """
    passing = passing_events(len(background), rate_khz, crossing_rate_khz)
    return float(np.sort(background)[::-1][passing])


def passing_events(events: int, rate_khz: float, crossing_rate_khz: float) -> int:
    """How many of `events` minimum-bias events pass at a rate. Raises InputError where that is none or all."""
    passing = int(rate_khz / crossing_rate_khz * events)
    if not passing or passing >= events:
        raise InputError(
            f"rate: found {rate_khz:g} kHz of {crossing_rate_khz:g} kHz on {events} background events; "
            f"{crossing_rate_khz / max(events, 1):.3g} kHz and more can be told: give more events"
        )
    return passing


def efficiency_against_share(signal: Floats, background: Floats) -> dict[str, list[float]]:
    """`efficiency`, the share of signal scores above a threshold, where a `share` of the background is: at up to POINTS
    thresholds, those of background events.
    """
    falling = np.sort(background)[::-1]
    passing = np.searchsorted(-falling, -falling, side="left")  # background events above each of its scores
    chosen = np.unique(np.geomspace(1, max(len(falling), 1), POINTS).astype(int)) - 1
    chosen = chosen[passing[chosen] > 0]
    above = len(signal) - np.searchsorted(np.sort(signal), falling[chosen], side="right")
    return {
        "share": (passing[chosen] / len(background)).tolist(),
        "efficiency": (above / max(len(signal), 1)).tolist(),
    }


def turn_on(
    detections: Detections, labels: Any, class_id: int, threshold: float, distance: float, axis: Axis
) -> dict[str, list[float]]:
    """Share of the labels of a class that a detection of it with a score above `threshold` finds, by bins of `axis`."""
    passing = detections.score > threshold
    found = np.zeros(len(labels.class_id), bool)
    truth = match(select(detections, passing), labels, class_id, distance).truth
    found[truth[truth >= 0]] = True
    own = labels.class_id == class_id
    bins, size = axis.index(getattr(labels, axis.name)), len(axis.centres)

    def count(which: Any) -> Any:
        return np.bincount(bins[which & (bins >= 0)], minlength=size)

    return share(count(own & found), count(own))

"""Which detections are true: same class, near enough, one truth once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.physics.detections import Detections

__all__ = ["Matches", "match", "match_boxes", "pairs", "pool"]

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Matches:
    """The detections of one class over all events, best score first, against the truth of that class."""

    event: Integers
    true: NDArray[np.bool_]
    truth: Integers  # index of the matched label, -1 for a false detection
    detection: Integers  # index into the Detections
    truths: Integers  # (events,) labels of this class in every event


def match(detections: Detections, labels: Any, class_id: int, distance: float) -> Matches:
    """Match the detections of `class_id` to labels (an event file's, flat with offsets) in order of falling score.

    A detection is true where an unused label of its class in its event lies within `distance` in (eta, phi), the
    nearest one first; phi is periodic. The papers' code goes label by label instead, gives each its best detection, and
    measures the distance in shares of the image: .1 of it is .6 in eta and .63 in phi.
    """
    return _match(detections, labels, class_id, lambda d_eta, d_phi: np.hypot(d_eta, d_phi) < distance)


def match_boxes(detections: Detections, labels: Any, class_id: int, size: float, iou: float) -> Matches:
    """As `match`, where a detection is true if its box and the label's, of side `size`, have an IoU above `iou`.

    The rule of paper 1, section 6, where `iou` is .5.
    """
    smallest = 2 * iou / (1 + iou) * size**2  # overlap / (2 size**2 - overlap) > iou, solved for the overlap

    def near(d_eta: Any, d_phi: Any) -> Any:
        return np.maximum(size - abs(d_eta), 0) * np.maximum(size - abs(d_phi), 0) > smallest

    return _match(detections, labels, class_id, near)


def _match(detections: Detections, labels: Any, class_id: int, near: Callable[[Any, Any], Any]) -> Matches:
    """`near`: whether a detection and a label that are so far apart in eta and phi belong to each other."""
    events = len(labels.offsets) - 1
    chosen = np.flatnonzero(detections.class_id == class_id)
    chosen = chosen[np.argsort(-detections.score[chosen], kind="stable")]
    wanted = np.flatnonzero(labels.class_id == class_id)
    label_event = np.repeat(np.arange(events), np.diff(labels.offsets))[wanted]
    event = detections.event[chosen]
    rank, truth = pairs(event, label_event)
    truth = wanted[truth]
    d_eta = labels.eta[truth] - detections.eta[chosen[rank]]
    d_phi = (labels.phi[truth] - detections.phi[chosen[rank]] + np.pi) % (2 * np.pi) - np.pi
    reached = near(d_eta, d_phi)
    rank, truth, apart = rank[reached], truth[reached], np.hypot(d_eta, d_phi)[reached]
    order = np.lexsort((truth, apart, rank, event[rank]))
    found = np.full(len(chosen), -1, np.int64)
    _assign(event, rank[order], truth[order], found)
    return Matches(event, found >= 0, found, chosen, np.bincount(label_event, minlength=events))


def pool(matches: Sequence[Matches], detections: Detections) -> Matches:
    """The detections of several classes as one list, best score first; of equal scores the earlier class."""
    detection = np.concatenate([m.detection for m in matches])
    order = np.argsort(-detections.score[detection], kind="stable")
    event, true, truth = (
        np.concatenate([getattr(m, key) for m in matches])[order] for key in ("event", "true", "truth")
    )
    return Matches(event, true, truth, detection[order], np.sum([m.truths for m in matches], axis=0))


def pairs(event: Integers, label_event: Integers) -> tuple[Integers, Integers]:
    """Every pair of a detection and a label of its event, as their indices; `label_event` rises."""
    first = np.searchsorted(label_event, event)
    counts = np.searchsorted(label_event, event, side="right") - first
    detection = np.repeat(np.arange(len(event)), counts)
    within = np.arange(len(detection)) - np.repeat(np.cumsum(counts) - counts, counts)
    return detection, first[detection] + within


def _assign(event: Integers, rank: Integers, truth: Integers, found: Integers) -> None:
    """Give labels to detections, in place: in every event the best detection takes its nearest label, then the next.

    Pairs are sorted by event, rank and distance. All events take a step at once, so there are as many steps as an event
    has labels.
    """
    while len(rank):
        first = np.flatnonzero(np.diff(event[rank], prepend=-1))
        found[rank[first]] = truth[first]
        taken = truth[first].repeat(np.diff(first, append=len(rank)))
        served = rank[first].repeat(np.diff(first, append=len(rank)))
        left = (truth != taken) & (rank != served)
        rank, truth = rank[left], truth[left]

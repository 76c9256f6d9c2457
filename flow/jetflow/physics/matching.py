"""Which detections are true: same class, near enough, one truth once."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.physics.detections import Detections

__all__ = ["Matches", "match"]


@dataclass(frozen=True)
class Matches:
    """The detections of one class over all events, best score first, against the truth of that class."""

    event: NDArray[np.int64]
    true: NDArray[np.bool_]
    truth: NDArray[np.int64]  # index of the matched label, -1 for a false detection
    detection: NDArray[np.int64]  # index into the Detections
    truths: NDArray[np.int64]  # (events,) labels of this class in every event


def match(detections: Detections, labels: Any, class_id: int, distance: float) -> Matches:
    """Match the detections of `class_id` to labels (an event file's, flat with offsets) in order of falling score.

    A detection is true where an unused label of its class in its event lies within `distance` in (eta, phi), the
    nearest one first; phi is periodic.
    """
    counts = np.diff(labels.offsets)
    first = labels.offsets[0]
    wanted = labels.class_id == class_id
    label_event = np.repeat(np.arange(len(counts)), counts)
    chosen = np.flatnonzero(detections.class_id == class_id)
    chosen = chosen[np.argsort(-detections.score[chosen], kind="stable")]
    used = np.zeros(len(wanted), bool)
    truth = np.full(len(chosen), -1, np.int64)
    for i, d in enumerate(chosen):
        event = detections.event[d]
        here = np.arange(labels.offsets[event] - first, labels.offsets[event + 1] - first)
        here = here[wanted[here] & ~used[here]]
        if not len(here):
            continue
        d_eta = labels.eta[here] - detections.eta[d]
        d_phi = (labels.phi[here] - detections.phi[d] + np.pi) % (2 * np.pi) - np.pi
        apart = np.hypot(d_eta, d_phi)
        if apart.min() < distance:
            truth[i] = here[apart.argmin()]
            used[truth[i]] = True
    truths = np.bincount(label_event[wanted], minlength=len(counts))
    return Matches(detections.event[chosen], truth >= 0, truth, chosen, truths)

"""Training targets: which cell is responsible for which jet (paper 1, section 2; facts of the papers' code)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.networks.anchors import Anchors

__all__ = ["Targets", "Truth", "assign"]

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Truth:
    """The jets of a batch, padded to the same number an event; class 0 marks padding."""

    classes: NDArray[np.int32]  # (events, jets)
    eta: Floats  # (events, jets)
    phi: Floats
    mass: Floats  # GeV

    @classmethod
    def pad(cls, labels: Any) -> "Truth":
        """From the flat arrays and offsets of an event file's labels."""
        counts = np.diff(labels.offsets)
        event = np.repeat(np.arange(len(counts)), counts)
        slot = np.arange(counts.sum()) - np.repeat(labels.offsets[:-1] - labels.offsets[0], counts)
        shape = (len(counts), max(1, int(counts.max(initial=0))))

        def dense(values: Any, dtype: Any) -> Any:
            out = np.zeros(shape, dtype)
            out[event, slot] = values
            return out

        return cls(
            dense(labels.class_id, np.int32),
            dense(labels.eta, np.float32),
            dense(labels.phi, np.float32),
            dense(labels.mass, np.float32),
        )

    def take(self, events: NDArray[np.int64]) -> "Truth":
        """The truth of some events, in that order."""
        return Truth(self.classes[events], self.eta[events], self.phi[events], self.mass[events])


@dataclass(frozen=True)
class Targets:
    """What every cell should say, (events, rows, columns[, 2])."""

    classes: NDArray[np.int32]  # 0 background
    offsets: Floats  # eta, phi in units of variance * anchor size
    mass: Floats  # in units of the regression's scale


def assign(anchors: Anchors, truth: Truth, match_iou: float, mass_scale: float) -> Targets:
    """Cells whose anchor has IoU >= `match_iou` with a jet's box, and every jet's best cell, are positive.

    Boxes have the anchors' size; phi is periodic. A cell that is best for a jet takes it, any other the jet of highest
    IoU; a cell that is best for several jets takes the one of highest IoU.
    """
    centres = anchors.centres[None, :, :, None]  # (1, rows, columns, 1, 2)
    d_eta = truth.eta[:, None, None] - centres[..., 0]  # (events, rows, columns, jets)
    d_phi = (truth.phi[:, None, None] - centres[..., 1] + np.pi) % (2 * np.pi) - np.pi
    overlap = np.maximum(anchors.size - abs(d_eta), 0) * np.maximum(anchors.size - abs(d_phi), 0)
    iou = overlap / (2 * anchors.size**2 - overlap)
    iou = np.where((truth.classes > 0)[:, None, None], iou, -1.0)

    events, rows, columns, jets = iou.shape
    best_cell = iou.reshape(events, rows * columns, jets).argmax(1)  # (events, jets)
    best_jet = iou.argmax(-1)
    positive = np.take_along_axis(iou, best_jet[..., None], -1)[..., 0] >= match_iou
    event, jet = np.nonzero(truth.classes > 0)
    cell = best_cell[event, jet]
    rising = np.argsort(iou.reshape(events, -1, jets)[event, cell, jet], kind="stable")  # the last one written stays
    event, jet, cell = event[rising], jet[rising], cell[rising]
    positive.reshape(events, -1)[event, cell] = True
    best_jet.reshape(events, -1)[event, cell] = jet

    def of_best(values: Any) -> Any:
        return np.take_along_axis(values, best_jet[..., None], -1)[..., 0]

    at_cells = np.broadcast_to(truth.classes[:, None, None], iou.shape)
    mass = np.broadcast_to(truth.mass[:, None, None], iou.shape)
    unit = anchors.size * anchors.variance
    return Targets(
        np.where(positive, of_best(at_cells), 0).astype(np.int32),
        np.stack([of_best(d_eta), of_best(d_phi)], -1).astype(np.float32) / np.float32(unit),
        (of_best(mass) / mass_scale).astype(np.float32),
    )

"""Training targets: which cell is responsible for which jet (paper 1, section 2; facts of the papers' code)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.config import RegressionConfig
from jetflow.networks.anchors import Anchors
from jetflow.networks.regression import encode_regression

__all__ = ["Targets", "Truth", "assign"]

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Truth:
    """The jets of a batch, padded to the same number an event; class 0 marks padding."""

    classes: NDArray[np.int32]  # (events, jets)
    eta: Floats  # (events, jets)
    phi: Floats
    regressed: Floats  # mass or pT, GeV

    @classmethod
    def pad(cls, labels: Any, target: str = "mass") -> "Truth":
        """From the flat arrays and offsets of an event file's labels; `target`, mass or pt, is what is regressed."""
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
            dense(getattr(labels, target), np.float32),
        )


@dataclass(frozen=True)
class Targets:
    """What every cell should say, (events, cells[, 2]): the cells of all maps, row by row, one map after the other."""

    classes: NDArray[np.int32]  # 0 background
    offsets: Floats  # eta, phi in units of variance * anchor size
    regression: Floats  # as the head gives it, see encode_regression


def assign(maps: Sequence[Anchors], truth: Truth, match_iou: float, regression: RegressionConfig) -> Targets:
    """Cells whose anchor has IoU >= `match_iou` with a jet's box, and every jet's best cell, are positive.

    Boxes have the anchors' size, the same on all maps; phi is periodic. A cell that is best for a jet takes it, any
    other the jet of highest IoU; a cell that is best for several jets takes the one of highest IoU. In the papers' code
    it takes the last of them, boxes end at the seam in phi, and are 46 crystals a side (0.81 in eta, 0.80 in phi).
    """
    size, variance = maps[0].size, maps[0].variance
    centres = np.concatenate([anchors.centres.reshape(-1, 2) for anchors in maps])[None, :, None]  # (1, cells, 1, 2)
    d_eta = truth.eta[:, None] - centres[..., 0]  # (events, cells, jets)
    d_phi = (truth.phi[:, None] - centres[..., 1] + np.pi) % (2 * np.pi) - np.pi
    overlap = np.maximum(size - abs(d_eta), 0) * np.maximum(size - abs(d_phi), 0)
    iou = np.where((truth.classes > 0)[:, None], overlap / (2 * size**2 - overlap), -1.0)

    best_cell = iou.argmax(1)  # (events, jets)
    best_jet = iou.argmax(-1)  # (events, cells)
    positive = np.take_along_axis(iou, best_jet[..., None], -1)[..., 0] >= match_iou
    event, jet = np.nonzero(truth.classes > 0)
    cell = best_cell[event, jet]
    rising = np.argsort(iou[event, cell, jet], kind="stable")  # the last one written stays
    event, jet, cell = event[rising], jet[rising], cell[rising]
    positive[event, cell] = True
    best_jet[event, cell] = jet

    def of_best(values: Any) -> Any:
        return np.take_along_axis(np.broadcast_to(values, iou.shape), best_jet[..., None], -1)[..., 0]

    unit = np.float32(size * variance)
    return Targets(
        np.where(positive, of_best(truth.classes[:, None]), 0).astype(np.int32),
        np.stack([of_best(d_eta), of_best(d_phi)], -1).astype(np.float32) / unit,
        encode_regression(regression, of_best(truth.regressed[:, None])),
    )

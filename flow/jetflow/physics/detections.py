"""From the heads' values to jets: softmax scores, decoded positions, non-maximum suppression (paper 1, section 2)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jetflow.config import ModelConfig
from jetflow.networks.anchors import Anchors

__all__ = ["Detections", "detect"]

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Detections:
    """Detected jets of many events, flat; sorted by event, class and falling score."""

    event: NDArray[np.int64]
    class_id: NDArray[np.int8]  # 1 .. classes
    score: Floats  # softmax probability
    eta: Floats
    phi: Floats  # in [-pi, pi)
    mass: Floats  # GeV

    def __len__(self) -> int:
        return len(self.event)


def detect(config: ModelConfig, offsets: Floats, logits: Floats, regression: Floats) -> Detections:
    """Jets from the heads' real values, (events, rows, columns, 2 | 1 + classes | 1).

    Score is the softmax probability; cells above `score_threshold` pass NMS per class at `nms_iou` (boxes of the
    anchor's size, phi periodic); the best `top` an event are kept.
    """
    d, anchors = config.detection, Anchors.of(config)
    events, cells_an_event = len(logits), anchors.rows * anchors.columns
    position = anchors.decode(offsets).reshape(events, cells_an_event, 2)
    mass = (regression * d.mass_scale_gev).reshape(events, cells_an_event)
    shifted = np.exp(logits - logits.max(-1, keepdims=True))
    score = (shifted / shifted.sum(-1, keepdims=True)).reshape(events, cells_an_event, logits.shape[-1])
    rows: list[tuple[NDArray[np.int64], int, int]] = []
    for event in range(events):
        found = []
        for class_id in range(1, score.shape[2]):
            cells = np.flatnonzero(score[event, :, class_id] > d.score_threshold)
            order = cells[np.argsort(-score[event, cells, class_id], kind="stable")]
            found.append((_suppress(position[event], order, anchors.size, d.nms_iou), class_id))
        rows += [(cells, event, class_id) for cells, class_id in _best(found, score[event], d.top)]
    cell = np.concatenate([cells for cells, _, _ in rows]) if rows else np.zeros(0, np.int64)
    counts = [len(cells) for cells, _, _ in rows]
    in_event = np.repeat(np.array([event for _, event, _ in rows], np.int64), counts)
    of_class = np.repeat(np.array([class_id for _, _, class_id in rows], np.int8), counts)
    at = position[in_event, cell]
    return Detections(in_event, of_class, score[in_event, cell, of_class], at[:, 0], at[:, 1], mass[in_event, cell])


def _suppress(position: Floats, order: NDArray[np.int64], size: float, limit: float) -> NDArray[np.int64]:
    """Greedy NMS of equal square boxes: cells of `order` (best first) that overlap no better one by IoU > limit."""
    kept = []
    while len(order):
        best, order = order[0], order[1:]
        kept.append(best)
        d_eta = abs(position[order, 0] - position[best, 0])
        d_phi = abs((position[order, 1] - position[best, 1] + np.pi) % (2 * np.pi) - np.pi)
        overlap = np.maximum(size - d_eta, 0) * np.maximum(size - d_phi, 0)
        order = order[overlap / (2 * size**2 - overlap) <= limit]
    return np.array(kept, np.int64)


def _best(found: list[tuple[NDArray[np.int64], int]], score: Floats, top: int) -> list[tuple[NDArray[np.int64], int]]:
    """The `top` best of an event over all classes."""
    if sum(len(cells) for cells, _ in found) <= top:
        return found
    everything = np.concatenate([score[cells, class_id] for cells, class_id in found])
    kept = np.zeros(len(everything), bool)
    kept[np.argsort(-everything, kind="stable")[:top]] = True
    parts = np.split(kept, np.cumsum([len(cells) for cells, _ in found])[:-1])
    return [(cells[part], class_id) for (cells, class_id), part in zip(found, parts, strict=True)]

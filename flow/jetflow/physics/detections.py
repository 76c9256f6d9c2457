"""From the heads' values to jets: softmax scores, decoded positions, non-maximum suppression (paper 1, section 2)."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.config import ModelConfig
from jetflow.networks.anchors import Anchors
from jetflow.networks.regression import decode_regression
from jetflow.physics.suppression import best_of_each, suppress

__all__ = ["Detections", "detect", "join", "select"]

CHUNK = 256  # events at a time: their candidates stay in the cache
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Detections:
    """Detected jets of many events, flat; sorted by event, class and falling score."""

    event: NDArray[np.int64]
    class_id: NDArray[np.int8]  # 1 .. classes
    score: Floats  # softmax probability
    eta: Floats
    phi: Floats  # in [-pi, pi)
    regressed: Floats  # GeV; mass or pT, as the config's regression says

    def __len__(self) -> int:
        return len(self.event)


def detect(config: ModelConfig, offsets: Floats, logits: Floats, regression: Floats) -> Detections:
    """Jets from the heads' real values, (events, rows, columns, 2 | 1 + classes | 1).

    Score is the softmax probability; cells above `score_threshold` pass NMS per class at `nms_iou` (boxes of the
    anchor's size, phi periodic); the best `top` an event are kept. The papers' code keeps the best `top` cells of each
    class before NMS, whose boxes end at the seam in phi.
    """
    heads = (offsets, logits, regression)
    starts = range(0, max(len(logits), 1), CHUNK)
    return join((CHUNK, _detect(config, *(head[start : start + CHUNK] for head in heads))) for start in starts)


def join(parts: Iterable[tuple[int, Detections]]) -> Detections:
    """One Detections of several blocks of (events, detections), events numbered through."""
    moved, start = [], 0
    for events, part in parts:
        moved.append(replace(part, event=part.event + start))
        start += events
    return Detections(*(np.concatenate([getattr(part, f.name) for part in moved]) for f in fields(Detections)))


def select(detections: Detections, chosen: NDArray[Any]) -> Detections:
    """Some of the detections, by mask or index."""
    return Detections(*(getattr(detections, f.name)[chosen] for f in fields(Detections)))


def _detect(config: ModelConfig, offsets: Floats, logits: Floats, regression: Floats) -> Detections:
    d, anchors = config.detection, Anchors.of(config)
    events, cells = len(logits), anchors.rows * anchors.columns
    position = anchors.decode(offsets).reshape(events, cells, 2)
    regressed = decode_regression(config.regression, regression).reshape(events, cells)
    shifted = np.exp(logits - logits.max(-1, keepdims=True))
    softmax = (shifted / shifted.sum(-1, keepdims=True)).reshape(events, cells, logits.shape[-1])
    by_class = np.moveaxis(softmax[..., 1:], 2, 1)  # (events, classes, cells)
    order = np.argsort(-by_class, axis=-1, kind="stable")
    score = np.take_along_axis(by_class, order, -1)
    event, kind, rank = np.nonzero(score > d.score_threshold)
    cell, score = order[event, kind, rank], score[event, kind, rank]
    eta, phi = position[event, cell, 0], position[event, cell, 1]
    left = np.flatnonzero(suppress(event * by_class.shape[1] + kind, eta, phi, anchors.size, d.nms_iou))
    left = left[best_of_each(event[left], score[left], d.top)]
    event, kind, cell = event[left], kind[left], cell[left]
    return Detections(event, (kind + 1).astype(np.int8), score[left], eta[left], phi[left], regressed[event, cell])

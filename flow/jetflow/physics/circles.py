"""Jets from the cells in predicted circles, cells in several circles shared (ATLAS study, "A quick word on timing")."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.physics.detections import Detections, select
from jetflow.physics.suppression import suppress

__all__ = ["CircleJets", "circle_jets", "merge_classes"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CircleJets:
    """Kinematics of one jet a detection: sums over massless cells. GeV and radians; a jet of no energy is all 0."""

    et: Floats  # sum of the cells' ET
    pt: Floats
    eta: Floats
    phi: Floats
    mass: Floats


def merge_classes(detections: Detections, threshold: float, size: float, limit: float) -> Detections:
    """The detections above `threshold` as jets of one class: of boxes that overlap by IoU > `limit` the best."""
    above = np.flatnonzero(detections.score > threshold)
    above = above[np.lexsort((-detections.score[above], detections.event[above]))]
    d = detections
    kept = above[suppress(d.event[above], d.eta[above], d.phi[above], size, limit)]
    return replace(select(d, kept), class_id=np.ones(len(kept), np.int8))


def circle_jets(et: NDArray[np.floating[Any]], eta_max: float, detections: Detections, radius: float) -> CircleJets:
    """The jet of every detection: the cells whose centres lie within `radius` of it in (eta, phi).

    `et`: (events, rows, columns) GeV, rows from -`eta_max` to `eta_max`, columns from -pi to pi. A cell in n circles of
    its event gives 1/n of its energy to each.
    """
    _, rows, columns = et.shape
    step_eta, step_phi = 2 * eta_max / rows, 2 * np.pi / columns
    reach = int(np.ceil(radius / step_eta)), int(np.ceil(radius / step_phi))
    around = np.arange(-reach[0], reach[0] + 1), np.arange(-reach[1], reach[1] + 1)
    eta, phi = detections.eta.astype(np.float64), detections.phi.astype(np.float64)
    row = np.floor((eta + eta_max) / step_eta).astype(np.int64)[:, None, None] + around[0][:, None]
    column = np.floor((phi + np.pi) / step_phi).astype(np.int64)[:, None, None] + around[1]
    d_eta = (row + 0.5) * step_eta - eta_max - eta[:, None, None]
    d_phi = (column + 0.5) * step_phi - np.pi - phi[:, None, None]
    inside = (np.hypot(d_eta, d_phi) < radius) & (row >= 0) & (row < rows)
    jet, i, j = np.nonzero(inside)
    row, column = row[jet, i, 0], column[jet, 0, j] % columns
    event = detections.event[jet]
    cell = (event * rows + row) * columns + column
    circles = np.bincount(cell, minlength=et.size)[cell]
    energy = et[event, row, column] / circles
    cell_eta = (row + 0.5) * step_eta - eta_max
    cell_phi = (column + 0.5) * step_phi - np.pi

    def total(values: Floats) -> Floats:
        sums: Floats = np.asarray(np.bincount(jet, values, len(detections)), np.float64)
        return sums

    px, py = total(energy * np.cos(cell_phi)), total(energy * np.sin(cell_phi))
    pz, e = total(energy * np.sinh(cell_eta)), total(energy * np.cosh(cell_eta))
    pt = np.hypot(px, py)
    mass = np.sqrt(np.maximum(e**2 - pt**2 - pz**2, 0))
    return CircleJets(total(energy), pt, np.arcsinh(pz / np.maximum(pt, 1e-9)), np.arctan2(py, px), mass)

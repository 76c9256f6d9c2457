"""Cells seen from the labels of their event."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jetflow.events.block import Table
from jetflow.events.grid import Grid
from jetflow.events.labels import Labels
from jetflow.events.particles import ranges

__all__ = ["Seen", "around", "owner"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Seen:
    """Pairs of a label and a cell of its event: index of the label, and the cell's eta and phi minus the label's.

    label int64; d_eta, d_phi (-pi to pi, phi is periodic), et [GeV] float64; (pairs,).
    """

    label: NDArray[np.int64]
    d_eta: Floats
    d_phi: Floats
    et: Floats

    def sums(self, labels: int, radius: float) -> Floats:
        """ET [GeV] within `radius` of each of `labels` labels."""
        inside = np.hypot(self.d_eta, self.d_phi) < radius
        return np.bincount(self.label[inside], self.et[inside], labels).astype(np.float64)


def owner(offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """The event of every row of a table."""
    return np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))


def around(labels: Labels, cells: Table, grid: Grid) -> Seen:
    """Every cell of the event of every label, at the cell's centre; both are of the same events."""
    event = owner(labels.offsets)
    counts = np.diff(cells.offsets)[event]
    row = ranges(cells.offsets[:-1][event], counts)
    label = np.repeat(np.arange(len(event)), counts)
    phi = (cells.columns["phi"][row] + 0.5) * (2 * np.pi / grid.phi_cells) - np.pi
    d_phi = (phi - labels.phi[label] + np.pi) % (2 * np.pi) - np.pi
    d_eta = grid.eta_centre(cells.columns["eta"][row]) - labels.eta[label]
    return Seen(label, d_eta, d_phi, cells.columns["et"][row].astype(np.float64))

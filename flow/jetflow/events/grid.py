"""The calorimeter grid: fine cells ("crystals") in eta and phi, and trigger towers that are exact sums of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Grid"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Grid:
    """Rows are eta, symmetric about 0; columns are phi from -pi, phi fastest.

    `eta_cells` x `phi_cells` crystals of `eta_step` x 2 pi / `phi_cells`; `tower` crystals a side make a tower.
    The CMS default is 340 x 360 crystals of 0.0174 x 1 degree (eta = -2.958 + 0.0174 i) and 68 x 72 towers.
    """

    eta_cells: int = 340
    phi_cells: int = 360
    eta_step: float = 0.0174
    tower: int = 5

    @property
    def cells(self) -> int:
        """Crystals in one image of one calorimeter."""
        return self.eta_cells * self.phi_cells

    @property
    def eta_max(self) -> float:
        """The edge of the image in |eta|."""
        return self.eta_step * self.eta_cells / 2

    @property
    def crystal_shape(self) -> tuple[int, int]:
        """(eta, phi) cells of the crystal image."""
        return self.eta_cells, self.phi_cells

    @property
    def tower_shape(self) -> tuple[int, int]:
        """(eta, phi) cells of the tower image."""
        return self.eta_cells // self.tower, self.phi_cells // self.tower

    def eta_index(self, eta: Floats) -> NDArray[np.int64]:
        """Row of each pseudorapidity; outside 0 .. eta_cells - 1 where it misses the grid."""
        index: NDArray[np.int64] = np.floor(eta / self.eta_step + self.eta_cells / 2).astype(np.int64)
        return index

    def phi_index(self, phi: Floats) -> NDArray[np.int64]:
        """Column of each azimuth (radians, any turn); -pi is the lower edge of column 0."""
        index: NDArray[np.int64] = np.floor((phi + np.pi) * (self.phi_cells / (2 * np.pi))).astype(np.int64)
        return index % self.phi_cells

    def eta_centre(self, row: NDArray[Any]) -> NDArray[np.float64]:
        """Pseudorapidity at the centre of crystal rows (fractions allowed, for coarser cells)."""
        return (np.asarray(row, np.float64) + 0.5 - self.eta_cells / 2) * self.eta_step

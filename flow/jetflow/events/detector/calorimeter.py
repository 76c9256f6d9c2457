"""Deposits to towers: sum on the grid, smear, apply thresholds; towers to the cells of an image."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from jetflow.events.detector.card import Calorimeter, Detector
from jetflow.events.detector.smearing import lognormal
from jetflow.events.grid import Grid
from jetflow.events.particles import Deposits, Grouped

__all__ = ["Cells", "Towers", "read_out", "tower_keys"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Cells(Grouped):
    """Sparse cells: eta, phi uint16 crystal indices; et float16 [GeV]; in an event in rising order of (eta, phi)."""

    eta: NDArray[np.uint16]
    phi: NDArray[np.uint16]
    et: NDArray[np.float16]

    @classmethod
    def of(
        cls, offsets: NDArray[np.int64], row: NDArray[np.int64], column: NDArray[np.int64], et: Floats, grid: Grid
    ) -> Self:
        """Cells at crystals (row, column) of the grid, grouped by `offsets`, in any order within an event."""
        event = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
        order = np.argsort((event * grid.eta_cells + row) * grid.phi_cells + column, kind="stable")
        half = np.minimum(et, np.finfo(np.float16).max).astype(np.float16)
        return cls(offsets, row[order].astype(np.uint16), column[order].astype(np.uint16), half[order])


@dataclass(frozen=True)
class Towers(Grouped):
    """Towers of one calorimeter that took energy, in rising order of `key` (see tower_keys).

    energy, sigma [GeV] float64: what was measured, 0 below the thresholds, and its standard deviation; row, column
    int64: the crystal where the tower is written.
    """

    key: NDArray[np.int64]
    energy: Floats
    sigma: Floats
    row: NDArray[np.int64]
    column: NDArray[np.int64]

    def cells(self, grid: Grid) -> Cells:
        """The towers above the thresholds as cells of the image; ET at the centre of the crystal."""
        kept = self.where(self.energy > 0)
        return Cells.of(kept.offsets, kept.row, kept.column, kept.energy / np.cosh(grid.eta_centre(kept.row)), grid)


def _coarse_rows(calorimeter: Calorimeter, grid: Grid) -> NDArray[np.bool_]:
    """Which crystal rows belong to coarse cells."""
    edge = round(calorimeter.coarse.eta_max / grid.eta_step)
    row = np.arange(grid.eta_cells) - grid.eta_cells // 2
    return (row >= -edge) & (row < edge) & (calorimeter.coarse.cells > 1)


def tower_keys(
    event: NDArray[np.int64],
    eta: NDArray[np.float32],
    phi: NDArray[np.float32],
    calorimeter: Calorimeter,
    grid: Grid,
) -> NDArray[np.int64]:
    """One integer for every tower of every event: that of its first crystal, (event * rows + row) * columns + column.

    -1 for positions outside the grid.
    """
    row, column = grid.eta_index(eta), grid.phi_index(phi)
    inside = (row >= 0) & (row < grid.eta_cells)
    coarse = _coarse_rows(calorimeter, grid)[np.where(inside, row, 0)]
    size = calorimeter.coarse.cells
    row = np.where(coarse, row - row % size, row)
    column = np.where(coarse, column - column % size, column)
    return np.where(inside, (event * grid.eta_cells + row) * grid.phi_cells + column, -1)


def read_out(
    deposits: Deposits, name: str, calorimeter: Calorimeter, detector: Detector, rng: np.random.Generator
) -> Towers:
    """The towers of calorimeter `name` for every event of `deposits`.

    A coarse cell is summed, smeared and cut as one, and is then written at one of its crystals, drawn at random:
    the card smears tower centres in this way.
    """
    grid = detector.cells
    events = len(deposits.offsets) - 1
    energy = getattr(deposits, name)
    key = tower_keys(deposits.event(), deposits.eta, deposits.phi, calorimeter, grid)
    inside = (energy > 0) & (key >= 0)
    summed = np.bincount(key[inside], weights=energy[inside], minlength=events * grid.cells)
    cell = np.flatnonzero(summed)
    true = summed[cell].astype(np.float64, copy=False)
    row, column = (cell // grid.phi_cells) % grid.eta_cells, cell % grid.phi_cells
    coarse = _coarse_rows(calorimeter, grid)[row]
    size = calorimeter.coarse.cells
    eta = grid.eta_centre(row + np.where(coarse, (size - 1) / 2, 0.0))
    measured = lognormal(true, calorimeter.sigma(true, eta), rng)
    sigma = calorimeter.sigma(measured, eta)
    keep = (measured >= calorimeter.min_energy) & (measured >= calorimeter.significance * sigma)
    shift = rng.integers(0, size, (2, int(keep.sum()))) * coarse[keep]
    row[keep] += shift[0]
    column[keep] += shift[1]
    return Towers(
        offsets=np.searchsorted(cell, np.arange(events + 1) * grid.cells).astype(np.int64),
        key=cell,
        energy=np.where(keep, measured, 0.0),
        sigma=sigma,
        row=row,
        column=column,
    )

"""Deposits to cells: sum on the grid, smear, apply thresholds, keep the cells that are left."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jetflow.events.card import Calorimeter, Detector
from jetflow.events.grid import Grid
from jetflow.events.particles import Deposits

__all__ = ["Cells", "read_out"]


@dataclass(frozen=True)
class Cells:
    """Sparse cells of n events: offsets (n + 1) int64; eta, phi uint16 crystal indices; et float16 [GeV].

    Cells of an event are in rising order of (eta, phi) of the cell that was read out.
    """

    offsets: NDArray[np.int64]
    eta: NDArray[np.uint16]
    phi: NDArray[np.uint16]
    et: NDArray[np.float16]


def _lognormal(mean: NDArray[np.float64], sigma: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """A log-normal draw with this mean and standard deviation, which cannot be negative."""
    width = np.sqrt(np.log1p((sigma / mean) ** 2))
    drawn: NDArray[np.float64] = np.exp(np.log(mean) - width**2 / 2 + width * rng.standard_normal(len(mean)))
    return drawn


def _coarse_rows(calorimeter: Calorimeter, grid: Grid) -> NDArray[np.bool_]:
    """Which crystal rows belong to coarse cells."""
    edge = round(calorimeter.coarse.eta_max / grid.eta_step)
    row = np.arange(grid.eta_cells) - grid.eta_cells // 2
    return (row >= -edge) & (row < edge) & (calorimeter.coarse.cells > 1)


def read_out(
    deposits: Deposits, name: str, calorimeter: Calorimeter, detector: Detector, rng: np.random.Generator
) -> Cells:
    """The cells of calorimeter `name` for every event of `deposits`.

    A coarse cell is summed, smeared and cut as one, and is then written at one of its crystals, drawn at random:
    the card smears tower centres in this way. Energy turns into ET at the centre of the crystal that is written.
    """
    grid = detector.cells
    events = len(deposits.offsets) - 1
    energy = getattr(deposits, name)
    row, column = grid.eta_index(deposits.eta), grid.phi_index(deposits.phi)
    coarse = _coarse_rows(calorimeter, grid)
    size = calorimeter.coarse.cells
    inside = (energy > 0) & (row >= 0) & (row < grid.eta_cells)
    event = np.repeat(np.arange(events), np.diff(deposits.offsets))[inside]
    row, column, energy = row[inside], column[inside], energy[inside]
    row = np.where(coarse[row], row - row % size, row)
    column = np.where(coarse[row], column - column % size, column)
    key = (event * grid.eta_cells + row) * grid.phi_cells + column
    summed = np.bincount(key, weights=energy, minlength=events * grid.cells).astype(np.float64, copy=False)
    cell = np.flatnonzero(summed)
    true = summed[cell]
    row = (cell // grid.phi_cells) % grid.eta_cells
    wide = coarse[row]
    eta = grid.eta_centre(row + np.where(wide, (size - 1) / 2, 0.0))
    measured = _lognormal(true, calorimeter.sigma(true, eta), rng)
    keep = (measured >= calorimeter.min_energy) & (
        measured >= calorimeter.significance * calorimeter.sigma(measured, eta)
    )
    cell, measured, row, wide = cell[keep], measured[keep], row[keep], wide[keep]
    shift = rng.integers(0, size, (2, len(cell))) * wide
    row, column = row + shift[0], cell % grid.phi_cells + shift[1]
    et = measured / np.cosh(grid.eta_centre(row))
    return Cells(
        offsets=np.searchsorted(cell, np.arange(events + 1) * grid.cells).astype(np.int64),
        eta=row.astype(np.uint16),
        phi=column.astype(np.uint16),
        et=np.minimum(et, np.finfo(np.float16).max).astype(np.float16),
    )

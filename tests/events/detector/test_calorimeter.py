"""Cells: resolution and closure against the card, thresholds, coarse cells, grid sums."""

import numpy as np
import pytest

from jetflow.events.detector.calorimeter import Cells, read_out
from jetflow.events.detector.card import Detector
from jetflow.events.particles import Deposits


def shower(eta: np.ndarray, phi: np.ndarray, energy: float, name: str) -> Deposits:
    """One event with a particle of `energy` at every (eta, phi)."""
    zero, full = np.zeros(len(eta), np.float32), np.full(len(eta), energy, np.float32)
    ecal, hcal = (full, zero) if name == "ecal" else (zero, full)
    return Deposits(np.array([0, len(eta)]), eta.astype(np.float32), phi.astype(np.float32), ecal, hcal)


def read(detector: Detector, found: Deposits, name: str, seed: int) -> Cells:
    towers = read_out(found, name, detector.calorimeters[name], detector, np.random.default_rng(seed))
    return towers.cells(detector.cells)


def centres(detector: Detector, rows: range, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Centres of single crystals, `step` apart, so that no two particles share a cell."""
    eta = detector.cells.eta_centre(np.array(rows))
    phi = -np.pi + (np.arange(0, 360, step) + 0.5) * np.pi / 180
    return np.repeat(eta, len(phi)), np.tile(phi, len(eta))


@pytest.mark.parametrize(
    ("name", "rows", "step", "energy", "sigma"),
    [
        ("ecal", range(170, 200), 1, 50.0, np.sqrt((0.009 * 50) ** 2 + 0.12**2 * 50 + 0.45**2)),
        ("ecal", range(170, 200), 1, 5.0, np.sqrt((0.009 * 5) ** 2 + 0.12**2 * 5 + 0.45**2)),
        ("ecal", range(258, 268), 1, 50.0, np.sqrt((0.006 * 50) ** 2 + 0.20**2 * 50)),  # |eta| 1.53 - 1.71
        ("ecal", range(296, 330), 1, 50.0, np.sqrt((0.008 * 50) ** 2 + 0.24**2 * 50)),  # |eta| 2.19 - 2.8
        ("hcal", range(92, 248, 5), 5, 100.0, np.sqrt((0.05 * 100) ** 2 + 100)),
        ("hcal", range(262, 336), 1, 100.0, np.sqrt((0.05 * 100) ** 2 + 100)),
    ],
)
def test_resolution_of_single_particles(
    detector: Detector, name: str, rows: range, step: int, energy: float, sigma: float
) -> None:
    """Mean and spread of the energy of a particle are those of the card, within 4 standard errors."""
    eta, phi = centres(detector, rows, step)
    cells = read(detector, shower(eta, phi, energy, name), name, 1)
    measured = cells.et.astype(float) * np.cosh(detector.cells.eta_centre(cells.eta))
    count = len(eta)
    assert len(measured) == count
    assert abs(measured.mean() - energy) < 4 * sigma / np.sqrt(count)
    assert abs(measured.std() / sigma - 1) < 4 * 1.2 / np.sqrt(2 * count)


def test_coarse_cells_are_summed_before_they_are_smeared(detector: Detector) -> None:
    """25 crystals of 1 GeV in one barrel HCAL cell are one cell of 25 GeV, inside the same tower."""
    eta, phi = centres(detector, range(170, 175), 1)
    inside = (phi > 0) & (phi < 5 * np.pi / 180)
    cells = read(detector, shower(eta[inside], phi[inside], 1.0, "hcal"), "hcal", 2)
    assert len(cells.et) == 1
    assert cells.eta[0] // 5 == 34
    assert cells.phi[0] // 5 == 36
    assert 5 < cells.et[0] < 50


def test_endcap_cells_are_single_crystals(detector: Detector) -> None:
    eta, phi = centres(detector, range(262, 267), 90)
    cells = read(detector, shower(eta, phi, 100.0, "hcal"), "hcal", 3)
    assert len(cells.et) == len(eta)


@pytest.mark.parametrize(("name", "minimum"), [("ecal", 0.5), ("hcal", 1.0)])
def test_thresholds(detector: Detector, name: str, minimum: float) -> None:
    """Nothing below the minimum energy or below one standard deviation is left."""
    eta, phi = centres(detector, range(172, 248, 5), 5)
    model = detector.calorimeters[name]
    cells = read(detector, shower(eta, phi, 1.2, name), name, 4)
    row = detector.cells.eta_centre(cells.eta)
    energy = cells.et.astype(float) * np.cosh(row) * (1 + 2**-10)  # half precision may round down
    assert 0 < len(energy) < len(eta)
    assert (energy >= minimum).all()
    assert (energy >= model.sigma(energy, row)).all()


def test_events_do_not_mix(detector: Detector) -> None:
    """Two events with a particle in the same crystal give one cell each; an empty event gives none."""
    one = np.array([0.1, 0.1], np.float32)
    energy = np.array([10.0, 40.0], np.float32)
    both = Deposits(np.array([0, 1, 1, 2]), one, one, energy, energy * 0)
    cells = read(detector, both, "ecal", 5)
    assert cells.offsets.tolist() == [0, 1, 1, 2]
    assert cells.et[0] < cells.et[1]

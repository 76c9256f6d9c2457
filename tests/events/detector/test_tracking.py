"""Single tracks against the card: efficiency, resolution, bending, and which of two close ones is found."""

from collections.abc import Callable

import numpy as np
import pytest

from jetflow.events.detector.card import Detector
from jetflow.events.detector.propagation import at_calorimeter
from jetflow.events.detector.tracking import Tracks, far_apart, find_tracks
from jetflow.events.particles import Particles

COUNT = 20_000
Many = Callable[[int, float, float], Particles]


def found(made: Particles, detector: Detector, seed: int = 1) -> Tracks:
    z = np.zeros(len(made.offsets) - 1)
    return find_tracks(made, at_calorimeter(made, detector), z, detector, np.random.default_rng(seed))


@pytest.fixture
def many(particles: Callable[..., Particles]) -> Many:
    """COUNT particles of one kind, pT and eta, all around."""
    phi = np.random.default_rng(2).uniform(-np.pi, np.pi, COUNT)
    return lambda pdg, pt, eta: particles(pdg, np.full(COUNT, pt), np.full(COUNT, eta), phi)


@pytest.mark.parametrize(
    ("pdg", "pt", "eta", "efficiency"),
    [(211, 0.5, 0.1, 0.48), (211, 5, 2.0, 0.87), (211, 5, 3.5, 0.82), (11, 5, 2.0, 0.87), (13, 5, 0.1, 1.0)],
)
def test_efficiency(detector: Detector, many: Many, pdg: int, pt: float, eta: float, efficiency: float) -> None:
    """That of the card, within 4 standard deviations of a binomial count."""
    tracks = found(many(pdg, pt, eta), detector)
    assert abs(len(tracks.pt) / COUNT - efficiency) <= 4 * np.sqrt(efficiency * (1 - efficiency) / COUNT)


@pytest.mark.parametrize(
    ("pdg", "pt", "eta", "resolution"),
    [(211, 5, 0.1, 0.004759), (211, 50, 1.3, 0.015016), (211, 200, 2.5, 0.048954), (11, 50, 2.0, 0.038)],
)
def test_resolution(detector: Detector, many: Many, pdg: int, pt: float, eta: float, resolution: float) -> None:
    """Mean and spread of pT over the true pT, within 4 standard errors; the direction is exact."""
    tracks = found(many(pdg, pt, eta), detector)
    ratio = tracks.pt.astype(float) / pt
    assert abs(ratio.mean() - 1) < 4 * resolution / np.sqrt(len(ratio))
    assert abs(ratio.std() / resolution - 1) < 4 / np.sqrt(2 * len(ratio))
    assert np.allclose(tracks.eta, eta, atol=1e-6)
    assert np.allclose(tracks.resolution, resolution, rtol=1e-6)


@pytest.mark.parametrize("pt", [0.9, 3.0, 40.0])
def test_bending_angle(detector: Detector, many: Many, pt: float) -> None:
    """From the origin a positive pion is turned by -asin(0.2998 B R / 2 pT) at radius R; straight where it starts."""
    tracks = found(many(211, pt, 0.2), detector)
    for phi, radius in ((tracks.phi_calorimeter, 1.29), (tracks.phi_inner, 0.3)):
        turn = np.mod(phi.astype(float) - tracks.phi + np.pi, 2 * np.pi) - np.pi
        assert np.allclose(turn, -np.arcsin(0.299792458 * 3.8 * radius / (2 * pt)), atol=2e-6)


@pytest.mark.parametrize(("pdg", "pt", "eta"), [(22, 10.0, 0.1), (2112, 10.0, 0.1), (211, 10.0, 4.2), (211, 0.1, 0.1)])
def test_neutral_soft_and_forward_particles_leave_no_track(
    detector: Detector, many: Many, pdg: int, pt: float, eta: float
) -> None:
    assert found(many(pdg, pt, eta), detector).offsets[-1] == 0


def test_close_tracks(detector: Detector, particles: Callable[..., Particles]) -> None:
    """Of two muons in one cell of 0.003 x 0.003 at 0.3 m the harder is found; in other cells or events both are."""
    close = detector.tracker.close_tracks
    assert close is not None
    pt = np.array([50.0, 60.0, 50.0, 60.0])
    eta = np.array([0.4510, 0.4512, 0.4510, 0.4570])
    made = particles(13, pt, eta, np.full(4, 0.2), events=2)
    tracks = found(made, detector)
    assert np.diff(tracks.offsets).tolist() == [2, 2]
    left = far_apart(tracks, close)
    assert np.diff(left.offsets).tolist() == [1, 2]
    assert left.pt[0] == tracks.pt[:2].max()
    assert far_apart(tracks, None) is tracks

"""Tracks in the solenoid against the analytic helix and against stepping through the Lorentz force."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from jetflow.events.detector.card import Detector
from jetflow.events.detector.propagation import at_calorimeter, deposits, propagate
from jetflow.events.particles import Particles

FIELD, RADIUS, HALF = 3.8, 1.29, 3.0


def particle(
    pt: float, eta: float, phi: float, charge: float, origin: tuple[float, float, float] = (0, 0, 0), pdg: int = 211
) -> Particles:
    momentum = pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)
    values = (charge, *momentum, np.hypot(pt * np.cosh(eta), 0.13957), *origin)
    return Particles(np.array([0, 1]), np.array([pdg], np.int32), *(np.array([float(v)]) for v in values))


def difference(first: float, second: float) -> float:
    return abs((first - second + np.pi) % (2 * np.pi) - np.pi)


@given(st.floats(0.8, 2000), st.floats(-1, 1), st.floats(-3.1, 3.1), st.sampled_from([-1.0, 1.0]))
def test_bending_angle(pt: float, eta: float, phi: float, charge: float) -> None:
    """From the origin a track is turned by asin(R / 2 rc), rc = pT / (0.2998 B), clockwise if positive."""
    rc = pt / (0.299792458 * FIELD)
    turn = np.arcsin(RADIUS / (2 * rc))
    z = 2 * rc * turn * np.sinh(eta)
    assume(abs(z) < HALF)
    found_eta, found_phi, hit = propagate(particle(pt, eta, phi, charge), FIELD, RADIUS, HALF)
    assert hit[0]
    assert difference(found_phi[0], phi - charge * turn) < 1e-7
    assert abs(found_eta[0] - np.arcsinh(z / RADIUS)) < 1e-7


@given(st.floats(0.1, 100), st.floats(-2.9, 2.9), st.floats(-3.1, 3.1), st.floats(-0.25, 0.25))
def test_neutral_particles_fly_straight(pt: float, eta: float, phi: float, z: float) -> None:
    found_eta, found_phi, hit = propagate(particle(pt, eta, phi, 0.0, (0, 0, z)), FIELD, RADIUS, HALF)
    at_barrel = z + RADIUS * np.sinh(eta)
    if abs(at_barrel) <= HALF:
        expected = np.arcsinh(at_barrel / RADIUS)
    else:
        end = np.copysign(HALF, eta)
        expected = np.arcsinh(end / ((end - z) / np.sinh(eta)))
    assert hit[0]
    assert difference(found_phi[0], phi) < 1e-9
    assert abs(found_eta[0] - expected) < 1e-9


@pytest.mark.parametrize("charge", [-1.0, 1.0])
@pytest.mark.parametrize(
    ("pt", "eta", "phi", "origin"),
    [
        (5.0, 0.3, 1.0, (0.004, -0.002, 0.1)),
        (0.9, -0.5, -2.0, (-0.01, 0.003, -0.05)),
        (0.4, 1.0, 0.2, (0.0, 0.0, 0.02)),  # curls up: leaves through an endcap
        (0.75, 0.1, 3.0, (0.02, 0.02, 0.0)),
        (20.0, 2.5, -1.0, (0.0, 0.01, -0.1)),
    ],
)
def test_against_stepping(pt: float, eta: float, phi: float, origin: tuple[float, float, float], charge: float) -> None:
    """dp/ds = q v x B, in steps of 0.1 mm along the transverse path, until the cylinder is crossed."""
    position, direction, step = np.array(origin, float), phi, 1e-4
    bend = -charge * 0.299792458 * FIELD / pt * step
    while np.hypot(*position[:2]) < RADIUS and abs(position[2]) < HALF:
        middle = direction + bend / 2
        position += step * np.array([np.cos(middle), np.sin(middle), np.sinh(eta)])
        direction += bend
    found_eta, found_phi, hit = propagate(particle(pt, eta, phi, charge, origin), FIELD, RADIUS, HALF)
    assert hit[0]
    assert difference(found_phi[0], np.arctan2(position[1], position[0])) < 3e-4
    assert abs(found_eta[0] - np.arcsinh(position[2] / np.hypot(*position[:2]))) < 3e-4


def test_mirror_and_turn_are_symmetries() -> None:
    """What the pileup overlay relies on: a mirror in z and a turn about the beam commute with propagation."""
    eta, phi, _ = propagate(particle(1.3, 0.8, 0.5, 1.0, (0.01, 0.0, 0.05)), FIELD, RADIUS, HALF)
    mirrored = propagate(particle(1.3, -0.8, 0.5, 1.0, (0.01, 0.0, -0.05)), FIELD, RADIUS, HALF)
    assert mirrored[0][0] == -eta[0]
    assert mirrored[1][0] == phi[0]
    origin = (0.01 * np.cos(1), 0.01 * np.sin(1), 0.05)
    turned = propagate(particle(1.3, 0.8, 0.5 + 1.0, 1.0, origin), FIELD, RADIUS, HALF)
    assert abs(turned[0][0] - eta[0]) < 1e-12
    assert difference(turned[1][0], phi[0] + 1.0) < 1e-12


@pytest.mark.parametrize(
    ("pdg", "charge", "ecal", "hcal"),
    [
        (22, 0, 1, 0),
        (11, -1, 1, 0),
        (211, 1, 0, 1),
        (2112, 0, 0, 1),
        (130, 0, 0, 1),
        (310, 0, 0.3, 0.7),
        (-3122, 0, 0.3, 0.7),
    ],
)
def test_fractions(detector: Detector, pdg: int, charge: float, ecal: float, hcal: float) -> None:
    one = particle(10.0, 0.4, 0.1, charge, pdg=pdg)
    found = deposits(one, at_calorimeter(one, detector), detector)
    assert found.ecal[0] == np.float32(one.e[0] * ecal)
    assert found.hcal[0] == np.float32(one.e[0] * hcal)


@pytest.mark.parametrize(("pdg", "eta"), [(13, 0.1), (-13, 1.0), (22, 3.2)])
def test_muons_and_what_misses_leave_nothing(detector: Detector, pdg: int, eta: float) -> None:
    one = particle(10.0, eta, 0.1, 0.0, pdg=pdg)
    found = deposits(one, at_calorimeter(one, detector), detector)
    assert found.offsets.tolist() == [0, 0]

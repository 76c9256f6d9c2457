"""Pileup in particle flow: neutral energy linear in mu, tracks of the hard collision alone; phi without an edge."""

from dataclasses import replace

import numpy as np

from jetflow.events.detector.calorimeter import read_out
from jetflow.events.detector.card import Detector
from jetflow.events.detector.energyflow import Flow, energy_flow
from jetflow.events.detector.tracking import far_apart
from jetflow.events.generation.pileup import Draws, Pool, draw, overlay
from jetflow.events.particles import Deposits


def flow_of_pileup(pool: Pool, detector: Detector, mu: int, events: int) -> tuple[Flow, float]:
    """Energy flow of `events` events of `mu` collisions alone, and their true ET an event."""
    rng = np.random.default_rng(mu)
    draws: Draws = draw(np.full(events, mu), len(pool.deposits.offsets) - 1, rng)
    nothing = np.zeros(events + 1, np.int64)
    found = overlay(replace(pool.deposits.events(0, 0), offsets=nothing), pool.deposits, draws)
    tracks = overlay(replace(pool.tracks.events(0, 0), offsets=nothing), pool.tracks, draws)
    towers = {name: read_out(found, name, model, detector, rng) for name, model in detector.calorimeters.items()}
    tracks = far_apart(tracks, detector.tracker.close_tracks)
    flow = energy_flow(tracks, np.full(events, 0.0123), towers, detector, rng)
    return flow, float(((found.ecal + found.hcal) / np.cosh(found.eta)).sum() / events)


def test_density_is_linear_in_mu(pool: Pool, detector: Detector) -> None:
    """Photons and neutral hadrons an event are in proportion to the true ET of mu collisions, within 8%.

    Charged pileup is subtracted: what is left is less than the calorimeter sees. Of its tracks, those of vertices
    within 0.1 mm stay: 2 * 0.1 mm / (sqrt(2 pi) 53 mm) = 0.15% at the centre.
    """
    share, kept = [], []
    for mu in (50, 100, 200):
        events = 1200 // mu
        flow, true = flow_of_pileup(pool, detector, mu, events)
        share.append((flow.photon.pt.sum() + flow.neutral.pt.sum()) / events / true)
        kept.append(len(flow.track.pt) / (events * mu * len(pool.tracks.pt) / 1000))
    assert np.ptp(share) / np.mean(share) < 0.08
    assert 0.4 < np.mean(share) < 0.75
    assert max(kept) < 0.01


def test_phi_is_periodic(detector: Detector) -> None:
    """Turned by any number of whole cells, events give the same cells, turned: there is no edge at pi."""
    rng = np.random.default_rng(1)
    count = 2000
    eta = rng.uniform(-2.9, 2.9, count).astype(np.float32)
    column = rng.integers(0, 360, count)
    energy = rng.uniform(1, 50, count).astype(np.float32)

    def cells(turn: int) -> np.ndarray:
        phi = ((column + turn + 0.5) * np.pi / 180 - np.pi).astype(np.float32)  # beyond pi where it comes to that
        found = Deposits(np.array([0, count]), eta, phi, energy, energy * 0)
        made = read_out(found, "ecal", detector.calorimeters["ecal"], detector, np.random.default_rng(2))
        image = np.zeros((340, 360))
        np.add.at(image, (made.key // 360, made.key % 360), 1)
        return image

    for turn in (5, 185, 360):
        assert np.array_equal(cells(turn), np.roll(cells(0), turn, axis=1))

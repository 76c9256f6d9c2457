"""Energy flow of single particles and of pairs in one tower: what is neutral, what is scaled, what is removed."""

from collections.abc import Callable

import numpy as np
import pytest

from jetflow.events.detector.calorimeter import read_out
from jetflow.events.detector.card import Detector
from jetflow.events.detector.energyflow import Flow, candidates, energy_flow
from jetflow.events.detector.propagation import at_calorimeter, deposits
from jetflow.events.detector.tracking import Tracks, find_tracks
from jetflow.events.particles import Particles


def flow_of(made: Particles, detector: Detector, z: float = 0.0, seed: int = 1) -> tuple[Flow, Tracks]:
    """Energy flow of `made` and its tracks, whose vertex is `z` [m] from the hard collision."""
    events = len(made.offsets) - 1
    entry = at_calorimeter(made, detector)
    rng = np.random.default_rng(seed)
    tracks = find_tracks(made, entry, np.full(events, z), detector, rng)
    found = deposits(made, entry, detector)
    towers = {name: read_out(found, name, model, detector, rng) for name, model in detector.calorimeters.items()}
    return energy_flow(tracks, np.zeros(events), towers, detector, rng), tracks


Make = Callable[..., Particles]


@pytest.fixture
def spread(particles: Make) -> Make:
    """400 particles of one kind and pT in the barrel, 20 an event, far apart and in rising order of eta and phi."""
    shift = np.random.default_rng(3).uniform(0, 0.1, (2, 400))
    eta, phi = np.tile(np.linspace(-1.2, 1.1, 20), 20) + shift[0], np.tile(np.linspace(-3, 2.8, 20), 20) + shift[1]
    return lambda pdg, pt: particles(pdg, np.full(400, pt), eta, phi, events=20)


@pytest.mark.parametrize(("pdg", "kind"), [(22, "photon"), (2112, "neutral"), (130, "neutral")])
def test_neutral_particles(detector: Detector, spread: Make, pdg: int, kind: str) -> None:
    """One object a particle, of the right kind, at the particle's place, with its pT on average."""
    made = spread(pdg, 50.0)
    flow, _ = flow_of(made, detector)
    objects = getattr(flow, kind)
    assert {name: len(getattr(flow, name).pt) for name in ("track", "photon", "neutral")} == {
        "track": 0,
        "photon": 0,
        "neutral": 0,
    } | {kind: 400}
    side = 0.0174 if kind == "photon" else 0.087
    assert np.abs(objects.eta - np.arcsinh(made.pz / 50.0)).max() < 1.01 * side
    sigma = 50 * (0.02 if kind == "photon" else 0.16)
    assert abs(objects.pt.mean() - 50) < 4 * sigma / np.sqrt(400)


def test_photons_are_smeared_once_more(detector: Detector, particles: Make) -> None:
    """At 2 TeV: 0.9% (constant), 0.27% (stochastic) and 1% more; 4 standard errors of a spread."""
    phi = np.tile((np.arange(0, 360, 3) + 0.5) * np.pi / 180 - np.pi, 33)
    made = particles(22, np.full(3960, 2000.0), np.full(3960, 0.1), phi, events=33)
    flow, _ = flow_of(made, detector)
    energy = flow.photon.pt * np.cosh(flow.photon.eta)
    expected = np.hypot(np.hypot(0.009, 0.12 / np.sqrt(2000 * np.cosh(0.1))), 0.01)
    assert len(energy) == 3960
    assert abs(energy.std() / energy.mean() / expected - 1) < 4 / np.sqrt(2 * 3960)


def test_charged_hadrons(detector: Detector, spread: Make) -> None:
    """Where the excess is below one sigma the pion is a track scaled towards the calorimeter; else a neutral is added.

    Excess above one standard deviation: 16% of a Gaussian, somewhat less of a log-normal.
    """
    flow, tracks = flow_of(spread(211, 50.0), detector)
    assert len(flow.track.pt) == len(tracks.pt) > 370
    assert len(flow.photon.pt) == 0
    assert 0.08 < len(flow.neutral.pt) / len(tracks.pt) < 0.20
    assert flow.track.pt.std() < 1.0, "the tracker's 0.7%, not the calorimeter's 16%"


def test_muons_pass(detector: Detector, spread: Make) -> None:
    flow, tracks = flow_of(spread(13, 50.0), detector)
    assert np.array_equal(flow.track.pt, tracks.pt.astype(float))
    assert len(flow.photon.pt) + len(flow.neutral.pt) == 0


def test_neutral_excess_beside_a_track(detector: Detector, particles: Make) -> None:
    """A neutron of 200 GeV in the tower of a pion of 20 GeV: a neutral hadron of 200 GeV, and the track as it was."""
    at = np.array([0.1]), np.array([0.31])
    bend = np.arcsin(0.299792458 * 3.8 * 1.29 / (2 * 20))
    energies = []
    for seed in range(40):
        groups = particles(211, np.array([20.0]), at[0], at[1] + bend), particles(2112, np.array([200.0]), *at)
        both = {name: np.concatenate([group.columns()[name] for group in groups]) for name in groups[0].columns()}
        made = Particles(np.array([0, 2]), **both)
        flow, tracks = flow_of(made, detector, seed=seed)
        if len(tracks.pt):
            assert flow.track.pt.tolist() == tracks.pt.tolist()
            energies += flow.neutral.pt.tolist()
    assert len(energies) >= 35
    assert abs(np.mean(energies) - 200) < 4 * np.sqrt((0.05 * 220) ** 2 + 220) / np.sqrt(len(energies))


def test_tracks_of_pileup_are_removed_after_they_were_subtracted(detector: Detector, spread: Make) -> None:
    """A pion of a vertex 1 mm away leaves neither track nor (but for fluctuations) a neutral hadron."""
    made = spread(211, 50.0)
    far, tracks = flow_of(made, detector, z=0.001)
    near, _ = flow_of(made, detector, z=0.00005)
    assert len(far.track.pt) == 0
    assert len(near.track.pt) == len(tracks.pt)
    assert np.array_equal(far.neutral.pt, near.neutral.pt)


def test_candidates_are_event_by_event(detector: Detector, spread: Make) -> None:
    flow, _ = flow_of(spread(211, 50.0), detector)
    made = candidates(flow, detector.cells.eta_max)
    assert made.offsets[-1] == len(made.pt) == len(flow.track.pt) + len(flow.neutral.pt)
    event = np.repeat(np.arange(20), np.diff(made.offsets))
    assert np.array_equal(event[made.neutral], flow.neutral.event())
    assert np.array_equal(made.pt[~made.neutral], flow.track.pt)


def test_empty_events(detector: Detector, particles: Make) -> None:
    none = np.zeros(0)
    made = particles(22, none, none, none, events=2)
    flow, _ = flow_of(made, detector)
    assert flow.photon.offsets.tolist() == [0, 0, 0]
    assert flow.track.cells(detector.cells).offsets.tolist() == [0, 0, 0]

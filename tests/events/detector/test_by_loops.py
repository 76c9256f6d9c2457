"""The whole detector against a second one, written particle by particle after the card and the Delphes modules."""

import math
from collections import defaultdict
from typing import Any

import numpy as np
import pytest

from jetflow.events.collisions.pythia import Pythia
from jetflow.events.detector.calorimeter import read_out
from jetflow.events.detector.card import Detector
from jetflow.events.detector.energyflow import energy_flow
from jetflow.events.detector.propagation import at_calorimeter, deposits, propagate
from jetflow.events.detector.tracking import far_apart, find_tracks
from jetflow.events.particles import Particles

EVENTS, OURS, THEIRS = 25, 24, 6  # collisions; how often each detector sees them
NAMES = ("tracks", "track pT", "photons", "photon ET", "neutrals", "neutral ET", "ECAL", "ECAL ET", "HCAL", "HCAL ET")
Track = dict[str, Any]


@pytest.fixture(scope="module")
def collisions() -> Particles:
    """Dense jets: gravitons of 2 TeV to WW."""
    pythia = Pythia("WW", 2000.0, 5, 13_000.0)
    return pythia.particles(pythia.records(EVENTS))


def ours(particles: Particles, detector: Detector, seed: int) -> list[float]:
    rng = np.random.default_rng(seed)
    z, entry = np.zeros(EVENTS), at_calorimeter(particles, detector)
    tracks = far_apart(find_tracks(particles, entry, z, detector, rng), detector.tracker.close_tracks)
    found = deposits(particles, entry, detector)
    towers = {name: read_out(found, name, model, detector, rng) for name, model in detector.calorimeters.items()}
    flow = energy_flow(tracks, z, towers, detector, rng)
    kinds = [kind.where(np.abs(kind.eta) < 2.958) for kind in (flow.track, flow.photon, flow.neutral)]
    cells = [towers[name].cells(detector.cells) for name in ("ecal", "hcal")]
    pairs = [(len(kind.pt), kind.pt.sum()) for kind in kinds]
    pairs += [(len(some.et), some.et.astype(float).sum()) for some in cells]
    return [float(value) for pair in pairs for value in pair]


def lognormal(mean: float, sigma: float, rng: np.random.Generator) -> float:
    width = math.sqrt(math.log(1 + (sigma / mean) ** 2))
    return math.exp(math.log(mean) - width**2 / 2 + width * rng.standard_normal())


def share(name: str, pdg: int) -> float:
    """Of a particle's energy in a calorimeter."""
    if pdg in (310, 3122):
        return 0.3 if name == "ecal" else 0.7
    return float((pdg in (11, 22)) == (name == "ecal")) * (pdg != 13)


def sigma(name: str, energy: float, eta: float) -> float:
    if name == "hcal":
        return math.sqrt((0.05 * energy) ** 2 + energy)
    for edge, constant, stochastic, noise in (
        (1.5, 0.009, 0.12, 0.45),
        (1.75, 0.006, 0.20, 0),
        (2.15, 0.007, 0.21, 0),
        (3.0, 0.008, 0.24, 0),
    ):
        if abs(eta) <= edge:
            return math.sqrt((constant * energy) ** 2 + stochastic**2 * energy + noise**2)
    raise AssertionError(eta)


def tower(name: str, eta: float, phi: float) -> tuple[float, float, float, int] | None:
    """(lower eta, size in eta, number in phi) of the tower at a place; None beyond the image."""
    if abs(eta) >= 170 * 0.0174:
        return None
    size = 5 if name == "hcal" and abs(eta) < 90 * 0.0174 else 1
    row = math.floor(eta / (0.0174 * size))
    return row * 0.0174 * size, 0.0174 * size, math.floor(math.degrees(phi % (2 * math.pi)) / size), size


def calorimeter(
    name: str, particles: list[Track], tracks: list[Track], rng: np.random.Generator
) -> tuple[list[float], list[float], list[Track]]:
    """ET of towers, ET of neutral objects, and the tracks that go on: module SimpleCalorimeter of Delphes."""
    energies: dict[Any, float] = defaultdict(float)
    charged: dict[Any, list[Track]] = defaultdict(list)
    for one in particles:
        if (place := tower(name, *one["place"])) and share(name, one["pdg"]) > 0:
            energies[place] += share(name, one["pdg"]) * one["energy"]
    on = []
    for track in tracks:
        place = tower(name, *track["place"])
        if place and share(name, track["pdg"]) > 0:
            charged[place].append(track)
        else:
            on.append(track)
    towers, neutral = [], []
    least = 0.5 if name == "ecal" else 1.0
    for place, true in energies.items():
        low, width = place[:2]
        measured = lognormal(true, sigma(name, true, low + width / 2), rng)
        error = sigma(name, measured, low + width / 2)
        if measured < least or measured < error:
            measured = 0.0
        projection = 1 / math.cosh(low + width * rng.random())
        if measured:
            towers.append(measured * projection)
        mine = charged[place]
        seen = sum(track["energy"] for track in mine)
        variance = sum((track["resolution"] * track["energy"]) ** 2 for track in mine)
        excess = max(measured - seen, 0.0)
        if excess > least and excess > math.sqrt(variance + error**2):
            smeared = lognormal(excess, 0.01 * excess, rng) if name == "ecal" else excess
            neutral.append(smeared * projection)
        elif seen:
            best = (seen / variance + measured / error**2) / (1 / variance + 1 / error**2)
            mine = [track | {key: track[key] * best / seen for key in ("pt", "energy")} for track in mine]
        on += mine
    return towers, neutral, on


def theirs(particles: Particles, detector: Detector, seed: int) -> list[float]:
    rng = np.random.default_rng([seed, 2])
    outer, inner = at_calorimeter(particles, detector), propagate(particles, 3.8, 0.3, 0.7)
    total = np.zeros(len(NAMES))
    for event in range(EVENTS):
        seen, found = [], {}
        for i in range(particles.offsets[event], particles.offsets[event + 1]):
            px, py, pz, energy = (float(getattr(particles, axis)[i]) for axis in ("px", "py", "pz", "e"))
            pdg, pt = abs(int(particles.pdg[i])), math.hypot(px, py)
            if not outer.hit[i]:
                continue
            one: Track = {"pdg": pdg, "energy": energy, "place": (float(outer.eta[i]), float(outer.phi[i]))}
            seen.append(one)
            if particles.charge[i] == 0 or not inner.hit[i]:
                continue
            kind = {11: detector.tracker.electron, 13: detector.tracker.muon}.get(pdg, detector.tracker.hadron)
            eta = math.asinh(pz / pt)
            at = np.array([eta]), np.array([pt])
            if rng.random() >= kind.efficiency.at(*at)[0]:
                continue
            resolution = min(float(kind.resolution.at(*at)[0]), 1.0)
            measured = lognormal(pt, resolution * pt, rng)
            mass2 = max(energy**2 - pt**2 - pz**2, 0.0)
            track = one | {
                "pt": measured,
                "eta": eta,
                "resolution": resolution,
                "energy": math.sqrt((measured * math.cosh(eta)) ** 2 + mass2),
            }
            cell = math.floor(inner.eta[i] / 0.003), math.floor(inner.phi[i] % (2 * math.pi) / 0.003)
            if cell not in found or found[cell]["pt"] < measured:
                found[cell] = track
        ecal, photons, tracks = calorimeter("ecal", seen, list(found.values()), rng)
        hcal, neutrals, tracks = calorimeter("hcal", seen, tracks, rng)
        charged = [track["pt"] for track in tracks if abs(track["eta"]) < 2.958]
        total += [value for some in (charged, photons, neutrals, ecal, hcal) for value in (len(some), sum(some))]
    return total.tolist()


def test_counts_and_sums(collisions: Particles, detector: Detector) -> None:
    """Objects and ET of each kind agree within 4 standard errors; one is 0.3% for most, 1.6% for neutral ET."""
    first = np.array([ours(collisions, detector, seed) for seed in range(OURS)])
    second = np.array([theirs(collisions, detector, seed) for seed in range(THEIRS)])
    error = first.std(0, ddof=1) * np.sqrt(1 / OURS + 1 / THEIRS)
    pull = (first.mean(0) - second.mean(0)) / error
    assert (error < 0.02 * first.mean(0)).all()
    assert (np.abs(pull) < 4).all(), dict(zip(NAMES, pull.round(1), strict=True))

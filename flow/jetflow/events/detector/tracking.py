"""Tracks of charged particles: which are found, how well they are measured, which are too close to be told apart."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jetflow.events.detector.card import CloseTracks, Detector, TrackKind
from jetflow.events.detector.propagation import Entry, propagate
from jetflow.events.detector.smearing import lognormal
from jetflow.events.particles import Grouped, Particles

__all__ = ["Tracks", "far_apart", "find_tracks"]

Floats = NDArray[np.float64]
_ELECTRON, _MUON = 11, 13


@dataclass(frozen=True)
class Tracks(Grouped):
    """Measured tracks; every column float32.

    pt [GeV], eta, phi of the momentum where the particle was made; energy [GeV]; resolution, sigma(E) / E as the card
    says; eta_calorimeter, phi_calorimeter where it enters the calorimeter and eta_inner, phi_inner where it crosses
    the cylinder of the close-track filter; ecal, hcal: share of its energy that each calorimeter takes; z [m] of the
    collision it comes from.
    """

    pt: NDArray[np.float32]
    eta: NDArray[np.float32]
    phi: NDArray[np.float32]
    energy: NDArray[np.float32]
    resolution: NDArray[np.float32]
    eta_calorimeter: NDArray[np.float32]
    phi_calorimeter: NDArray[np.float32]
    eta_inner: NDArray[np.float32]
    phi_inner: NDArray[np.float32]
    ecal: NDArray[np.float32]
    hcal: NDArray[np.float32]
    z: NDArray[np.float32]


def find_tracks(p: Particles, entry: Entry, z: Floats, detector: Detector, rng: np.random.Generator) -> Tracks:
    """Tracks of the charged particles of `p`, which enter the calorimeter at `entry`; event i collided at z[i] [m].

    A track is found with the probability that the card gives at its true pT and eta, if it crosses the tracker from
    inside. pT is smeared log-normally at fixed direction; the energy follows with the particle's true mass.
    """
    pt, eta = np.hypot(p.px, p.py), np.arcsinh(p.pz / np.maximum(np.hypot(p.px, p.py), 1e-9))
    efficiency, resolution = np.zeros(len(pt)), np.zeros(len(pt))
    charged = (p.charge != 0) & entry.hit
    for rows, kind in _kinds(p, charged, detector):
        efficiency[rows] = kind.efficiency.at(eta[rows], pt[rows])
        resolution[rows] = np.minimum(kind.resolution.at(eta[rows], pt[rows]), 1.0)
    found = charged & (rng.random(len(pt)) < efficiency)
    inner = entry
    if close := detector.tracker.close_tracks:
        inner = propagate(p, detector.field_tesla, close.radius_m, close.half_length_m)
        found &= inner.hit
    kept = p.where(found)
    measured = lognormal(pt[found], resolution[found] * pt[found], rng)
    momentum = measured * np.cosh(eta[found])
    mass2 = np.maximum(kept.e**2 - (kept.px**2 + kept.py**2 + kept.pz**2), 0.0)
    columns = {
        "pt": measured,
        "eta": eta[found],
        "phi": np.arctan2(kept.py, kept.px),
        "energy": np.sqrt(momentum**2 + mass2),
        "resolution": resolution[found],
        "eta_calorimeter": entry.eta[found],
        "phi_calorimeter": entry.phi[found],
        "eta_inner": inner.eta[found],
        "phi_inner": inner.phi[found],
        "ecal": detector.calorimeters["ecal"].fraction(kept.pdg),
        "hcal": detector.calorimeters["hcal"].fraction(kept.pdg),
        "z": z[kept.event()],
    }
    return Tracks(kept.offsets, **{name: values.astype(np.float32) for name, values in columns.items()})


def _kinds(p: Particles, charged: NDArray[np.bool_], detector: Detector) -> list[tuple[NDArray[np.int64], TrackKind]]:
    code = np.abs(p.pdg)
    electron, muon = charged & (code == _ELECTRON), charged & (code == _MUON)
    tracker = detector.tracker
    kinds = ((charged & ~electron & ~muon, tracker.hadron), (electron, tracker.electron), (muon, tracker.muon))
    return [(np.flatnonzero(rows), kind) for rows, kind in kinds]


def far_apart(tracks: Tracks, close: CloseTracks | None) -> Tracks:
    """The hardest track of every cell of the close-track filter.

    Delphes filters before the efficiency and drops the other particles before the calorimeters, too, and smears
    directions by a cell. Here they still leave their energy, and directions stay: a cell is a sixth of a crystal.
    """
    if close is None or not len(tracks.pt):
        return tracks
    row = np.floor(tracks.eta_inner.astype(np.float64) / close.cell).astype(np.int64)
    column = np.floor(np.mod(tracks.phi_inner.astype(np.float64), 2 * np.pi) / close.cell).astype(np.int64)
    row -= row.min()
    columns = int(np.ceil(2 * np.pi / close.cell)) + 1
    key = (tracks.event() * (row.max() + 1) + row) * columns + column
    order = np.argsort(-tracks.pt, kind="stable")
    _, first = np.unique(key[order], return_index=True)
    keep = np.zeros(len(key), bool)
    keep[order[first]] = True
    return tracks.where(keep)

"""Energy flow: tracks, and what the calorimeters saw beyond them (Delphes, arXiv:1307.6346, section 2.6)."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from jetflow.events.detector.calorimeter import Cells, Towers, tower_keys
from jetflow.events.detector.card import Calorimeter, Detector
from jetflow.events.detector.smearing import lognormal
from jetflow.events.detector.tracking import Tracks
from jetflow.events.grid import Grid
from jetflow.events.jets.softkiller import Candidates
from jetflow.events.particles import Grouped

__all__ = ["Flow", "Objects", "candidates", "energy_flow"]

Floats = NDArray[np.float64]
_ROUNDING = 4  # steps of ET in a standard deviation: the error is at most 7% of it (rms)
_MIN_STEP = 2.0**-10  # GeV


@dataclass(frozen=True)
class Objects(Grouped):
    """Energy-flow objects of one kind: pt [GeV], eta, phi (-pi .. pi), where they point; all float64."""

    pt: Floats
    eta: Floats
    phi: Floats

    def cells(self, grid: Grid) -> Cells:
        """The objects on the image, in rising order of (eta, phi); several may share a cell."""
        row, column = grid.eta_index(self.eta), grid.phi_index(self.phi)
        inside = (row >= 0) & (row < grid.eta_cells)
        kept = self.where(inside)
        return Cells.of(kept.offsets, row[inside], column[inside], kept.pt, grid)


@dataclass(frozen=True)
class Flow:
    """What energy flow makes of events: charged tracks, photons, neutral hadrons."""

    track: Objects
    photon: Objects
    neutral: Objects


def energy_flow(
    tracks: Tracks, z: Floats, towers: dict[str, Towers], detector: Detector, rng: np.random.Generator
) -> Flow:
    """Energy flow of `tracks` and the `towers` of both calorimeters; the hard collision of event i is at z[i] [m].

    In every tower, ECAL first, tracks are compared with what was measured. A significant excess is a neutral object;
    without one, the tracks are scaled to the mean of both measurements, weighted by their variances. Tracks of
    pileup vertices are then left out, photons are smeared once more. (The authors' public files hold the tracks of all
    vertices, and photons before that: their card writes both before these steps.)
    """
    neutral = {}
    for name, model in detector.calorimeters.items():
        scale, excess = _compare(tracks, getattr(tracks, name), towers[name], model, detector.cells)
        tracks = replace(tracks, pt=tracks.pt * scale, energy=tracks.energy * scale)
        if name == "ecal":
            excess = _smeared(excess, detector.energy_flow.photon_smearing, rng)
        neutral[name] = _placed(towers[name], excess, detector.cells, rng)
    hard = tracks.where(np.abs(tracks.z - z[tracks.event()]) <= detector.tracker.pileup_dz_m)
    phi = np.mod(hard.phi.astype(np.float64) + np.pi, 2 * np.pi) - np.pi
    charged = Objects(hard.offsets, hard.pt.astype(np.float64), hard.eta.astype(np.float64), phi)
    return Flow(charged, neutral["ecal"], neutral["hcal"])


def _compare(
    tracks: Tracks, share: NDArray[np.float32], towers: Towers, calorimeter: Calorimeter, grid: Grid
) -> tuple[NDArray[np.float32], Floats]:
    """Scale of every track, and neutral energy [GeV] of every tower, from one calorimeter."""
    none = np.zeros(len(towers.key))
    scale = np.ones(len(tracks.pt), np.float32)
    seen = np.flatnonzero(share > 0)
    key = tower_keys(
        tracks.event()[seen], tracks.eta_calorimeter[seen], tracks.phi_calorimeter[seen], calorimeter, grid
    )
    tower = np.minimum(np.searchsorted(towers.key, key), max(len(none) - 1, 0))
    hit = towers.key[tower] == key if len(none) else np.zeros(len(key), bool)
    seen, tower = seen[hit], tower[hit]
    energy = (tracks.energy[seen] * share[seen]).astype(np.float64)
    charged = np.bincount(tower, energy, len(none))
    variance = np.bincount(tower, (tracks.resolution[seen] * energy) ** 2, len(none))
    excess = np.maximum(towers.energy - charged, 0.0)
    both = variance + towers.sigma**2
    neutral = (excess > calorimeter.min_energy) & (excess > calorimeter.significance * np.sqrt(both))
    fit = ~neutral & (charged > 0) & (both > 0)
    best = np.ones(len(none))
    mean = charged[fit] * towers.sigma[fit] ** 2 + towers.energy[fit] * variance[fit]
    best[fit] = mean / both[fit] / charged[fit]
    scale[seen] = best[tower]
    return scale, np.where(neutral, excess, 0.0)


def _smeared(energy: Floats, share: float, rng: np.random.Generator) -> Floats:
    some = energy > 0
    smeared = energy.copy()
    smeared[some] = lognormal(energy[some], share * energy[some], rng)
    return smeared


def _placed(towers: Towers, energy: Floats, grid: Grid, rng: np.random.Generator) -> Objects:
    """Objects of `energy` [GeV] in `towers`, evenly spread over the crystal where the tower is written.

    ET is rounded to a power of 2 of at most sigma / 4: what is finer is noise, and noise does not compress.
    """
    some = energy > 0
    kept = towers.where(some)
    within = rng.random((2, len(kept.key)))
    eta = grid.eta_centre(kept.row + within[0] - 0.5)
    phi = (kept.column + within[1]) * (2 * np.pi / grid.phi_cells) - np.pi
    step = np.exp2(np.floor(np.log2(np.maximum(kept.sigma / np.cosh(eta) / _ROUNDING, _MIN_STEP))))
    return Objects(kept.offsets, np.round(energy[some] / np.cosh(eta) / step) * step, eta, phi)


def candidates(flow: Flow, eta_max: float) -> Candidates:
    """All objects of `flow` with |eta| below `eta_max`, event by event: tracks, photons, neutral hadrons."""
    kinds = (flow.track, flow.photon, flow.neutral)
    event = np.concatenate([kind.event() for kind in kinds])
    columns = {name: np.concatenate([getattr(kind, name) for kind in kinds]) for name in ("pt", "eta", "phi")}
    neutral = np.arange(len(event)) >= len(flow.track.pt)
    order = np.argsort(event, kind="stable")
    order = order[np.abs(columns["eta"][order]) < eta_max]
    offsets = np.searchsorted(event[order], np.arange(len(flow.track.offsets))).astype(np.int64)
    return Candidates(offsets, neutral=neutral[order], **{name: values[order] for name, values in columns.items()})

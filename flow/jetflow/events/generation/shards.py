"""A shard: a few hundred events of one process, made by one worker from a random stream of its own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.events.block import Block, Table
from jetflow.events.collisions.processes import process
from jetflow.events.collisions.pythia import Pythia
from jetflow.events.collisions.truth import JET_MIN_PT, NARROW, WIDE, truth_objects
from jetflow.events.collisions.vertices import draw_vertices, moved
from jetflow.events.detector.calorimeter import Towers, read_out
from jetflow.events.detector.card import Detector
from jetflow.events.detector.energyflow import candidates, energy_flow
from jetflow.events.detector.propagation import at_calorimeter, deposits
from jetflow.events.detector.tracking import Tracks, far_apart, find_tracks
from jetflow.events.generation.pileup import Pool, draw, load_pool, overlay
from jetflow.events.generation.request import Request
from jetflow.events.generation.seeds import Stream, stream
from jetflow.events.jets.baseline import baseline_jets
from jetflow.events.jets.genjets import generator_jets
from jetflow.events.particles import Deposits

__all__ = ["Shard", "make_shard", "plan"]

SHARD = 250  # events
MASS_POINT = 50  # events that share one Pythia set-up, and so one nominal graviton mass
GENJET_MIN_PT = 20.0  # GeV, of the generator jets that are stored
READ_OUT = 25  # events on the grid at a time, which bounds the memory of a worker
_TRACKING_KEY = 1002  # names the random stream of tracks and energy flow; above every process code


@dataclass(frozen=True)
class Shard:
    """Events `index` * SHARD and following (`count` of them) of `process`."""

    process: str
    index: int
    count: int


def plan(request: Request) -> list[Shard]:
    """The shards of a request, in the order of their index; the first processes take what does not divide."""
    shards = []
    for rank, name in enumerate(request.processes):
        share, rest = divmod(request.events, len(request.processes))
        total = share + (rank < rest)
        starts = range(0, total, SHARD)
        shards += [Shard(name, index, min(SHARD, total - start)) for index, start in enumerate(starts)]
    return sorted(shards, key=lambda shard: shard.index)


@lru_cache(maxsize=1)
def _pool(paths: tuple[Path, ...]) -> Pool:
    return load_pool(list(paths))


def make_shard(path: Path, request: Request, detector: Detector, shard: Shard, pool: list[Path]) -> None:
    """Make `shard` in the file `path`, unless it is there. `pool`: blocks of minimum-bias events."""
    if path.exists():
        return
    code = process(shard.process).code
    source = stream(request.seed, code, shard.index)
    tracking = stream(request.seed, _TRACKING_KEY, code, shard.index).rng
    step = MASS_POINT if process(shard.process).decay else shard.count
    groups = [min(step, shard.count - first) for first in range(0, shard.count, step)]
    made, first = [], shard.index * SHARD
    for count in groups:
        mu = np.array([request.pileup[i % len(request.pileup)] for i in range(first, first + count)])
        made.append(_events(request, shard.process, mu, detector, pool, source, tracking))
        first += count
    Block.joined(made).save(path)


def _events(
    request: Request,
    name: str,
    mu: NDArray[np.float64],
    detector: Detector,
    pool: list[Path],
    source: Stream,
    tracking: np.random.Generator,
) -> Block:
    """len(mu) events of one graviton mass, event i with mean pileup mu[i]."""
    rng = source.rng
    mass = rng.uniform(*request.mass)
    pythia = Pythia(name, mass, source.pythia_seed(), request.ecm)
    records = pythia.records(len(mu))
    particles = pythia.particles(records)
    narrow, wide = (generator_jets(particles, radius, JET_MIN_PT) for radius in (NARROW, WIDE))
    tables = {
        "truth": Table.of(truth_objects(records, narrow, wide)),
        "genjet": narrow.table(GENJET_MIN_PT, detector.cells.eta_max),
    }
    z = draw_vertices(len(mu), detector.vertex, rng)
    particles = moved(particles, z)
    entry = at_calorimeter(particles, detector)
    found = deposits(particles, entry, detector)
    tracks = find_tracks(particles, entry, z, detector, tracking)
    npu = rng.poisson(mu)
    collisions = _pool(tuple(pool)) if npu.any() else None
    draws = draw(npu, len(collisions.deposits.offsets) - 1, rng) if collisions else None
    parts = []
    for start in range(0, len(mu), READ_OUT):
        own = slice(start, min(start + READ_OUT, len(mu)))
        some, charged = found.events(own.start, own.stop), tracks.events(own.start, own.stop)
        if collisions and draws:
            few = draws.events(own.start, own.stop)
            some, charged = overlay(some, collisions.deposits, few), overlay(charged, collisions.tracks, few)
        parts.append(_read_out(some, charged, z[own], detector, request.baseline, rng, tracking))
    code = np.full(len(mu), process(name).code, np.int8)
    scalars: dict[str, NDArray[Any]] = {"process": code, "mu": mu.astype(np.float32), "npu": npu.astype(np.uint16)}
    return Block(scalars, {key: Table.joined([part[key] for part in parts]) for key in parts[0]} | tables)


def _read_out(
    found: Deposits,
    tracks: Tracks,
    z: NDArray[np.float64],
    detector: Detector,
    baseline: bool,
    rng: np.random.Generator,
    tracking: np.random.Generator,
) -> dict[str, Table]:
    """The tables of events whose hard collisions are at `z` [m]: both images and, if `baseline`, its jets."""
    grid = detector.cells
    towers: dict[str, Towers] = {}
    for name, model in detector.calorimeters.items():
        towers[name] = read_out(found, name, model, detector, rng)
    tracks = far_apart(tracks, detector.tracker.close_tracks)
    flow = energy_flow(tracks, z, towers, detector, tracking)
    objects = {"track": flow.track, "photon": flow.photon, "neutral": flow.neutral}
    tables = {name: Table.of(some.cells(grid)) for name, some in (towers | objects).items()}
    if baseline:
        tables["baseline"] = Table.of(baseline_jets(candidates(flow, grid.eta_max), grid.eta_max))
    return tables

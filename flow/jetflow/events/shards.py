"""A shard: a few hundred events of one process, made by one worker from a random stream of its own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.events.block import Block, Table
from jetflow.events.calorimeter import read_out
from jetflow.events.card import Detector, load_card
from jetflow.events.genjets import generator_jets
from jetflow.events.particles import Deposits
from jetflow.events.pileup import load_pool, overlay
from jetflow.events.processes import process
from jetflow.events.propagation import deposits
from jetflow.events.pythia import Pythia
from jetflow.events.request import Request
from jetflow.events.seeds import Stream, stream
from jetflow.events.truth import JET_MIN_PT, NARROW, WIDE, truth_objects
from jetflow.events.vertices import spread

__all__ = ["Shard", "make_shard", "plan"]

SHARD = 250  # events
MASS_POINT = 50  # events that share one Pythia set-up, and so one nominal graviton mass
GENJET_MIN_PT = 20.0  # GeV, of the generator jets that are stored
READ_OUT = 25  # events on the grid at a time, which bounds the memory of a worker


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
def _pool(paths: tuple[Path, ...]) -> Deposits:
    return load_pool(list(paths))


def make_shard(path: Path, request: Request, shard: Shard, pool: list[Path]) -> None:
    """Make `shard` in the file `path`, unless it is there. `pool`: blocks of minimum-bias events."""
    if path.exists():
        return
    source = stream(request.seed, process(shard.process).code, shard.index)
    detector = load_card(request.card)
    step = MASS_POINT if process(shard.process).decay else shard.count
    groups = [min(step, shard.count - first) for first in range(0, shard.count, step)]
    made, first = [], shard.index * SHARD
    for count in groups:
        mu = np.array([request.pileup[i % len(request.pileup)] for i in range(first, first + count)])
        made.append(_events(request, shard.process, mu, detector, pool, source))
        first += count
    Block.joined(made).save(path)


def _events(
    request: Request, name: str, mu: NDArray[np.float64], detector: Detector, pool: list[Path], source: Stream
) -> Block:
    """len(mu) events of one graviton mass, event i with mean pileup mu[i]."""
    rng = source.rng
    mass = rng.uniform(*request.mass)
    pythia = Pythia(name, mass, source.pythia_seed(), request.ecm)
    records = pythia.records(len(mu))
    particles = pythia.particles(records)
    narrow, wide = (generator_jets(particles, radius, JET_MIN_PT) for radius in (NARROW, WIDE))
    truth = Table.of(truth_objects(records, narrow, wide))
    genjet = narrow.table(GENJET_MIN_PT, detector.cells.eta_max)
    found = deposits(spread(particles, detector.vertex, rng), detector)
    npu = rng.poisson(mu)
    if npu.any():
        found = overlay(found, _pool(tuple(pool)), npu, rng)
    tables: dict[str, list[Table]] = {calorimeter: [] for calorimeter in detector.calorimeters}
    for start in range(0, len(mu), READ_OUT):
        some = found.events(start, min(start + READ_OUT, len(mu)))
        for calorimeter, model in detector.calorimeters.items():
            tables[calorimeter].append(Table.of(read_out(some, calorimeter, model, detector, rng)))
    code = np.full(len(mu), process(name).code, np.int8)
    scalars: dict[str, NDArray[Any]] = {"process": code, "mu": mu.astype(np.float32), "npu": npu.astype(np.uint16)}
    cells = {key: Table.joined(parts) for key, parts in tables.items()}
    return Block(scalars, cells | {"truth": truth, "genjet": genjet})

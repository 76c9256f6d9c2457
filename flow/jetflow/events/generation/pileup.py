"""Pileup: minimum-bias collisions brought to the calorimeter once, then drawn, turned and mirrored for each event."""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import dataclass, fields, replace
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from jetflow.atomic import write_bytes
from jetflow.errors import InputError
from jetflow.events.collisions.pythia import Pythia
from jetflow.events.collisions.vertices import draw_vertices, moved
from jetflow.events.detector.card import Detector
from jetflow.events.detector.propagation import at_calorimeter, deposits
from jetflow.events.detector.tracking import Tracks, find_tracks
from jetflow.events.generation.seeds import stream
from jetflow.events.particles import Deposits, Grouped, ranges

__all__ = ["BLOCK", "Draws", "Pool", "draw", "load_pool", "make_block", "overlay", "pool_block_path", "pool_blocks"]

G = TypeVar("G", bound=Grouped)

BLOCK = 1000  # minimum-bias events made by one Pythia
_KEY, _TRACKING_KEY = 1000, 1003  # name the random streams of the pool; above every process code


@dataclass(frozen=True)
class Pool:
    """Minimum-bias collisions: what each leaves in the calorimeters and its tracks."""

    deposits: Deposits
    tracks: Tracks


def pool_blocks(draws: float) -> int:
    """Blocks of the pool for `draws` expected pileup collisions: each event is used about 100 times, 1 to 20 blocks.

    Every use has a new azimuth and mirror, and every signal event other company.
    """
    return int(np.clip(np.ceil(draws / (100 * BLOCK)), 1, 20))


def pool_block_path(cache: Path, detector: Detector, seed: int, ecm: float, block: int) -> Path:
    """The file of one block: its name covers everything that its content depends on."""
    facts = json.dumps([detector.model_dump(mode="json"), seed, ecm, BLOCK, "pool-2"], sort_keys=True)
    return cache / f"pool-{hashlib.sha256(facts.encode()).hexdigest()[:16]}-{block:03d}.npz"


def make_block(path: Path, detector: Detector, seed: int, ecm: float, block: int) -> None:
    """Make block `block` of the pool at `path`, unless it is there."""
    if path.exists():
        return
    source = stream(seed, _KEY, block)
    pythia = Pythia("minbias", 0.0, source.pythia_seed(), ecm)
    z = draw_vertices(BLOCK, detector.vertex, source.rng)
    particles = moved(pythia.particles(pythia.records(BLOCK)), z)
    entry = at_calorimeter(particles, detector)
    made = {
        "deposits": deposits(particles, entry, detector),
        "tracks": find_tracks(particles, entry, z, detector, stream(seed, _TRACKING_KEY, block).rng),
    }
    arrays = {
        f"{kind}/{name}": values
        for kind, group in made.items()
        for name, values in ({"offsets": group.offsets} | group.columns()).items()
    }
    content = BytesIO()
    np.savez(content, **arrays)
    write_bytes(path, content.getvalue())


def load_pool(paths: list[Path]) -> Pool:
    """The blocks of a pool as one."""
    blocks = []
    for path in paths:
        try:
            with np.load(path, allow_pickle=False) as file:
                blocks.append(Pool(_group(file, "deposits", Deposits), _group(file, "tracks", Tracks)))
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise InputError(f"{path}: corrupt pileup pool; remove the file and run the same command again") from error
    return Pool(_joined([block.deposits for block in blocks]), _joined([block.tracks for block in blocks]))


def _group(file: Any, kind: str, group: type[G]) -> G:
    return group(**{field.name: file[f"{kind}/{field.name}"] for field in fields(group)})


def _joined(groups: list[G]) -> G:
    counts = np.concatenate([np.diff(group.offsets) for group in groups])
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(group, name) for group in groups]) for name in groups[0].columns()
    }
    return replace(groups[0], offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), **columns)


@dataclass(frozen=True)
class Draws:
    """Which collisions of the pool go into n events: event i takes before[i]:before[i + 1].

    before (n + 1) int64; pick int64, the event of the pool; turn float32, its azimuth; mirror float32, 1 or -1.
    """

    before: NDArray[np.int64]
    pick: NDArray[np.int64]
    turn: NDArray[np.float32]
    mirror: NDArray[np.float32]

    def events(self, start: int, stop: int) -> Draws:
        """Events start .. stop - 1."""
        rows = slice(self.before[start], self.before[stop])
        before = self.before[start : stop + 1] - self.before[start]
        return Draws(before, self.pick[rows], self.turn[rows], self.mirror[rows])


def draw(npu: NDArray[np.int64], pool_events: int, rng: np.random.Generator) -> Draws:
    """npu[i] collisions for event i, each turned by a random azimuth and perhaps mirrored."""
    total = int(npu.sum())
    pick = rng.integers(0, pool_events, total)
    turn = rng.uniform(0.0, 2 * np.pi, total).astype(np.float32)
    mirror = (1 - 2 * rng.integers(0, 2, total)).astype(np.float32)
    return Draws(np.concatenate([[0], np.cumsum(npu)]).astype(np.int64), pick, turn, mirror)


def overlay(signal: G, pool: G, draws: Draws) -> G:
    """Add the collisions `draws` of `pool` to the events of `signal`: deposits or tracks.

    The mirror maps eta to -eta and the vertex to -z: both are exact symmetries of the solenoid, so that nothing
    has to be propagated again. Deposits are merged, not images: a cell is smeared once, on its summed energy.
    """
    size = np.diff(pool.offsets)[draws.pick]
    index = ranges(pool.offsets[draws.pick], size)
    own = np.diff(signal.offsets)
    added = np.diff(np.concatenate([[0], np.cumsum(size)])[draws.before])
    offsets = np.concatenate([[0], np.cumsum(own + added)]).astype(np.int64)
    from_signal, from_pool = ranges(offsets[:-1], own), ranges(offsets[:-1] + own, added)
    mirror, turn = np.repeat(draws.mirror, size), np.repeat(draws.turn, size)
    merged: dict[str, Any] = {}
    others = pool.columns()
    for name, values in signal.columns().items():
        second = others[name][index]
        if name == "z" or name.startswith("eta"):
            second = second * mirror
        elif name.startswith("phi"):
            second = second + turn
        merged[name] = both = np.empty(offsets[-1], values.dtype)
        both[from_signal], both[from_pool] = values, second
    return replace(signal, offsets=offsets, **merged)

"""Pileup: minimum-bias collisions brought to the calorimeter once, then drawn, turned and mirrored for each event."""

import hashlib
import json
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jetflow.atomic import write_bytes
from jetflow.errors import InputError
from jetflow.events.card import Detector
from jetflow.events.particles import Deposits, ranges
from jetflow.events.propagation import deposits
from jetflow.events.pythia import Pythia
from jetflow.events.seeds import stream
from jetflow.events.vertices import spread

__all__ = ["BLOCK", "load_pool", "make_block", "overlay", "pool_block_path", "pool_blocks"]

BLOCK = 1000  # minimum-bias events made by one Pythia
_KEY = 1000  # names the random stream of the pool; above every process code
_FIELDS = ("offsets", "eta", "phi", "ecal", "hcal")


def pool_blocks(draws: float) -> int:
    """Blocks of the pool for `draws` expected pileup collisions: each event is used about 100 times, 1 to 20 blocks.

    Every use has a new azimuth and mirror, and every signal event other company.
    """
    return int(np.clip(np.ceil(draws / (100 * BLOCK)), 1, 20))


def pool_block_path(cache: Path, detector: Detector, seed: int, ecm: float, block: int) -> Path:
    """The file of one block: its name covers everything that its content depends on."""
    facts = json.dumps([detector.model_dump(mode="json"), seed, ecm, BLOCK, "pool-1"], sort_keys=True)
    return cache / f"pool-{hashlib.sha256(facts.encode()).hexdigest()[:16]}-{block:03d}.npz"


def make_block(path: Path, detector: Detector, seed: int, ecm: float, block: int) -> None:
    """Make block `block` of the pool at `path`, unless it is there."""
    if path.exists():
        return
    source = stream(seed, _KEY, block)
    pythia = Pythia("minbias", 0.0, source.pythia_seed(), ecm)
    particles = spread(pythia.particles(pythia.records(BLOCK)), detector.vertex, source.rng)
    made = deposits(particles, detector)
    content = BytesIO()
    np.savez(content, **{name: getattr(made, name) for name in _FIELDS})
    write_bytes(path, content.getvalue())


def load_pool(paths: list[Path]) -> Deposits:
    """The blocks of a pool as one set of deposits."""
    blocks = []
    for path in paths:
        try:
            with np.load(path, allow_pickle=False) as file:
                blocks.append({name: file[name] for name in _FIELDS})
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise InputError(f"{path}: corrupt pileup pool; remove the file and run the same command again") from error
    shift = np.concatenate([[0], np.cumsum([block["offsets"][-1] for block in blocks])])
    offsets = [block["offsets"][1:] + start for block, start in zip(blocks, shift, strict=False)]
    return Deposits(
        offsets=np.concatenate([[0], *offsets]).astype(np.int64),
        **{name: np.concatenate([block[name] for block in blocks]) for name in _FIELDS[1:]},
    )


def overlay(signal: Deposits, pool: Deposits, npu: NDArray[np.int64], rng: np.random.Generator) -> Deposits:
    """Add `npu[i]` collisions of `pool` to event i of `signal`, each turned by a random azimuth and perhaps mirrored.

    The mirror maps eta to -eta and the vertex to -z: both are exact symmetries of the solenoid, so that nothing
    has to be propagated again. Deposits are merged, not images: a cell is smeared once, on its summed energy.
    """
    total = int(npu.sum())
    pick = rng.integers(0, len(pool.offsets) - 1, total)
    turn = rng.uniform(0.0, 2 * np.pi, total).astype(np.float32)
    mirror = (1 - 2 * rng.integers(0, 2, total)).astype(np.float32)
    size = np.diff(pool.offsets)[pick]
    index = ranges(pool.offsets[pick], size)
    own = np.diff(signal.offsets)
    before = np.concatenate([[0], np.cumsum(npu)])
    added = np.concatenate([[0], np.cumsum(size)])[before]
    counts = own + np.diff(added)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    from_signal = ranges(offsets[:-1], own)
    from_pool = ranges(offsets[:-1] + own, np.diff(added))

    def merged(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
        both = np.empty(offsets[-1], np.float32)
        both[from_signal], both[from_pool] = first, second
        return both

    return Deposits(
        offsets=offsets,
        eta=merged(signal.eta, pool.eta[index] * np.repeat(mirror, size)),
        phi=merged(signal.phi, pool.phi[index] + np.repeat(turn, size)),
        ecal=merged(signal.ecal, pool.ecal[index]),
        hcal=merged(signal.hcal, pool.hcal[index]),
    )

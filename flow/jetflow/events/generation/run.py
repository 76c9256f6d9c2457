"""Making a file of events: plan the shards, run them on several processes, merge them into one file."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jetflow
from jetflow.errors import InputError
from jetflow.events.block import Block
from jetflow.events.collisions.processes import PROCESSES
from jetflow.events.detector.card import Detector, load_card
from jetflow.events.extra import optional
from jetflow.events.files.writer import write_events
from jetflow.events.generation.cluster import on_cluster
from jetflow.events.generation.pileup import make_block, pool_block_path, pool_blocks
from jetflow.events.generation.request import Request
from jetflow.events.generation.seeds import stream
from jetflow.events.generation.shards import Shard, make_shard, plan
from jetflow.events.generation.workers import on_processes

__all__ = ["generate"]

_SHUFFLE = 1001  # names the random stream of the order of events; above every process code
_PACKAGES = ("awkward", "fastjet", "h5py", "numpy", "pythia8mc")
Progress = Callable[[str, int, int], None]


def generate(
    request: Request,
    out: Path,
    workers: int = 1,
    cache: Path | None = None,
    progress: Progress | None = None,
    dask: str | None = None,
) -> int:
    """Make the events that `request` asks for in the file `out`; return their number.

    The bytes depend on `request` alone. Shards are kept in `.<name>.shards` beside `out` until the file is whole: a
    run that was killed goes on where it was. Pileup pools stay in `cache` (default: `$JETFLOW_CACHE`, else
    `jetflow` in the user's cache folder). `progress(what, done, total)` is called as work finishes. `dask` is the
    address of a Dask scheduler: its workers make pool and shards instead of `workers` processes; they need jetflow,
    but no common disk.
    """
    if workers < 1:
        raise InputError(f"--workers: found {workers}; at least 1 process is needed")
    if out.is_dir():
        raise InputError(f"--out: {out} is a folder; name a file")
    for module in ("pythia8mc", "fastjet", "awkward"):
        optional(module)
    detector = load_card(request.card)
    shards = plan(request)
    place = cache or default_cache()
    draws = request.events * sum(request.pileup) / len(request.pileup)
    blocks = range(pool_blocks(draws) if draws else 0)
    pool = [pool_block_path(place, detector, request.seed, request.ecm, block) for block in blocks]
    facts = _provenance(request, detector, len(pool))
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12]
    folder = out.with_name(f".{out.name}.shards")
    report = progress or (lambda what, done, total: None)
    paths = [folder / f"{digest}-{shard.process}-{shard.index:05d}.npz" for shard in shards]
    with on_cluster(dask, facts["versions"]) if dask else on_processes(workers) as run:
        run(
            make_block,
            [(path, detector, request.seed, request.ecm, block) for block, path in enumerate(pool)],
            lambda done, total: report("pileup pool", done, total),
        )
        run(
            make_shard,
            [(path, request, detector, shard) for path, shard in zip(paths, shards, strict=True)],
            lambda done, total: report("events", done, total),
            reads=pool,
        )
    names = [entry.name for entry in PROCESSES]
    mixed = _mixed(shards, paths, request.seed, report)
    whole = folder / "whole.h5"  # in the folder: whatever a kill leaves behind is there and goes with it
    count = write_events(whole, mixed, detector.cells, names, facts)
    whole.replace(out)
    shutil.rmtree(folder)
    return count


def default_cache() -> Path:
    """Where pileup pools are kept unless the caller says."""
    if own := os.environ.get("JETFLOW_CACHE"):
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jetflow"


def _mixed(shards: Sequence[Shard], paths: Sequence[Path], seed: int, report: Progress) -> Iterator[Block]:
    """Block by block the shards of one index, of all processes, shuffled together: any slice is well mixed."""
    last = max(shard.index for shard in shards) + 1
    for index in range(last):
        group = [path for shard, path in zip(shards, paths, strict=True) if shard.index == index]
        block = Block.joined([Block.load(path) for path in group])
        yield block.take(stream(seed, _SHUFFLE, index).rng.permutation(len(block)))
        report("merge", index + 1, last)


def _provenance(request: Request, detector: Detector, blocks: int) -> dict[str, Any]:
    """All that the content depends on; no time, host or folder (the card is named, not located)."""
    return {
        "request": request.model_dump(mode="json") | {"card": detector.name},
        "detector": detector.model_dump(mode="json", by_alias=True),
        "pool_blocks": blocks,
        "versions": {"jetflow": jetflow.__version__} | {name: version(name) for name in _PACKAGES},
    }

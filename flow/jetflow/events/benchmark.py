"""How fast events are made and read on this machine, and what they cost in memory and bytes."""

from __future__ import annotations

import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from jetflow.events.files.reader import EventFile, GridName, open_events
from jetflow.events.files.schema import CALORIMETER
from jetflow.events.generation.request import Request
from jetflow.events.generation.run import generate

__all__ = ["Benchmark", "benchmark"]

_READ_S = 1.0  # least time of a reading measurement
_SLICE = 64  # images read at a time


@dataclass(frozen=True)
class Benchmark:
    """What was measured.

    `events_per_s` made, from the pool to the finished file, and `pool_s`, the time for the pool (0: it was cached), by
    the wall clock: other work on the machine slows them; `core_ms`, milliseconds of a core an event, without the pool;
    `worker_mib`, the highest resident memory of a worker process; `bytes_per_event` of the file; `towers_per_s` and
    `crystals_per_s`, calorimeter images read in a second of a core.
    """

    events_per_s: float
    pool_s: float
    core_ms: float
    worker_mib: float
    bytes_per_event: float
    towers_per_s: float
    crystals_per_s: float


def benchmark(request: Request, workers: int, cache: Path | None = None) -> Benchmark:
    """Make the events of `request` in a temporary folder, read them back and say what it took."""
    start = time.perf_counter()
    pooled, cores = start, _core_s()

    def progress(what: str, done: int, total: int) -> None:
        nonlocal pooled, cores
        if what == "pileup pool":
            pooled, cores = time.perf_counter(), _core_s()

    with tempfile.TemporaryDirectory(prefix="jetflow-") as folder:
        out = Path(folder) / "events.h5"
        count = generate(request, out, workers, cache, progress)
        end, cores = time.perf_counter(), _core_s() - cores
        own = resource.getrusage(resource.RUSAGE_SELF if workers == 1 else resource.RUSAGE_CHILDREN)
        size = out.stat().st_size
        with open_events(out) as file:
            towers, crystals = _read_rate(file, "tower"), _read_rate(file, "crystal")
    return Benchmark(
        events_per_s=count / (end - pooled),
        pool_s=pooled - start,
        core_ms=cores / count * 1000,
        worker_mib=own.ru_maxrss / 1024,
        bytes_per_event=size / count,
        towers_per_s=towers,
        crystals_per_s=crystals,
    )


def _core_s() -> float:
    """Seconds of a core that this process and its finished children have used."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def _read_rate(file: EventFile, grid: GridName) -> float:
    """Images in a second of a core, over the whole file until a second is over."""
    read, start = 0, time.process_time()
    while (passed := time.process_time() - start) < _READ_S:
        for first in range(0, len(file), _SLICE):
            read += len(file.images(CALORIMETER, grid, first, min(first + _SLICE, len(file))))
    return read / passed

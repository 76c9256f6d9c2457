"""The benchmark runs for real, on few events; its figures are plausible."""

import pytest

from jetflow.events.benchmark import benchmark
from jetflow.events.generation.request import Request


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.nightly)])
def test_figures(workers: int) -> None:
    found = benchmark(Request(processes=("WW", "bb"), events=4), workers)
    assert 0.1 < found.events_per_s < 1000
    assert 1 < found.core_ms < 10_000
    assert 50 < found.worker_mib < 2048, "the memory that a worker may take"
    assert 1000 < found.bytes_per_event < 100_000, "four events share a file's own 40 kB"
    assert found.towers_per_s > found.crystals_per_s > 10

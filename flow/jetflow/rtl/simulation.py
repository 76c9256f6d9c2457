"""Runs events through the Verilator model and compares every output word with the reference."""

import os
import subprocess
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.errors import InputError, ToolError
from jetflow.graph import predict
from jetflow.graph.comparison import NodeResult, SimulationResult, compare
from jetflow.rtl.design import Design
from jetflow.rtl.stimulus import Stimulus, event_beats, write_stimulus
from jetflow.rtl.timing import Timing
from jetflow.rtl.transfers import Transfers, read_transfers, streams
from jetflow.rtl.verilator import Model

__all__ = ["Stalls", "run", "simulate"]

Integers = NDArray[np.integer[Any]]
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Stalls:
    """Random pauses at both ends: their probability before each transfer, and the seed."""

    input: float = 0.0
    output: float = 0.0
    seed: int = 0


def run(design: Design, model: Model, stimulus: Stimulus, waveform: Path | None = None) -> Transfers:
    """Run one stimulus. Raises ToolError where nothing moves any more, or the testbench fails."""
    with tempfile.TemporaryDirectory() as folder:
        given, found = Path(folder) / "stimulus", Path(folder) / "transfers"
        write_stimulus(given, stimulus)
        command = [
            str(model.binary.resolve()),
            str(given),
            str(found),
            *([str(waveform.resolve())] if waveform else []),
        ]
        process = subprocess.run(command, capture_output=True, text=True, check=False)
        if process.returncode:
            text = (process.stderr + process.stdout).strip() or "it said nothing"
            raise ToolError(f"the RTL simulation ended with exit code {process.returncode}: {text[-500:]}")
        return read_transfers(found, design.plan)


def simulate(
    design: Design,
    model: Model,
    images: Integers,
    stalls: Stalls | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    waveform: Path | None = None,
) -> tuple[SimulationResult, Timing]:
    """Run `images`, mantissas (events, rows, columns, channels), back to back, and compare every output word.

    `workers` processes (default: all cores) take an equal share of the events, two at least; `progress` is called with
    the events that are done. `waveform`: a VCD file, of a model that was built with a trace, in one process. Raises
    InputError for images that do not fit, ToolError where the simulation fails or an output is no sequence of whole
    events.
    """
    if len(images) == 0:
        raise InputError("images: there is none: the RTL simulation needs at least one event")
    try:
        expected = predict(design.plan.graph, images)
    except ValueError as error:
        raise InputError(f"{error}: these images do not fit the model") from error
    count = 1 if waveform else min(workers or os.cpu_count() or 1, max(1, len(images) // 2))  # two give an interval
    edges = [len(images) * i // count for i in range(count + 1)]
    outputs = streams(design.plan)

    def share(i: int) -> tuple[list[NodeResult], Timing]:
        low, high = edges[i], edges[i + 1]
        transfers = run(design, model, _stimulus(design, images[low:high], stalls or Stalls()), waveform)
        if broken := [s.name for s in outputs if not transfers.whole(s) or len(transfers.images(s)) != high - low]:
            raise ToolError(f"RTL simulation: {broken[0]} is no sequence of {high - low} whole events")
        results = [compare(s.name, expected[s.name][low:high], transfers.images(s), low) for s in outputs]
        if progress is not None:
            progress(high - low)
        return results, _timing(transfers)

    with ThreadPoolExecutor(count) as pool:
        parts = list(pool.map(share, range(count)))
    nodes = tuple(_merge(results) for results in zip(*(results for results, _ in parts), strict=True))
    timings = [timing for _, timing in parts]
    intervals = [timing.ii_cycles for timing in timings if timing.ii_cycles is not None]
    timing = Timing(max(t.latency_cycles for t in timings), max(intervals) if intervals else None)
    return SimulationResult(len(images), nodes), timing


def _stimulus(design: Design, images: Integers, stalls: Stalls) -> Stimulus:
    plan = design.plan
    beats = reduce(add, (event_beats(np.asarray(i), plan.graph.input.format, plan.input_order) for i in images))
    expected = len(images) * sum(stream.order.beats for stream in streams(plan))
    return Stimulus(beats, expected, stalls.input, stalls.output, stalls.seed)


def _timing(transfers: Transfers) -> Timing:
    starts, ends = transfers.starts, transfers.ends()
    return Timing(int(ends[0] - starts[0]) + 1, int(np.diff(ends).max()) if len(ends) > 1 else None)


def _merge(results: tuple[NodeResult, ...]) -> NodeResult:
    """One output's results of all processes, in the order of their events."""
    first = next((result.first for result in results if result.first is not None), None)
    return NodeResult(results[0].node, sum(r.words for r in results), sum(r.differing for r in results), first)

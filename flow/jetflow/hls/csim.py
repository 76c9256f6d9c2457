"""Runs the C simulation over events, split over processes, and gathers what it compared with the reference."""

import json
import os
import struct
import subprocess
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from jetflow.errors import InputError, ToolError
from jetflow.graph import execute
from jetflow.graph.comparison import Difference, NodeResult, SimulationResult, merge
from jetflow.hls.compiler import Simulation
from jetflow.hls.project import Project
from jetflow.hls.testbench import Comparison, comparisons

__all__ = ["simulate", "write_vectors"]

Integers = NDArray[np.integer[Any]]
Progress = Callable[[int], None]


def simulate(
    project: Project,
    simulation: Simulation,
    images: Integers,
    trace: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> SimulationResult:
    """Simulate `images`, mantissas (events, rows, columns, channels), and compare every word with the reference.

    Compares the outputs, with `trace` every layer. `workers` processes (default: all cores) take an equal share of
    the events; `progress` is called with the number of events handed over since its last call. Raises InputError for
    images of another shape or out of range, ToolError where the simulation itself fails.
    """
    if len(images) == 0:
        raise InputError("images: there is none: the C simulation needs at least one event")
    chosen = _chosen(project, trace)
    count = min(workers or os.cpu_count() or 1, len(images))
    edges = [len(images) * i // count for i in range(count + 1)]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(count) as pool:

        def share(i: int) -> list[NodeResult]:
            part = images[edges[i] : edges[i + 1]]
            return _process(project, simulation, part, edges[i], chosen, Path(folder) / str(i), progress)

        parts = list(pool.map(share, range(count)))
    return SimulationResult(len(images), tuple(merge(results) for results in zip(*parts, strict=True)))


def write_vectors(project: Project, images: Integers, path: Path, trace: bool = False) -> None:
    """Write the vectors of `images` to `path`: what the testbench reads, for a run by hand or by the vendor's tool."""
    from jetflow.atomic import atomic_path

    with atomic_path(path) as part, part.open("wb") as file:
        _feed(file, project, images, _chosen(project, trace), None)


def _chosen(project: Project, trace: bool) -> list[tuple[int, Comparison]]:
    """What is compared, with its position in the testbench's table."""
    return [(i, c) for i, c in enumerate(comparisons(project.plan)) if trace or c.output >= 0]


def _feed(
    file: IO[bytes], project: Project, images: Integers, chosen: list[tuple[int, Comparison]], progress: Progress | None
) -> None:
    """Write the testbench's input, an event at a time (see tb/csim/testbench.cpp for the format)."""
    file.write(b"JETSIM01" + struct.pack(f"<{2 + len(chosen)}I", len(images), len(chosen), *(i for i, _ in chosen)))
    names = [comparison.node for _, comparison in chosen]
    for image in images:
        try:
            words = execute(project.plan.graph, image[None], names)
        except ValueError as error:
            raise InputError(f"{error}: these images do not fit the model") from error
        file.write(np.asarray(image, "<i4").tobytes())
        for name in names:
            file.write(words[name].astype("<i4").tobytes())
        if progress is not None:
            progress(1)


def _process(
    project: Project,
    simulation: Simulation,
    images: Integers,
    offset: int,
    chosen: list[tuple[int, Comparison]],
    result: Path,
    progress: Progress | None,
) -> list[NodeResult]:
    log = result.with_suffix(".log")
    command = [str(simulation.binary.resolve()), "-", str(result)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT)
        assert process.stdin is not None
        try:
            with suppress(BrokenPipeError), process.stdin as pipe:  # it stopped reading: its exit code says why
                _feed(pipe, project, images, chosen, progress)
        except BaseException:
            process.kill()
            raise
        finally:
            code = process.wait()
    if code not in (0, 1):
        text = log.read_text(errors="replace").strip()
        raise ToolError(f"the C simulation ended with exit code {code}: {text[-500:] or 'it said nothing'}")
    nodes = json.loads(result.read_text())["nodes"]
    if (code == 1) != any(node["differing"] for node in nodes):
        raise ToolError(f"the C simulation ended with exit code {code}, which its own result contradicts")
    return [_node(node, offset) for node in nodes]


def _node(item: dict[str, object], offset: int) -> NodeResult:
    first = item["first"]
    difference = None
    if isinstance(first, dict):
        difference = Difference(str(item["node"]), **first)
        difference = replace(difference, event=difference.event + offset)
    return NodeResult(str(item["node"]), int(str(item["words"])), int(str(item["differing"])), difference)

"""Runs the C simulation over events on all cores, and gathers what it compared with the reference.

The events are simulated in parts, a process each. A part's result can stay on disk, so that a simulation that was
killed goes on where it was.
"""

import hashlib
import json
import os
import struct
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.atomic import atomic_path, write_text
from jetflow.errors import InputError, ToolError
from jetflow.graph import Conv2D, Graph, check_images, expected_words, graph_digest
from jetflow.graph.comparison import Difference, NodeResult, SimulationResult, merge
from jetflow.hls.compiler import Simulation
from jetflow.hls.project import Project
from jetflow.hls.testbench import Comparison, comparisons
from jetflow.provenance import code_digest

__all__ = ["simulate", "write_vectors"]

PART = 1e9  # multiply-accumulates of a part, some seconds: at full size an image
Integers = NDArray[np.integer[Any]]
Progress = Callable[[int], None]
Words = Mapping[str, Integers]  # of one image, by node
Chosen = list[tuple[int, Comparison]]  # what is compared, with its position in the testbench's table


def simulate(
    project: Project,
    simulation: Simulation,
    images: Integers,
    trace: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
    resume: Path | None = None,
) -> SimulationResult:
    """Simulate `images`, mantissas (events, rows, columns, channels), and compare every word with the reference.

    Compares the outputs, with `trace` every layer. `workers` processes at a time (default: one a core); `progress` is
    called with the number of events done since its last call. Parts stay in the folder `resume`, where the next call
    with the same simulation and images finds them; remove it when its result is safe. Raises InputError for images of
    another shape or out of range, ToolError where the simulation itself fails.
    """
    if len(images) == 0:
        raise InputError("images: there is none: the C simulation needs at least one event")
    graph, chosen = project.plan.graph, _chosen(project, trace)
    count = workers or os.cpu_count() or 1
    edges = _edges(graph, len(images), count)
    expected = _expected(graph, images, [c.node for _, c in chosen])
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(count) as pool:
        folder = resume / _key(graph, simulation, images, chosen) if resume else Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)

        def part(first: int, last: int) -> list[NodeResult]:
            path = folder / f"{first}-{last}.json"
            done = progress or (lambda events: None)
            if path.is_file():
                done(last - first)
            else:
                events = (_event(images[i], expected(i), chosen) for i in range(first, last))
                write_text(path, _process(simulation, events, last - first, chosen, Path(scratch) / str(first), done))
            return [_node(item, first) for item in json.loads(path.read_text())["nodes"]]

        parts = list(pool.map(part, edges[:-1], edges[1:]))
    return SimulationResult(len(images), tuple(merge(results) for results in zip(*parts, strict=True)))


def write_vectors(project: Project, images: Integers, path: Path, trace: bool = False) -> None:
    """Write the vectors of `images` to `path`: what the testbench reads, for a run by hand or by the vendor's tool."""
    chosen = _chosen(project, trace)
    expected = _expected(project.plan.graph, images, [c.node for _, c in chosen])
    with atomic_path(path) as part, part.open("wb") as file:
        file.write(_header(len(images), chosen))
        for i, image in enumerate(images):
            file.write(_event(image, expected(i), chosen))


def _edges(graph: Graph, events: int, workers: int) -> list[int]:
    """Where the parts begin and end: a multiple of `workers` parts, so that no core waits long for the last one."""
    macs = sum(node.macs for node in graph if isinstance(node, Conv2D))
    rounds = max(1, round(events * macs / (PART * workers)))
    count = min(events, rounds * workers)
    return [events * i // count for i in range(count + 1)]


def _key(graph: Graph, simulation: Simulation, images: Integers, chosen: Chosen) -> str:
    """Digest of all that a part's result depends on, but for which events it holds."""
    tensors = [i for i, _ in chosen]
    whole = hashlib.sha256(f"{graph_digest(graph)} {simulation.digest} {code_digest()} {tensors}".encode())
    whole.update(np.ascontiguousarray(images, np.int64).tobytes())
    return whole.hexdigest()[:16]


def _chosen(project: Project, trace: bool) -> Chosen:
    """What is compared, with its position in the testbench's table."""
    return [(i, c) for i, c in enumerate(comparisons(project.plan)) if trace or c.output >= 0]


def _expected(graph: Graph, images: Integers, names: list[str]) -> Callable[[int], Words]:
    """A function that gives the reference's words of one image by name; every layer is too much for all at once."""
    try:
        check_images(graph, images)
    except ValueError as error:
        raise InputError(f"{error}: these images do not fit the model") from error
    if set(names) <= {node.name for node in graph.outputs}:
        words = expected_words(graph, images, names)
        return lambda i: {name: words[name][i] for name in names}
    return lambda i: expected_words(graph, images[i : i + 1], names)


def _header(events: int, chosen: Chosen) -> bytes:
    """How the vectors begin (see tb/csim/testbench.cpp for the format)."""
    return b"JETSIM01" + struct.pack(f"<{2 + len(chosen)}I", events, len(chosen), *(i for i, _ in chosen))


def _event(image: Integers, expected: Words, chosen: Chosen) -> bytes:
    """The vectors of one event."""
    words = [image, *(expected[comparison.node] for _, comparison in chosen)]
    return b"".join(np.asarray(part, "<i4").tobytes() for part in words)


def _process(
    simulation: Simulation, events: Iterable[bytes], count: int, chosen: Chosen, scratch: Path, done: Progress
) -> str:
    """Run the testbench on `count` events; returns its result. It reads an event when it has done the one before."""
    log, result = scratch.with_suffix(".log"), scratch.with_suffix(".json")
    command = [str(simulation.binary.resolve()), "-", str(result)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT)
        assert process.stdin is not None
        try:
            with suppress(BrokenPipeError), process.stdin as pipe:  # it stopped reading: its exit code says why
                pipe.write(_header(count, chosen))
                for i, event in enumerate(events):
                    pipe.write(event)
                    done(min(i, 1))
        except BaseException:
            process.kill()
            raise
        finally:
            code = process.wait()
    if code not in (0, 1):
        text = log.read_text(errors="replace").strip()
        raise ToolError(f"the C simulation ended with exit code {code}: {text[-500:] or 'it said nothing'}")
    text = result.read_text()
    if (code == 1) != any(node["differing"] for node in json.loads(text)["nodes"]):
        raise ToolError(f"the C simulation ended with exit code {code}, which its own result contradicts")
    done(1)
    return text


def _node(item: dict[str, object], offset: int) -> NodeResult:
    first = item["first"]
    difference = None
    if isinstance(first, dict):
        difference = Difference(str(item["node"]), **first)
        difference = replace(difference, event=difference.event + offset)
    return NodeResult(str(item["node"]), int(str(item["words"])), int(str(item["differing"])), difference)

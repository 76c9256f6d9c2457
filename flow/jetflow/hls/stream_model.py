"""A cycle-stepped model of the streams: every layer with its schedule, every FIFO with its depth.

In each clock an idle layer starts its next iteration if the word it reads lies in its FIFO and every FIFO it writes
to (all branches of a clone) has room, both as they were when the clock began: a word written in one clock can be
read in the next, and a full FIFO takes a word the clock after one has left. The image arrives at one pixel a clock,
the outputs are always taken. What the model leaves out is the depth of the arithmetic pipelines, some clocks a layer,
which delays the first word and not the ones behind it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jetflow.hls.implementation import Implementations
from jetflow.hls.plan import Plan
from jetflow.hls.schedule import Schedule, schedule
from jetflow.hls.streams import PORT_DEPTH, stream_map

__all__ = ["StreamResult", "simulate_streams"]


@dataclass(frozen=True)
class StreamResult:
    """What the model saw. `latency`: clocks from the first pixel to the last word of the first image.

    `interval`: clocks between the last words of the last two images. `peak`: most words that lay in each stream.
    `stuck`: the layers that wait for each other for ever; empty where every image went through.
    """

    latency: int
    interval: int
    peak: dict[str, int]
    stuck: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Process:
    """A layer, or the taker of an output: numbers of the streams it reads and of those it writes."""

    name: str
    schedule: Schedule
    sources: tuple[int, ...]
    targets: tuple[int, ...]


def simulate_streams(plan: Plan, depths: Mapping[str, int], how: Implementations, images: int = 3) -> StreamResult:
    """Step the design of `plan` with FIFOs of `depths` (by stream name) through `images` images, back to back."""
    streams = stream_map(plan)
    depth = np.array([depths.get(name, PORT_DEPTH) for name in streams])
    return _step(_processes(plan, how), list(streams), depth, images)


def _processes(plan: Plan, how: Implementations) -> list[_Process]:
    full, streams = plan.with_clones(), stream_map(plan)
    numbers = {ends: i for i, ends in enumerate(streams.values())}
    found = []
    for layer in full.layers:
        targets = tuple(i for i, (writer, _) in enumerate(streams.values()) if writer == layer.name)
        steps = schedule(full, layer, how)
        sources = tuple(numbers[source, layer.name] for source in layer.sources)
        found.append(_Process(layer.name, steps, sources, targets))
    for i, (name, (writer, reader)) in enumerate(streams.items()):
        if not reader:
            words = int(np.prod(full[writer].shape[:2]))
            steps = Schedule((np.ones(words, bool),), np.zeros(words, bool), 1)
            found.append(_Process(f"taker of {name}", steps, (i,), ()))
    return found


def _step(processes: list[_Process], streams: list[str], depth: NDArray[np.int64], images: int) -> StreamResult:
    lengths = np.array([len(p.schedule.writes) for p in processes])
    offset = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    most = max(len(p.sources) for p in processes)
    reads = np.zeros((most, int(lengths.sum())), bool)  # by place among the sources of a process
    source = np.full((most, len(processes)), len(streams))  # the last one stands for none
    for i, process in enumerate(processes):
        for k, (number, pattern) in enumerate(zip(process.sources, process.schedule.reads, strict=True)):
            source[k, i] = number
            reads[k, offset[i] : offset[i] + lengths[i]] = pattern
    writes = np.concatenate([p.schedule.writes for p in processes])
    interval = np.array([p.schedule.interval for p in processes])
    targets = np.zeros((len(processes), len(streams)), np.uint8)
    for i, process in enumerate(processes):
        targets[i, list(process.targets)] = 1
    takers = np.array([not p.targets for p in processes])

    held, peak = np.zeros(len(streams) + 1, int), np.zeros(len(streams), int)
    at, image, ready = np.zeros_like(lengths), np.zeros_like(lengths), np.zeros_like(lengths)
    done: list[int] = []  # the clock of each image's last word
    clock = 0
    while len(done) < images:
        place = offset + at
        reading, writing = reads[:, place], writes[place]
        full = (held[:-1] >= depth).astype(np.uint8)
        waiting = (reading & (held[source] == 0)).any(0) | (writing & (targets @ full > 0))
        idle = (ready <= clock) & (image < images)
        starts = idle & ~waiting
        if not starts.any() and idle[image < images].all():
            stuck = tuple(p.name for p, left in zip(processes, image < images, strict=True) if left)
            return StreamResult(0, 0, dict(zip(streams, peak.tolist(), strict=True)), stuck)
        np.subtract.at(held, source[starts & reading], 1)
        held[:-1] += (starts & writing) @ targets
        np.maximum(peak, held[:-1], out=peak)
        ready[starts] = clock + interval[starts]
        at[starts] += 1
        ended = at == lengths
        image[ended] += 1
        at[ended] = 0
        clock += 1
        if ended.any() and int(image[takers].min()) > len(done):
            done.append(clock)
    first = done[0]
    last = done[-1] - done[-2] if images > 1 else first
    return StreamResult(first, last, dict(zip(streams, peak.tolist(), strict=True)), ())

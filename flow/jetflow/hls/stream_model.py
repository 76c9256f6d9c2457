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

from jetflow.hls.implementation import Implementations
from jetflow.hls.plan import Plan
from jetflow.hls.schedule import Schedule, schedule
from jetflow.hls.stepper import WRITES, Steps, step
from jetflow.hls.streams import PORT_DEPTH, stream_map

__all__ = ["Process", "StreamModel", "StreamResult", "processes"]

ENDLESS = 2**40  # words: no image is as large; also clocks


@dataclass(frozen=True)
class StreamResult:
    """What the model saw. `latency`: clocks from the first pixel to the last word of the first image.

    `interval`: clocks between the last words of the last two images. `out`: the clock of every image's last word.
    `peak`: most words that lay in each stream. `waited`: clocks in which its writer waited for room in it.
    `stuck`: the layers that wait for each other for ever; empty where every image went through.
    `late`: an image missed its deadline. Stuck or late, latency and interval are 0.
    """

    latency: int
    interval: int
    out: tuple[int, ...]
    peak: dict[str, int]
    waited: dict[str, int]
    stuck: tuple[str, ...]
    late: bool


@dataclass(frozen=True, eq=False)
class Process:
    """A layer, or the taker of an output: numbers of the streams it reads and of those it writes."""

    name: str
    schedule: Schedule
    sources: tuple[int, ...]
    targets: tuple[int, ...]


class StreamModel:
    """The streams of `plan`, built as `how` says, ready to be stepped with any depths of the FIFOs."""

    def __init__(self, plan: Plan, how: Implementations) -> None:
        self.streams = list(stream_map(plan))
        self.processes = processes(plan, how)
        self._steps = Steps(
            [_pattern(process.schedule) for process in self.processes],
            [process.schedule.interval for process in self.processes],
            [process.sources for process in self.processes],
            [process.targets for process in self.processes],
            len(self.streams),
        )

    def run(
        self, depths: Mapping[str, int] | None, images: int = 3, deadlines: tuple[int, ...] | None = None
    ) -> StreamResult:
        """Step `images` images, back to back, through FIFOs of `depths` words by stream name; None: without end.

        What `depths` does not name is a port of the top function. It stops where an image is out later than
        `deadlines` say.
        """
        if depths is None:
            depth = np.full(len(self.streams), ENDLESS)
        else:
            depth = np.array([depths.get(name, PORT_DEPTH) for name in self.streams])
        result = step(self._steps, depth, np.array(deadlines or (ENDLESS,) * images))
        out = result.out.tolist() if not (result.stuck or result.late) else [0] * images
        return StreamResult(
            out[0],
            out[-1] - out[-2] if images > 1 else out[0],
            tuple(out),
            dict(zip(self.streams, result.peak.tolist(), strict=True)),
            dict(zip(self.streams, result.waited.tolist(), strict=True)),
            tuple(p.name for p, n in zip(self.processes, result.done, strict=True) if result.stuck and n < images),
            result.late,
        )


def processes(plan: Plan, how: Implementations) -> list[Process]:
    """Every layer of `plan`, clones included, and a taker of each output."""
    full, streams = plan.with_clones(), stream_map(plan)
    numbers = {ends: i for i, ends in enumerate(streams.values())}
    found = []
    for layer in full.layers:
        targets = tuple(i for i, (writer, _) in enumerate(streams.values()) if writer == layer.name)
        steps = schedule(full, layer, how)
        sources = tuple(numbers[source, layer.name] for source in layer.sources)
        found.append(Process(layer.name, steps, sources, targets))
    for i, (name, (writer, reader)) in enumerate(streams.items()):
        if not reader:
            words = int(np.prod(full[writer].shape[:2]))
            steps = Schedule((np.ones(words, bool),), np.zeros(words, bool), 1)
            found.append(Process(f"taker of {name}", steps, (i,), ()))
    return found


def _pattern(steps: Schedule) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """A byte an iteration, as stepper.cpp reads it."""
    found = steps.writes.astype(np.uint8) * np.uint8(WRITES)
    for k, reads in enumerate(steps.reads):
        found |= reads.astype(np.uint8) << np.uint8(k)
    return found

"""What came out of a simulation: the words of every output, event by event, and the cycles of both ends."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jetflow.graph import FixedPoint
from jetflow.rtl.harness import stream_words
from jetflow.rtl.order import StreamOrder
from jetflow.rtl.plan import Plan
from jetflow.rtl.stimulus import unpack
from jetflow.rtl.top import lane_bits

__all__ = ["Stream", "Transfers", "read_transfers", "streams"]

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Stream:
    """One output of a design."""

    name: str
    format: FixedPoint
    channels: int
    order: StreamOrder

    @property
    def words(self) -> int:
        """32-bit words of a beat."""
        return stream_words(lane_bits(self.format) * self.fields)

    @property
    def fields(self) -> int:
        """Values of a beat."""
        return self.order.lanes * self.channels


@dataclass(frozen=True, eq=False)
class Transfers:
    """`starts`: cycle of each event's first beat in. By output: `cycles` and `last` of every beat, its `values`."""

    starts: Integers
    cycles: dict[str, Integers]
    last: dict[str, NDArray[np.bool_]]
    values: dict[str, Integers]  # (beats, lanes * channels)

    def whole(self, stream: Stream) -> bool:
        """Whether the output brought whole events, their last beats and only these marked so."""
        marks = self.last[stream.name]
        expected = np.arange(1, len(marks) + 1) % stream.order.beats == 0
        return len(marks) % stream.order.beats == 0 and bool((marks == expected).all())

    def images(self, stream: Stream) -> Integers:
        """The output's images (events, rows, columns, channels)."""
        values = self.values[stream.name]
        return stream.order.images(values.reshape(-1, stream.order.beats, stream.fields))

    def ends(self) -> Integers:
        """Cycle of each event's last word, over all outputs that have it."""
        ends = [self.cycles[name][marks] for name, marks in self.last.items()]
        events = min(len(end) for end in ends)
        latest: Integers = np.max([end[:events] for end in ends], axis=0)
        return latest


def streams(plan: Plan) -> tuple[Stream, ...]:
    """The outputs of a design, in order."""
    found = []
    for output in plan.graph.outputs:
        found.append(Stream(output.name, output.format, output.shape[2], plan.output(output.name).leaving))
    return tuple(found)


def read_transfers(path: Path, plan: Plan) -> Transfers:
    """Read what tb/rtl/testbench.cpp wrote."""
    words, outputs = np.fromfile(path, "<u4"), streams(plan)
    lengths = [3] + [3 + stream.words for stream in outputs]
    starts: list[int] = []
    places: list[list[int]] = [[] for _ in outputs]
    position = 0
    while position < len(words):
        kind = int(words[position])
        if kind:
            places[kind - 1].append(position)
        else:
            starts.append(int(words[position + 2]))
        position += lengths[kind]
    cycles, last, values = {}, {}, {}
    for stream, where in zip(outputs, places, strict=True):
        rows = words[np.asarray(where, np.int64)[:, None] + np.arange(3 + stream.words)]
        last[stream.name] = rows[:, 1].astype(bool)
        cycles[stream.name] = rows[:, 2].astype(np.int64)
        values[stream.name] = unpack(rows[:, 3:], stream.format, stream.fields)
    return Transfers(np.asarray(starts, np.int64), cycles, last, values)

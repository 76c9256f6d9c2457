"""What goes into a simulation: beats of pixels with pauses and resets, and how the two ends stall."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jetflow.graph import FixedPoint
from jetflow.rtl.order import StreamOrder
from jetflow.rtl.top import lane_bits

__all__ = ["Beats", "Stimulus", "event_beats", "unpack", "write_stimulus"]

Integers = NDArray[np.int64]
Words = NDArray[np.uint32]
LAST, RESET = 1, 2


@dataclass(frozen=True, eq=False)
class Beats:
    """Beats of the input stream: flags (LAST, RESET before it), idle cycles before it, tdata as 32-bit words."""

    flags: Words
    idle: Words
    words: Words  # (beats, words)

    def __add__(self, other: "Beats") -> "Beats":
        return Beats(*(np.concatenate(pair) for pair in zip(vars(self).values(), vars(other).values(), strict=True)))

    def truncated(self, count: int) -> "Beats":
        """The first `count` beats, the last of them marked as the event's last."""
        flags = self.flags[:count].copy()
        flags[-1] |= LAST
        return Beats(flags, self.idle[:count], self.words[:count])

    def abandoned(self, count: int) -> "Beats":
        """The first `count` beats, without an end."""
        return Beats(self.flags[:count], self.idle[:count], self.words[:count])

    def after(self, cycles: int, beat: int = 0, reset: bool = False) -> "Beats":
        """The same with `cycles` idle cycles, and a reset if wished, before one of the beats."""
        flags, idle = self.flags.copy(), self.idle.copy()
        flags[beat] |= RESET * reset
        idle[beat] = cycles
        return replace(self, flags=flags, idle=idle)


@dataclass(frozen=True, eq=False)
class Stimulus:
    """Beats and the behaviour of both ends: probabilities of a pause, the cycle before which nothing is taken.

    `expected`: output transfers after which it ends; `patience`: a hang is as many cycles without a transfer.
    """

    beats: Beats
    expected: int
    in_stall: float = 0.0
    out_stall: float = 0.0
    seed: int = 0
    quiet_until: int = 0
    patience: int = field(default=100_000)


def event_beats(image: Integers, format: FixedPoint, order: StreamOrder) -> Beats:
    """The beats of one image, mantissas (rows, columns, channels)."""
    words = _pack(order.streamed(image[None])[0], lane_bits(format))
    flags = np.zeros(len(words), np.uint32)
    flags[-1] = LAST
    return Beats(flags, np.zeros(len(words), np.uint32), words)


def _pack(beats: Integers, lane: int) -> Words:
    """Mantissas (beats, channels) as 32-bit words (beats, words), channels in lanes of whole bytes."""
    lanes = np.ascontiguousarray(beats.astype("<i8")).view(np.uint8).reshape(*beats.shape, 8)[:, :, : lane // 8]
    flat = lanes.reshape(len(beats), -1)
    flat = np.pad(flat, ((0, 0), (0, -flat.shape[1] % 4)))
    return np.ascontiguousarray(flat).view("<u4")


def unpack(words: Words, format: FixedPoint, channels: int) -> Integers:
    """Mantissas (beats, channels) from the words of an output's tdata."""
    lane = lane_bits(format)
    lanes = np.ascontiguousarray(words, "<u4").view(np.uint8)[:, : channels * lane // 8]
    wide = np.zeros((len(words), channels, 8), np.uint8)
    wide[:, :, : lane // 8] = lanes.reshape(len(words), channels, lane // 8)
    values = wide.view("<i8")[:, :, 0]
    sign = np.int64(1) << (lane - 1)
    return (values ^ sign) - sign if format.signed else values


def write_stimulus(path: Path, stimulus: Stimulus) -> None:
    """The file that tb/rtl/testbench.cpp reads."""
    beats = stimulus.beats
    stalls: Sequence[int] = [round(p * 65536) for p in (stimulus.in_stall, stimulus.out_stall)]
    header = (stimulus.seed, *stalls, stimulus.patience, stimulus.quiet_until, stimulus.expected, *beats.words.shape)
    rows = np.concatenate([beats.flags[:, None], beats.idle[:, None], beats.words], axis=1).astype("<u4")
    path.write_bytes(b"JETRTL01" + struct.pack("<8I", *header) + rows.tobytes())

"""The clock loop of the stream model, compiled by g++ once a machine: at full image size Python takes minutes."""

import ctypes
import hashlib
import os
import platform
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.cache import cache_folder
from jetflow.errors import ToolError
from jetflow.tools import require

__all__ = ["MOST_SOURCES", "WRITES", "Result", "Steps", "step"]

SOURCE = Path(__file__).with_name("stepper.cpp")
MOST_SOURCES = 3
WRITES = 1 << 7  # of a pattern; bit k reads a word of source k

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Result:
    """`out`: the clock of every image's last word. `peak`, `waited` by stream; `done` images by process.

    `stuck`: a deadlock; `late`: an image missed its deadline.
    """

    out: Integers
    peak: Integers
    waited: Integers
    done: Integers
    stuck: bool
    late: bool


class Steps:
    """The processes of a design as flat arrays (see stepper.cpp for what each holds)."""

    def __init__(
        self,
        patterns: list[NDArray[np.uint8]],
        intervals: list[int],
        sources: list[tuple[int, ...]],
        targets: list[tuple[int, ...]],
        streams: int,
    ) -> None:
        self.length = np.array([len(pattern) for pattern in patterns], np.int64)
        self.offset = np.concatenate([[0], np.cumsum(self.length)[:-1]]).astype(np.int64)
        self.patterns = np.concatenate(patterns).astype(np.uint8)
        self.interval = np.array(intervals, np.int64)
        self.sources = np.full((len(patterns), MOST_SOURCES), -1, np.int32)
        for row, numbers in zip(self.sources, sources, strict=True):
            row[: len(numbers)] = numbers
        self.begin = np.cumsum([0, *map(len, targets)]).astype(np.int32)
        self.targets = np.array([number for numbers in targets for number in numbers], np.int32)
        self.streams = streams


def step(steps: Steps, depth: Integers, deadlines: Integers) -> Result:
    """Step as many images as there are `deadlines` (clocks) through FIFOs of `depth` words."""
    count, images = len(steps.length), len(deadlines)
    inputs = (steps.length, steps.offset, steps.patterns, steps.interval, steps.sources, steps.begin, steps.targets)
    found = [np.zeros(size, np.int64) for size in (steps.streams, steps.streams, count, images)]
    code = _library().step(
        ctypes.c_int32(count),
        ctypes.c_int32(steps.streams),
        *(_pointer(array) for array in inputs),
        _pointer(np.ascontiguousarray(depth, np.int64)),
        ctypes.c_int32(images),
        _pointer(np.ascontiguousarray(deadlines, np.int64)),
        *(_pointer(array) for array in found),
    )
    peak, waited, done, out = found
    return Result(out, peak, waited, done, code == 1, code == 2)


def _pointer(array: NDArray[Any]) -> ctypes.c_void_p:
    return array.ctypes.data_as(ctypes.c_void_p)


@cache
def _library() -> ctypes.CDLL:
    """The compiled loop, from the cache. Raises MissingToolError without g++, ToolError where g++ fails."""
    name = hashlib.sha256(SOURCE.read_bytes() + platform.machine().encode()).hexdigest()[:16]
    library = cache_folder("stepper") / f"{name}.so"
    if not library.exists():
        library.parent.mkdir(parents=True, exist_ok=True)
        part = library.with_name(f".{library.name}.{os.getpid()}.part")
        command = [require("g++"), "-std=c++17", "-O2", "-shared", "-fPIC", str(SOURCE), "-o", str(part)]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise ToolError(f"g++ ended with exit code {run.returncode} on {SOURCE.name}: {run.stderr.strip()[-500:]}")
        part.replace(library)
    return ctypes.CDLL(str(library))

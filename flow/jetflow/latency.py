"""What one image takes on this machine's CPU: in Keras and in ONNX Runtime, at several batch sizes (latency.json).

The figures are this machine's and this moment's, so the file is no part of the hand-over.
"""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.atomic import write_text
from jetflow.build import Build

__all__ = ["Latency", "measure_latency", "read_latency", "time_call"]

SCHEMA = "jetflow-latency-1"
BATCHES = (1, 16)
SECONDS = 2.0  # a runtime and batch size
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Latency:
    """Median time of one call with `batch` images, over `calls` calls after two to warm up."""

    runtime: str
    machine: str
    batch: int
    median_ms: float
    calls: int


def measure_latency(build: Build, network: Any, images: NDArray[np.integer[Any]]) -> tuple[Latency, ...]:
    """Measure the QDQ model in ONNX Runtime and the folded Keras model `network` on `images`; write latency.json."""
    from jetflow.export.onnx import onnx_runner
    from jetflow.networks.backend import tf

    onnx = onnx_runner(build.onnx("qdq"), [node.name for node in build.graph.outputs])
    keras = tf.function(network)

    def run_keras(x: Any) -> list[Floats]:
        return [head.numpy() for head in keras(x)]

    values = np.ascontiguousarray(images * build.graph.input.format.lsb, np.float32)
    names = f"ONNX Runtime {version('onnxruntime')}", f"Keras, TensorFlow {version('tensorflow')}"
    found = []
    for batch in BATCHES:
        rows = np.resize(values, (batch, *values.shape[1:]))  # repeats images where there are fewer
        found.append(time_call(names[0], batch, partial(onnx, np.ascontiguousarray(rows.transpose(0, 3, 1, 2)))))
        found.append(time_call(names[1], batch, partial(run_keras, tf.constant(rows))))
    content = {"schema": SCHEMA, "latencies": [asdict(latency) for latency in found]}
    write_text(_path(build), json.dumps(content, indent=1) + "\n")
    return tuple(found)


def read_latency(build: Build) -> tuple[Latency, ...]:
    """What was measured; empty where nothing was, or the file is damaged or older than this jetflow."""
    try:
        content = json.loads(_path(build).read_text())
        return tuple(Latency(**item) for item in content["latencies"]) if content["schema"] == SCHEMA else ()
    except (FileNotFoundError, ValueError, LookupError, TypeError):
        return ()


def _path(build: Build) -> Path:
    return build.folder / "latency.json"


def time_call(runtime: str, batch: int, call: Callable[[], object]) -> Latency:
    """Time `call`, which takes `batch` images, for about SECONDS."""
    for _ in range(2):
        call()
    times: list[float] = []
    while not times or sum(times) < SECONDS:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return Latency(runtime, _machine(), batch, round(1000 * statistics.median(times), 4), len(times))


def _machine() -> str:
    """The processor's name and how many cores of it are ours; no host name."""
    cores = len(os.sched_getaffinity(0))
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.machine()}, {cores} cores"

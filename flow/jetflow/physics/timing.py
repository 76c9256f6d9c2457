"""Latency and throughput on this machine's CPU against batch size (paper 2, figure 9): Keras and ONNX Runtime."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.table import Table

from jetflow.latency import Latency, time_call
from jetflow.model import Model
from jetflow.physics.figures.drawing import class_colour
from jetflow.physics.sample import Counts
from jetflow.plots import picture

__all__ = ["BATCHES", "draw_timing", "measure_timing", "timing_table"]

BATCHES = (1, 2, 4, 8, 16, 32, 64)


def measure_timing(
    model: Model, precision: str, counts: Counts, batches: tuple[int, ...] = BATCHES
) -> Iterator[Latency]:
    """Median times of `batches` images, those of `counts` repeated: Keras, and ONNX Runtime where there is a graph.

    Images are ready as float32 in memory; nothing but the network is timed. Measured: of this machine at this moment.
    """
    from jetflow.networks.backend import tf

    values = counts.astype(np.float32) * np.float32(model.config.input.fixed_point().lsb)
    network = tf.function(model.network(precision))
    runtimes: dict[str, Callable[[Any], object]] = {
        "Keras": lambda images: [head.numpy() for head in network(tf.constant(images))]
    }
    if precision in ("twn", "int8"):
        runtimes["ONNX Runtime"] = _onnx(model, precision)
    for name, run in runtimes.items():
        for batch in batches:
            yield time_call(name, batch, partial(run, np.resize(values, (batch, *values.shape[1:]))))


def _onnx(model: Model, precision: str) -> Callable[[Any], object]:
    """The integer graph, as the DSP target exports it, in ONNX Runtime."""
    from jetflow.export.onnx import onnx_runner, write_onnx

    graph = model.graph(precision)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        write_onnx(graph, "qdq", path)
        run = onnx_runner(path, [node.name for node in graph.outputs])
    return lambda images: run(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))


def timing_table(latencies: list[Latency]) -> Table:
    """Latency and throughput by runtime and batch size; the machine is named."""
    table = Table(title=f"measured on {latencies[0].machine}", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for heading in ("runtime", "batch", "ms a batch", "ms an image", "images/s"):
        table.add_column(heading, justify="left" if heading == "runtime" else "right")
    for one in latencies:
        each = one.median_ms / one.batch
        table.add_row(one.runtime, str(one.batch), f"{one.median_ms:.2f}", f"{each:.3f}", f"{1000 / each:,.0f}")
    return table


def draw_timing(latencies: list[Latency], path: Path) -> None:
    """Latency at the left, throughput at the right, against batch size."""
    with picture(path, 1, 2, (13, 5)) as panels:
        for i, name in enumerate(dict.fromkeys(one.runtime for one in latencies)):
            own = [one for one in latencies if one.runtime == name]
            batches, times = [one.batch for one in own], np.array([one.median_ms for one in own])
            panels[0, 0].plot(batches, times, "o-", color=class_colour(i), label=name)
            panels[0, 1].plot(batches, 1000 * np.array(batches) / times, "o-", color=class_colour(i), label=name)
        for panel, title in zip(panels[0], ("ms a batch (median)", "images/s"), strict=True):
            panel.set(xscale="log", yscale="log", xlabel="images in a batch", ylabel=title)
            sizes = sorted({one.batch for one in latencies})
            panel.set_xticks(sizes, [str(size) for size in sizes])
            panel.xaxis.minorticks_off()
            panel.grid(True)
            panel.legend(title=latencies[0].machine)

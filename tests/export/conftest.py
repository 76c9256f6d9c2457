"""Graphs with every node type, and one call that compares their ONNX models with the reference, node by node."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from jetflow.export.onnx import check_onnx, onnx_runner, qonnx_runner, write_onnx
from jetflow.graph import TERNARY, FixedPoint, Graph, GraphBuilder, Overflow, PhiPadding, Rounding
from jetflow.graph.comparison import SimulationResult

WEIGHT = FixedPoint(True, 8, 7)
AROUND = (1, 1, 1, 1)
CIRCULAR, ZERO = PhiPadding.CIRCULAR, PhiPadding.ZERO


def chain_graph(seed: int = 0) -> Graph:
    """Ternary and int8 blocks, slopes of both signs, pools with and without padding, odd sizes, a head of 12 bits."""
    rng = np.random.default_rng(seed)
    b = GraphBuilder("chain")
    x = b.input("image", (9, 11, 2), FixedPoint(False, 10, 4))
    kernels = {
        "regular": (rng.integers(-1, 2, (3, 3, 2, 6)), TERNARY, AROUND, CIRCULAR),
        "depthwise": (rng.integers(-1, 2, (3, 3, 6, 1)), TERNARY, AROUND, CIRCULAR, (1, 1), True),
        "pointwise": (rng.integers(-128, 128, (1, 1, 6, 5)), WEIGHT),
        "strided": (rng.integers(-1, 2, (3, 2, 5, 4)), TERNARY, (0, 1, 2, 1), CIRCULAR, (2, 2)),
        "uneven": (rng.integers(-100, 100, (2, 3, 4, 3)), WEIGHT, (2, 0, 0, 1), ZERO),
    }
    for i, (name, arguments) in enumerate(kernels.items()):
        x = b.conv2d(x, f"{name}_conv", *arguments)
        channels = b.shape(x)[2]
        scale, shift = rng.integers(-31, 32, channels), rng.integers(0, 3, channels)
        x = b.scale_bias(x, f"{name}_norm", scale, shift, rng.integers(-200, 200, channels), 6)
        x = b.requantise(x, f"{name}_scaled", FixedPoint(True, 9, 3), Rounding.RND)
        x = b.prelu(x, f"{name}_prelu", rng.integers(-16, 17, channels), 4)
        x = b.requantise(x, f"{name}_act", FixedPoint(True, 6 + i, 3))
        if name in ("regular", "pointwise"):
            x = b.requantise(
                b.average_pool(x, f"{name}_pool", padding=i // 2), f"{name}_pooled", FixedPoint(True, 8, 4)
            )
    b.output(b.requantise(x, "head_scaled", FixedPoint(True, 12, 1)), "head")
    return b.graph()


def branches_graph(rows: int = 5, columns: int = 6, top: int = 4) -> Graph:
    """The channel gate, a sum, concatenations on several grids, and boxes."""
    rng = np.random.default_rng(6)
    b, act = GraphBuilder("branches"), FixedPoint(True, 6, 3)
    x = b.input("image", (rows, columns, 4), FixedPoint(True, 5, 3))
    gate = b.requantise(b.global_sum(x, "sum"), "mean", FixedPoint(True, 9, 3))
    gate = b.channel_conv(gate, "mix", rng.integers(-128, 128, 3), FixedPoint(True, 8, 8))
    gate = b.requantise(b.hard_sigmoid(gate, "sigmoid"), "factor", FixedPoint(False, 7, 6))
    gated = b.requantise(b.gate(x, gate, "gate"), "gated", act)
    both = b.requantise(b.add(x, gated, "added"), "sum_act", FixedPoint(True, 6, 2), Rounding.TRN_ZERO)
    heads = [
        b.conv2d(both, name, rng.integers(-2, 3, (1, 1, 4, size)), WEIGHT)  # few values, so scores tie
        for name, size in (("offsets", 2), ("classes", 4), ("regression", 1))
    ]
    b.output(b.concatenate([*heads, gated], "together"), "maps")
    b.output(b.detect(heads[0], heads[1], heads[2], "detect", 2, top), "boxes")
    return b.graph()


def roundings(rounding: Rounding) -> Graph:
    """One rounding with every overflow mode, into signed and unsigned, narrow, native and wide formats."""
    b = GraphBuilder(rounding.lower())
    x = b.input("image", (32, 32, 1), FixedPoint(True, 10, 6))
    bits = ((True, 6, 4), (False, 5, 3), (True, 8, 5), (False, 8, 1), (True, 1, 5), (True, 16, 7), (True, 20, 0))
    for i, (signed, width, fraction) in enumerate((*bits, (True, 3, -2), (False, 4, 9))):
        for overflow in Overflow:
            y = b.requantise(x, f"to{i}_{overflow.lower()}", FixedPoint(signed, width, fraction), rounding, overflow)
            b.output(y, f"out{i}_{overflow.lower()}")
    return b.graph()


def random_images(graph: Graph) -> np.ndarray:
    """Three images of random mantissas, then all minimum and all maximum."""
    low, high = graph.input.format.minimum, graph.input.format.maximum
    rest = np.random.default_rng(1).integers(low, high + 1, (3, *graph.input.shape))
    return np.concatenate([rest, *(np.full((1, *graph.input.shape), end) for end in (low, high))])


@pytest.fixture(scope="session")
def graphs() -> dict[str, Callable[[], Graph]]:
    """Functions that make the graphs, by name."""
    crowded = {"more_boxes_than_cells": lambda: branches_graph(2, 3, 9), "one_column": lambda: branches_graph(4, 1, 3)}
    return {"chain": chain_graph, "branches": branches_graph, **crowded}


@pytest.fixture(scope="session")
def rounding_graph() -> Callable[[Rounding], Graph]:
    """The graph that rounds in one mode."""
    return roundings


@pytest.fixture(scope="session")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., SimulationResult]:
    """compared(graph, runtime, images): every node of the written model against the reference.

    `runtime`: `onnxruntime`, `unoptimised` (the same without its own changes of the graph) or `qonnx`.
    """

    def run(graph: Graph, runtime: str, images: np.ndarray | None = None) -> SimulationResult:
        path: Path = tmp_path_factory.mktemp("onnx") / "model.onnx"
        names = [node.name for node in graph]
        if runtime == "qonnx":
            write_onnx(graph, "qonnx", path)
            runner = qonnx_runner(path, names)
        else:
            write_onnx(graph, "qdq", path)
            runner = onnx_runner(path, names, threads=1, optimised=runtime == "onnxruntime")
        return check_onnx(graph, runner, names, random_images(graph) if images is None else images)

    return run

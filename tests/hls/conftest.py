"""Small graphs that g++ compiles in seconds, and one call that takes them through conversion and simulation."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from jetflow.graph import TERNARY, FixedPoint, Graph, GraphBuilder, Overflow, PhiPadding, Rounding
from jetflow.graph.comparison import SimulationResult
from jetflow.hls import Design, Project, Simulation, compile_simulation, simulate, write_project

PART = "xcvu13p-flga2577-2-e"
WEIGHT = FixedPoint(True, 8, 7)
ALL_AROUND = (1, 1, 1, 1)
Run = Callable[..., SimulationResult]


def block(b: GraphBuilder, x: str, name: str, channels: int, rng: np.random.Generator, act: FixedPoint) -> str:
    """A ternary convolution around the cylinder, scale and bias, PReLU with a slope a channel."""
    kernel = rng.integers(-1, 2, (3, 3, b.shape(x)[2], channels))
    x = b.conv2d(x, f"{name}_conv", kernel, TERNARY, ALL_AROUND, PhiPadding.CIRCULAR)
    scale, shift = rng.integers(-31, 32, channels), rng.integers(0, 3, channels)
    x = b.scale_bias(x, f"{name}_norm", scale, shift, rng.integers(-200, 200, channels), 6)
    x = b.requantise(x, f"{name}_scaled", FixedPoint(True, 9, 5))
    x = b.prelu(x, f"{name}_prelu", rng.integers(-16, 17, channels), 4)
    return b.requantise(x, f"{name}_act", act, Rounding.RND)


def small_graph(name: str = "small", rows: int = 7, columns: int = 9, seed: int = 0) -> Graph:
    """Two blocks, a pool between them, three heads: the shape of the default network on an odd-sized image."""
    rng = np.random.default_rng(seed)
    b, act = GraphBuilder(name), FixedPoint(True, 8, 5)
    x = b.input("image", (rows, columns, 2), FixedPoint(False, 6, 3))
    x = block(b, x, "first", 4, rng, act)
    x = b.requantise(b.average_pool(x, "pool"), "pooled", act)
    x = block(b, x, "second", 5, rng, act)
    for head, channels in (("offsets", 2), ("classes", 4), ("regression", 1)):
        kernel = rng.integers(-100, 100, (3, 3, 5, channels))
        y = b.conv2d(x, f"{head}_conv", kernel, WEIGHT, ALL_AROUND, PhiPadding.CIRCULAR)
        y = b.scale_bias(y, f"{head}_norm", np.ones(channels), np.zeros(channels), rng.integers(-99, 99, channels), 0)
        b.output(b.requantise(y, f"{head}_rounded", FixedPoint(True, 12, 6)), head)
    return b.graph()


def layers_graph() -> Graph:
    """One of each other kind: depthwise, pointwise, strides, uneven and zero padding, padded pooling, bare outputs."""
    rng = np.random.default_rng(5)
    b = GraphBuilder("layers")
    x = b.input("input", (6, 7, 3), FixedPoint(True, 5, 7))
    x = b.requantise(x, "narrow", FixedPoint(True, 3, 4), Rounding.TRN_ZERO, Overflow.SAT_SYM)
    x = b.requantise(b.average_pool(x, "pool", padding=1), "pooled", FixedPoint(True, 4, 5), Rounding.RND_CONV)
    wide = FixedPoint(True, 8, -1)
    kernels = {
        "depthwise": (rng.integers(-1, 2, (3, 3, 3, 1)), TERNARY, ALL_AROUND, PhiPadding.CIRCULAR, (1, 1), True),
        "depthwise8": (rng.integers(-128, 128, (3, 3, 3, 1)), wide, ALL_AROUND, PhiPadding.ZERO, (1, 1), True),
        "pointwise": (rng.integers(-128, 128, (1, 1, 3, 5)), WEIGHT, (0, 0, 0, 0), PhiPadding.ZERO, (1, 1), False),
        "strided": (rng.integers(-1, 2, (3, 2, 3, 2)), TERNARY, (0, 1, 2, 1), PhiPadding.CIRCULAR, (2, 2), False),
        "uneven": (rng.integers(-1, 2, (2, 3, 3, 2)), TERNARY, (2, 0, 0, 1), PhiPadding.ZERO, (1, 1), False),
    }
    for name, arguments in kernels.items():
        b.output(b.conv2d(x, f"{name}_conv", *arguments), name)
    b.output(x, "pooled_itself")
    return b.graph()


def branches_graph() -> Graph:
    """The channel gate, a sum, two concatenations and the detections: every layer of several streams."""
    rng = np.random.default_rng(6)
    b, act = GraphBuilder("branches"), FixedPoint(True, 6, 3)
    x = b.input("image", (5, 6, 4), FixedPoint(True, 5, 3))
    gate = b.requantise(b.global_sum(x, "sum"), "mean", FixedPoint(True, 9, 3))
    gate = b.channel_conv(gate, "mix", rng.integers(-128, 128, 3), FixedPoint(True, 8, 8))
    gate = b.requantise(b.hard_sigmoid(gate, "sigmoid"), "factor", FixedPoint(False, 7, 6))
    gated = b.requantise(b.gate(x, gate, "gate"), "gated", act)
    both = b.requantise(b.add(x, gated, "added"), "sum_act", FixedPoint(True, 6, 2), Rounding.TRN_ZERO)
    heads = [
        b.conv2d(both, name, rng.integers(-128, 128, (1, 1, 4, size)), WEIGHT)
        for name, size in (("offsets", 2), ("classes", 4), ("regression", 1))
    ]
    b.output(b.concatenate([*heads, gated], "together"), "maps")
    b.output(b.detect(heads[0], heads[1], heads[2], "detect", -100, 5), "boxes")
    b.output(b.requantise(b.concatenate([both, x], "pair"), "rounded", FixedPoint(True, 4, 1)), "pairs")
    return b.graph()


GRAPHS = {"small": small_graph, "layers": layers_graph, "branches": branches_graph}


def random_images(graph: Graph, count: int, seed: int = 1) -> np.ndarray:
    """Random mantissas of the input's whole range, the last two images all minimum and all maximum."""
    low, high = graph.input.format.minimum, graph.input.format.maximum
    found = np.random.default_rng(seed).integers(low, high + 1, (count, *graph.input.shape))
    found[-2:] = np.array([low, high]).reshape(2, 1, 1, 1)
    return found


@pytest.fixture(scope="session")
def graphs() -> dict[str, Callable[..., Graph]]:
    """Functions that make the graphs, by name."""
    return dict(GRAPHS)


@pytest.fixture(scope="session")
def images() -> Callable[..., np.ndarray]:
    """images(graph, count): random mantissas of the input's whole range."""
    return random_images


@pytest.fixture(scope="session")
def write() -> Callable[..., Project]:
    """write(graph, folder, backend, design): the project of `graph` in `folder`/project."""

    def project(graph: Graph, folder: Path, backend: str = "vitis", design: Design | None = None) -> Project:
        return write_project(graph, folder / "project", PART, 300.0, backend, design)

    return project


@pytest.fixture(scope="session")
def simulated(write: Callable[..., Project]) -> Run:
    """simulated(graph, folder, backend, events, design): convert, compile and simulate, every layer compared."""

    def run(
        graph: Graph, folder: Path, backend: str = "vitis", events: int = 6, design: Design | None = None
    ) -> SimulationResult:
        project = write(graph, folder, backend, design)
        return simulate(
            project, compile_simulation(project, folder / "sim", level=0), random_images(graph, events), trace=True
        )

    return run


@pytest.fixture(scope="session")
def small(
    graphs: dict[str, Callable[..., Graph]], write: Callable[..., Project], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Project, Simulation]:
    """The small graph's project with its compiled simulation, made once: not to be changed."""
    folder = tmp_path_factory.mktemp("small")
    project = write(graphs["small"](), folder)
    return project, compile_simulation(project, folder / "sim")

"""Small graphs, and one call that takes them through Verilog, the linter, Verilator and the comparison."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from jetflow.graph import TERNARY, FixedPoint, Graph, GraphBuilder, Overflow, PhiPadding, Rounding
from jetflow.rtl import Choices, Design, Model, Timing, compile_model, lint, write_design
from jetflow.rtl.costs import layer_cost
from jetflow.rtl.estimate import estimate_timing
from jetflow.rtl.folding import options
from jetflow.rtl.plan import make_plan

WEIGHT = FixedPoint(True, 8, 7)
ALL_AROUND = (1, 1, 1, 1)


@dataclass(frozen=True, eq=False)
class Built:
    """A design and its compiled simulation."""

    design: Design
    model: Model


def block(b: GraphBuilder, x: str, name: str, channels: int, rng: np.random.Generator, phi: PhiPadding) -> str:
    """A ternary convolution, scale and bias, PReLU with a slope a channel."""
    kernel = rng.integers(-1, 2, (3, 3, b.shape(x)[2], channels))
    x = b.conv2d(x, f"{name}_conv", kernel, TERNARY, ALL_AROUND, phi)
    scale, shift = rng.integers(-31, 32, channels), rng.integers(0, 3, channels)
    x = b.scale_bias(x, f"{name}_norm", scale, shift, rng.integers(-200, 200, channels), 6)
    x = b.requantise(x, f"{name}_scaled", FixedPoint(True, 9, 5))
    x = b.prelu(x, f"{name}_prelu", rng.integers(-16, 17, channels), 4)
    return b.requantise(x, f"{name}_act", FixedPoint(True, 7, 4), Rounding.RND)


def network(rows: int, columns: int, phi: PhiPadding, padding: int = 0, name: str = "network", seed: int = 0) -> Graph:
    """Two blocks with a pool behind each and two heads, one of int8 weights: the default network in small."""
    rng = np.random.default_rng(seed)
    b = GraphBuilder(name)
    x = b.input("input", (rows, columns, 2), FixedPoint(False, 6, 3))  # a Verilog keyword as a name
    for i, channels in enumerate((2, 3)):
        x = block(b, x, f"block{i}", channels, rng, phi)
        x = b.requantise(b.average_pool(x, f"pool{i}", padding), f"pooled{i}", FixedPoint(True, 7, 4))
    for head, weights, low, high in (("classes", TERNARY, -1, 2), ("regression", WEIGHT, -100, 100)):
        kernel = rng.integers(low, high, (3, 3, 3, 2))
        y = b.conv2d(x, f"{head}_conv", kernel, weights, ALL_AROUND, phi)
        b.output(b.requantise(y, f"{head}_rounded", FixedPoint(True, 11, 4)), head)
    return b.graph()


def rounding_graph() -> Graph:
    """Every rounding with an overflow mode, and every overflow mode with a rounding, in one design."""
    b = GraphBuilder("rounding")
    x = b.input("image", (3, 4, 1), FixedPoint(False, 8, 2))
    overflows = list(Overflow)
    for i, mode in enumerate(Rounding):
        x = b.scale_bias(x, f"shifted{i}", np.array([5 if i % 2 else -7]), np.array([1]), np.array([3 - i]), 5)
        target = FixedPoint(bool(i % 3), 7 + i % 2, 3 if i % 2 else 1)
        x = b.requantise(x, f"rounded{i}", target, mode, overflows[i % len(overflows)])
    b.output(x, "last")
    return b.graph()


def kernels_graph() -> Graph:
    """Depthwise, pointwise, strides, uneven padding, padding beyond the kernel, zero weights, a bare output."""
    rng = np.random.default_rng(5)
    b = GraphBuilder("kernels")
    x = b.input("image", (6, 7, 3), FixedPoint(True, 4, 7))
    wide, around, zero = FixedPoint(True, 8, -1), PhiPadding.CIRCULAR, PhiPadding.ZERO
    kernels = {
        "depthwise": (rng.integers(-1, 2, (3, 3, 3, 1)), TERNARY, ALL_AROUND, around, (1, 1), True),
        "depthwise8": (rng.integers(-128, 128, (3, 3, 3, 1)), wide, ALL_AROUND, zero, (1, 1), True),
        "pointwise": (rng.integers(-128, 128, (1, 1, 3, 2)), WEIGHT, (0, 0, 0, 0), zero, (1, 1), False),
        "strided": (rng.integers(-1, 2, (3, 3, 3, 2)), TERNARY, ALL_AROUND, around, (2, 2), False),
        "uneven": (rng.integers(-1, 2, (2, 3, 3, 2)), TERNARY, (2, 0, 0, 1), zero, (1, 1), False),
        "nothing": (np.zeros((1, 1, 3, 1), np.int64), TERNARY, (0, 0, 0, 0), zero, (1, 1), False),
    }
    for name, arguments in kernels.items():
        b.output(b.conv2d(x, f"{name}_conv", *arguments), name)
    b.output(x, "itself")
    return b.graph()


def sides_graph(rows: int, columns: int) -> Graph:
    """A pooled map and what a block makes of it are added; the sum leaves, and boxes that three heads find in it."""
    rng, act = np.random.default_rng(8), FixedPoint(True, 7, 4)
    b = GraphBuilder("sides")
    x = b.input("image", (rows, columns, 2), FixedPoint(False, 6, 3))
    x = block(b, x, "block0", 3, rng, PhiPadding.CIRCULAR)
    x = b.requantise(b.average_pool(x, "pool"), "pooled", act)
    x = b.requantise(b.add(x, block(b, x, "block1", 3, rng, PhiPadding.CIRCULAR), "sum"), "summed", act)
    heads = []
    for name, channels in (("offsets", 2), ("classes", 3), ("regression", 1)):
        kernel = rng.integers(-1, 2, (3, 3, 3, channels))
        y = b.conv2d(x, f"{name}_conv", kernel, TERNARY, ALL_AROUND, PhiPadding.CIRCULAR)
        heads.append(b.requantise(y, name, FixedPoint(True, 9, 2)))
    b.output(b.detect(*heads, "detect", 0, 5), "boxes")
    b.output(x, "map")
    return b.graph()


def random_images(graph: Graph, count: int, seed: int = 1) -> np.ndarray:
    """Random mantissas of the input's whole range, the last two images all minimum and all maximum."""
    low, high = graph.input.format.minimum, graph.input.format.maximum
    found = np.random.default_rng(seed).integers(low, high + 1, (count, *graph.input.shape))
    found[-2:] = np.array([low, high]).reshape(2, 1, 1, 1)
    return found


@pytest.fixture(scope="session")
def images() -> Callable[..., np.ndarray]:
    """images(graph, count): random mantissas of the input's whole range."""
    return random_images


def pipelines(design: Design) -> dict[str, int]:
    """Clocks through every layer behind its window or pool."""
    cache = design.folder.parent / "adders"
    return {layer.name: layer_cost(design.plan.graph, layer, cache)[1] for layer in design.plan.layers}


@pytest.fixture(scope="session")
def depths() -> Callable[[Design], dict[str, int]]:
    """depths(design): clocks through every layer behind its window or pool."""
    return pipelines


@pytest.fixture(scope="session")
def estimate() -> Callable[[Design], Timing]:
    """estimate(design): the cycles that it is said to take."""
    return lambda design: estimate_timing(design.plan, pipelines(design))


@pytest.fixture(scope="session")
def graphs() -> dict[str, Callable[..., Graph]]:
    """Functions that make the graphs, by name."""
    return {"network": network, "rounding": rounding_graph, "kernels": kernels_graph, "sides": sides_graph}


@pytest.fixture(scope="session")
def build() -> Callable[..., Built]:
    """build(graph, folder, pixels_per_clock=1, choices=None): written, without a warning of the linter, compiled."""

    def made(graph: Graph, folder: Path, pixels_per_clock: int = 1, choices: Choices | None = None) -> Built:
        design = write_design(graph, folder / "rtl", folder / "adders", choices, pixels_per_clock)
        assert lint(design) == ""
        return Built(design, compile_model(design, folder / "sim"))

    return made


@pytest.fixture(scope="session")
def around(build: Callable[..., Built], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Built]:
    """around(pixels_per_clock, folded=False, sides=False): the small network around the cylinder on an odd-sized image.

    Folded: every layer behind a pool, in the smallest way. With sides: the one with a branch and boxes. Built once; not
    to be changed.
    """

    @cache
    def made(pixels_per_clock: int, folded: bool = False, sides: bool = False) -> Built:
        graph = sides_graph(9, 12) if sides else network(9, 12, PhiPadding.CIRCULAR)
        behind = make_plan(graph).layers[2:] if folded else ()
        choices = {layer.name: options(graph, layer, 16)[-1] for layer in behind}
        return build(graph, tmp_path_factory.mktemp("wrapped"), pixels_per_clock, choices)

    return made


@pytest.fixture(scope="session", params=[1, 4], ids=lambda lanes: f"pixels{lanes}")
def wrapped(request: pytest.FixtureRequest, around: Callable[..., Built]) -> Built:
    """The unrolled network, one and four pixels a clock."""
    return around(request.param)


@pytest.fixture(
    scope="session",
    params=[(1, False), (4, False), (1, True), (1, False, True)],
    ids=["pixels1", "pixels4", "folded", "sides"],
)
def streaming(request: pytest.FixtureRequest, around: Callable[..., Built]) -> Built:
    """The network in every way that it can be built."""
    return around(*request.param)

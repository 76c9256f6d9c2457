"""hls4ml's known traps: each has a test that shows that our path is right.

Those of the testbench (six digits, always exit code 0) are in test_gate.py; of its stamp and folders, and of Vivado's
unroll limit, in test_project.py; of reuse factors in test_solver.py.
"""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from jetflow.graph import TERNARY, FixedPoint, Graph, GraphBuilder, Overflow, PhiPadding, Rounding
from jetflow.graph.comparison import SimulationResult
from jetflow.hls import BACKENDS, Project, make_design

ACT = FixedPoint(True, 6, 0)
TRAPS = {
    "average": "an average of its input's type loses two bits",
    "average_padded": "`same` average pooling with padding aborts",
    "slope": "a slope of its input's type is an integer, and slopes are stored for every cell",
    "identity": "a scale of one and a bias of zero is deleted with its rounding",
    "grid": "a folded batch normalisation needs a fixed grid: scales here from 1/64 to 15.5 in one layer",
    "minus_two": "the ternary product takes a weight of -2 for 1",
    "depthwise": "a depthwise layer with a scale of its own is wrong: ours follows it",
    "gate": "the gate's product of a map and one factor a channel asserts on Vitis",
    "sigmoid": "the sigmoid is a table with an error of .05",
    "ties": "halves round to even, below zero too",
}


def traps_graph() -> Graph:
    """An output for each trap."""
    b, rng = GraphBuilder("traps"), np.random.default_rng(1)
    image = b.input("image", (6, 7, 6), ACT)
    x, y = (b.requantise(image, name, ACT) for name in ("x", "y"))
    b.output(b.average_pool(x, "average_pool"), "average")
    b.output(b.average_pool(x, "padded_pool", padding=1), "average_padded")
    b.output(b.prelu(x, "prelu", np.array([1, -1, 0, 16, 31, -32]), 5), "slope")
    one = b.scale_bias(x, "scale_of_one", np.ones(6), np.zeros(6), np.zeros(6), 0)
    b.output(b.requantise(one, "coarse", FixedPoint(True, 3, -3), Rounding.RND_CONV), "identity")
    scale, shift = np.array([1, -31, 31, 3, -1, 17]), np.array([0, 5, 5, 2, 4, 1])
    scaled = b.scale_bias(x, "scale", scale, shift, rng.integers(-99, 99, 6), 6)
    b.output(b.requantise(scaled, "scaled", FixedPoint(True, 9, 4)), "grid")
    kernel = np.arange(24).reshape(2, 2, 6, 1) % 4 - 2
    wide = b.conv2d(y, "two_bits", kernel, FixedPoint(True, 2, 0))
    b.output(b.requantise(wide, "sum", FixedPoint(True, 6, -2), Rounding.RND_INF, Overflow.SAT_SYM), "minus_two")
    deep = b.conv2d(
        y, "deep", rng.integers(-1, 2, (3, 3, 6, 1)), TERNARY, (1, 1, 1, 1), PhiPadding.ZERO, depthwise=True
    )
    deep = b.scale_bias(deep, "deep_scale", np.array([3, -5, 7, 9, 11, -13]), np.zeros(6), np.ones(6), 3)
    b.output(b.requantise(deep, "deep_scaled", FixedPoint(True, 8, 1)), "depthwise")
    factor = b.requantise(b.global_sum(y, "total"), "mean", FixedPoint(True, 7, 1))
    b.output(b.hard_sigmoid(factor, "hard"), "sigmoid")
    gate = b.requantise(b.hard_sigmoid(b.channel_conv(factor, "mix", np.array([3, -5, 7]), ACT), "s"), "f", ACT)
    b.output(b.gate(y, gate, "product"), "gate")
    b.output(b.requantise(y, "even", FixedPoint(True, 5, -1), Rounding.RND_CONV), "ties")
    return b.graph()


@pytest.fixture(scope="module", params=BACKENDS)
def result(
    request: pytest.FixtureRequest, simulated: Callable[..., SimulationResult], tmp_path_factory: pytest.TempPathFactory
) -> SimulationResult:
    """One simulation of all of them on a back end."""
    return simulated(traps_graph(), tmp_path_factory.mktemp("traps"), request.param)


@pytest.mark.parametrize("name", TRAPS)
def test_our_path_is_exact(name: str, result: SimulationResult) -> None:
    (found,) = (node for node in result.nodes if node.node == name)
    assert found.words and found.differing == 0, TRAPS[name]


def test_an_average_has_its_two_bits_and_a_slope_its_own_type() -> None:
    graph = traps_graph()
    assert graph["average_pool"].format == FixedPoint(True, 8, 2)
    assert graph["prelu"].format.fraction == 5


@pytest.fixture(scope="module")
def firmware(write: Callable[..., Project], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The firmware folder of the same design, written for Vitis."""
    return write(traps_graph(), tmp_path_factory.mktemp("written")).folder / "firmware"


def test_no_type_is_a_default(firmware: Path) -> None:
    """An unknown quantiser silently gives fixed<16,6> weights."""
    types = (firmware / "defines.h").read_text()
    assert "16,6" not in types and "default" not in types and "model_" not in types


def test_ternary_products_need_no_multiplier_and_other_two_bits_do(firmware: Path) -> None:
    types, parameters = (firmware / "defines.h").read_text(), (firmware / "parameters.h").read_text()
    assert "typedef ap_int<2> deep_weight_t;" in types and "typedef ap_fixed<2,2> sum_weight_t;" in types
    products = dict(re.findall(r"// (\w+)\nstruct config\d+_mult .*?product = (nnet::product::\w+)", parameters, re.S))
    assert products == {"deep": "nnet::product::weight_ternary", "sum": "nnet::product::mult"}


def test_constants_are_exact_in_their_headers(firmware: Path) -> None:
    """hls4ml writes decimal numbers: every one is the mantissa of the graph times a power of two."""
    graph, source = traps_graph(), (firmware / "traps.cpp").read_text()

    def values(layer: str, kind: str) -> list[float]:
        call = next(line for line in source.splitlines() if line.endswith(f"// {layer}"))
        text = (firmware / "weights" / f"{re.findall(rf', ({kind}[0-9]+)', call)[-1]}.h").read_text()
        return [float(value) for value in text.split("{")[1].split("}")[0].split(",")]

    scale, prelu, conv = graph["scale"], graph["prelu"], graph["two_bits"]
    assert values("scaled", "s") == np.ldexp(scale.scale << scale.shift, -6).tolist()  # type: ignore[attr-defined]
    assert values("scaled", "b") == np.ldexp(scale.bias, -scale.format.fraction).tolist()  # type: ignore[attr-defined]
    assert values("prelu", "p") == np.ldexp(prelu.slope, -5).tolist()  # type: ignore[attr-defined]
    assert values("sum", "w") == conv.kernel.ravel().tolist()  # type: ignore[attr-defined]


def test_no_table_is_as_large_as_an_image(firmware: Path) -> None:
    """hls4ml declares one for its other way to buffer an image."""
    parameters = (firmware / "parameters.h").read_text()
    assert "pixels[min_height * min_width]" in parameters
    assert set(re.findall(r"min_(?:height|width) = (\d+);", parameters)) == {"1"}


def test_no_fifo_holds_an_image() -> None:
    """hls4ml makes every FIFO as deep as its image, 460 Mbit behind the first layer of Jet-SSD."""
    b = GraphBuilder("large")
    x = b.input("image", (340, 360, 2), FixedPoint(False, 8, 0))
    for i in range(2):
        kernel = np.ones((3, 3, b.shape(x)[2], 8))
        x = b.requantise(b.conv2d(x, f"conv{i}", kernel, TERNARY, (1, 1, 1, 1)), f"act{i}", ACT)
    b.output(x, "out")
    assert set(make_design(b.graph()).depths.values()) == {2}

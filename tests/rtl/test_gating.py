"""A gated map: every word equals the reference, event after event, with and without pauses."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from jetflow.errors import InputError
from jetflow.graph import TERNARY, FixedPoint, Graph, GraphBuilder, Overflow, PhiPadding, Rounding
from jetflow.rtl import Design, Stalls, Timing, compile_model, lint, simulate, write_design

Images = Callable[..., np.ndarray]
Estimate = Callable[[Design], Timing]


def gated(rows: int, columns: int, channels: int) -> Graph:
    """A convolution around the cylinder, its map gated as PFJet-SSD's is, and a head."""
    rng = np.random.default_rng(channels)
    b = GraphBuilder("gated")
    x = b.input("image", (rows, columns, 2), FixedPoint(False, 4, 2))
    kernel = rng.integers(-1, 2, (3, 3, 2, channels))
    x = b.conv2d(x, "conv", kernel, TERNARY, (1, 1, 1, 1), PhiPadding.CIRCULAR)
    x = b.requantise(x, "act", FixedPoint(True, 6, 2))
    sums = b.channel_conv(b.global_sum(x, "sum"), "mix", np.array([3, -5, 2]), FixedPoint(True, 8, 9))
    factor = b.requantise(
        b.hard_sigmoid(sums, "sigmoid"), "factor", FixedPoint(False, 5, 4), Rounding.RND, Overflow.SAT
    )
    x = b.requantise(b.gate(x, factor, "gate"), "gated", FixedPoint(True, 6, 3))
    kernel = rng.integers(-1, 2, (3, 3, channels, 1))
    b.output(b.conv2d(x, "head_conv", kernel, TERNARY, (1, 1, 1, 1), PhiPadding.CIRCULAR), "head")
    b.output(x, "map")
    return b.graph()


@pytest.mark.parametrize(
    ("rows", "columns", "channels", "lanes"),
    [(4, 5, 3, 1), pytest.param(3, 3, 1, 1, marks=pytest.mark.nightly), (7, 4, 2, 4)],
)
def test_gated_map(
    rows: int, columns: int, channels: int, lanes: int, images: Images, estimate: Estimate, tmp_path: Path
) -> None:
    graph = gated(rows, columns, channels)
    design = write_design(graph, tmp_path / "rtl", tmp_path / "adders", pixels_per_clock=lanes)
    assert lint(design) == ""
    model = compile_model(design, tmp_path)
    for stalls in (Stalls(0.4, 0.0, 1), Stalls(0.0, 0.6, 2), Stalls(0.5, 0.5, 3), Stalls()):
        result, timing = simulate(design, model, images(graph, 5), stalls, workers=1)
        assert result.first is None and result.differing == 0 and result.events == 5
    assert timing == estimate(design)


def test_a_sum_that_gates_another_map_is_refused(tmp_path: Path) -> None:
    b = GraphBuilder("refused")
    x = b.input("image", (4, 5, 1), FixedPoint(False, 4, 0))
    y = b.requantise(x, "other", FixedPoint(False, 3, 0))
    factor = b.hard_sigmoid(b.global_sum(x, "whole"), "factor")
    b.output(b.gate(y, factor, "gate"), "out")
    with pytest.raises(InputError, match="whole: the open RTL has a block for a GlobalSum only where its map is gated"):
        write_design(b.graph(), tmp_path / "rtl", tmp_path)

"""Boxes out of the design: those of the reference, whatever ties and empty slots there are."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jetflow.errors import InputError
from jetflow.graph import TERNARY, FixedPoint, Graph, GraphBuilder, PhiPadding
from jetflow.rtl import Stalls, simulate, write_design

Build = Callable[..., Any]
Images = Callable[..., np.ndarray]


def boxes(
    rows: int,
    columns: int,
    top: int,
    threshold: int,
    depth: int = 1,
    pool: bool = False,
    phi: PhiPadding = PhiPadding.CIRCULAR,
) -> Graph:
    """Few values and three classes, so that many cells tie; `depth` convolutions turn the columns before the heads."""
    rng, act = np.random.default_rng(6), FixedPoint(True, 3, 0)
    b = GraphBuilder("boxes")
    x = b.input("image", (rows, columns, 2), FixedPoint(False, 2, 0))

    def conv(x: str, name: str, channels: int, format: FixedPoint) -> str:
        kernel = rng.integers(-1, 2, (3, 3, b.shape(x)[2], channels))
        kernel[:, 0] = 0
        return b.requantise(b.conv2d(x, f"{name}_conv", kernel, TERNARY, (1, 1, 1, 1), phi), name, format)

    for i in range(depth):
        x = conv(x, f"act{i}", 2, act)
    if pool:
        x = b.requantise(b.average_pool(x, "pool"), "pooled", act)
    heads = conv(x, "offsets", 2, FixedPoint(True, 5, 2)), conv(x, "classes", 4, FixedPoint(True, 3, -1))
    regression = b.requantise(x, "regression", FixedPoint(False, 2, 0))
    b.output(b.detect(*heads, regression, "detect", threshold, top), "boxes")
    return b.graph()


@pytest.mark.parametrize(
    ("graph", "lanes"),
    [
        pytest.param(boxes(5, 6, 4, 0, depth=2), 1, id="more boxes than slots"),
        pytest.param(boxes(3, 3, 12, -3, phi=PhiPadding.ZERO), 1, id="more slots than cells"),
        pytest.param(boxes(6, 10, 3, 1, pool=True), 4, id="behind a pool, 4 pixels a clock", marks=pytest.mark.nightly),
        pytest.param(boxes(1, 4, 1, 0), 1, id="one row, one box", marks=pytest.mark.nightly),
    ],
)
def test_boxes_are_those_of_the_reference(
    graph: Graph, lanes: int, build: Build, images: Images, estimate: Any, tmp_path: Path
) -> None:
    built, given = build(graph, tmp_path, lanes), images(graph, 12)
    for stalls in (Stalls(0.4, 0.0, 1), Stalls(0.0, 0.6, 2), Stalls(0.5, 0.5, 3), Stalls()):
        result, timing = simulate(built.design, built.model, given, stalls, workers=1)
        assert result.first is None and result.differing == 0 and result.events == len(given)
    assert timing == estimate(built.design)


def test_what_has_no_block_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"detect: the open RTL finds boxes in maps of one pixel a clock, 2 arrive"):
        write_design(boxes(4, 4, 2, 0), tmp_path / "rtl", tmp_path, pixels_per_clock=2)
    with pytest.raises(InputError, match=r"detect: .* at least 3 columns, these have 2"):
        write_design(boxes(4, 4, 2, 0, 1, True, PhiPadding.ZERO), tmp_path / "rtl", tmp_path)

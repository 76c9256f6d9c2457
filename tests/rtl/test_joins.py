"""Branches that join again: every word equals the reference, and the queues are as deep as they need to be."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jetflow.errors import InputError, ToolError
from jetflow.graph import TERNARY, FixedPoint, Graph, GraphBuilder, PhiPadding
from jetflow.rtl import Stalls, Timing, compile_model, simulate
from jetflow.rtl.design import Design
from jetflow.rtl.folding import clocks_a_pixel, options
from jetflow.rtl.meeting import meeting
from jetflow.rtl.order import StreamOrder
from jetflow.rtl.plan import make_plan

Build = Callable[..., Any]
Images = Callable[..., np.ndarray]


def joined(rows: int, columns: int, phi: PhiPadding) -> Graph:
    """A residual sum on two grids, then the image, that sum and a third convolution side by side."""
    rng, act = np.random.default_rng(3), FixedPoint(True, 6, 3)
    b = GraphBuilder("joined")
    image = b.input("image", (rows, columns, 2), FixedPoint(False, 5, 1))

    def conv(x: str, name: str, format: FixedPoint) -> str:
        kernel = rng.integers(-1, 2, (3, 3, b.shape(x)[2], 2))
        return b.requantise(b.conv2d(x, f"{name}_conv", kernel, TERNARY, (1, 1, 1, 1), phi), name, format)

    first = conv(image, "first", act)
    second = conv(first, "second", FixedPoint(True, 7, 1))
    total = b.requantise(b.add(first, second, "sum"), "summed", act)
    third = conv(total, "third", act)
    b.output(b.concatenate([image, third, total], "beside"), "all")
    return b.graph()


def linked(rows: int, columns: int, phi: PhiPadding) -> Graph:
    """ATLAS' SSD in small: the maps of two stages, pooled to the last one's size, join it before the heads."""
    rng, act = np.random.default_rng(4), FixedPoint(True, 6, 3)
    b = GraphBuilder("linked")
    x = b.input("image", (rows, columns, 2), FixedPoint(False, 5, 1))

    def conv(x: str, name: str, channels: int) -> str:
        kernel = rng.integers(-1, 2, (3, 3, b.shape(x)[2], channels))
        return b.requantise(b.conv2d(x, f"{name}_conv", kernel, TERNARY, (1, 1, 1, 1), phi), name, act)

    def pool(x: str, name: str) -> str:
        return b.requantise(b.average_pool(x, f"{name}_pool"), name, act)

    one = conv(x, "one", 2)
    two = conv(pool(one, "pooled1"), "two", 3)
    three = conv(conv(pool(two, "pooled2"), "three0", 3), "three", 3)
    links = pool(pool(one, "link1_1"), "link1_2"), pool(two, "link2_2")
    x = b.requantise(b.concatenate([links[0], b.add(links[1], three, "residual")], "joined"), "joined_act", act)
    for head, channels in (("classes", 2), ("regression", 1)):
        b.output(conv(x, f"{head}_act", channels), head)
    return b.graph()


def residual(rows: int, columns: int) -> Graph:
    """The smallest graph with a branch that waits: a map and what a convolution makes of it."""
    b, act = GraphBuilder("residual"), FixedPoint(True, 5, 2)
    x = b.input("image", (rows, columns, 1), act)
    y = b.conv2d(x, "conv", np.array([[1, 0, -1]] * 3)[..., None, None], TERNARY, (1,) * 4, PhiPadding.CIRCULAR)
    b.output(b.add(x, b.requantise(y, "act", act), "sum"), "out")
    return b.graph()


def is_exact(built: Any, images: np.ndarray) -> Timing:
    for stalls in (Stalls(0.4, 0.0, 1), Stalls(0.0, 0.6, 2), Stalls(0.5, 0.5, 3), Stalls()):
        result, timing = simulate(built.design, built.model, images, stalls, workers=1)
        assert result.first is None and result.differing == 0 and result.events == len(images)
    return timing


@pytest.mark.parametrize(
    ("graph", "lanes"),
    [
        pytest.param(joined(5, 7, PhiPadding.CIRCULAR), 1, id="wrapped", marks=pytest.mark.nightly),
        pytest.param(joined(7, 6, PhiPadding.ZERO), 2, id="zero padding, 2 pixels a clock"),
        pytest.param(joined(9, 8, PhiPadding.CIRCULAR), 4, id="wrapped, 4 pixels a clock", marks=pytest.mark.nightly),
        pytest.param(linked(12, 16, PhiPadding.CIRCULAR), 1, id="links"),
    ],
)
def test_joins_are_exact_and_take_the_cycles_of_the_model(
    graph: Graph, lanes: int, build: Build, images: Images, estimate: Any, tmp_path: Path
) -> None:
    built = build(graph, tmp_path, lanes)
    assert is_exact(built, images(graph, 4)) == estimate(built.design)


@pytest.mark.nightly
def test_joins_between_folded_layers(build: Build, images: Images, estimate: Any, tmp_path: Path) -> None:
    graph = linked(12, 16, PhiPadding.CIRCULAR)
    plan = make_plan(graph)
    choices = {layer.name: options(graph, layer, clocks_a_pixel(plan, layer))[-1] for layer in plan.layers}
    built = build(graph, tmp_path, 1, choices)
    assert sum(choice.folded for choice in choices.values()) >= 4
    assert is_exact(built, images(graph, 4)) == estimate(built.design)


def short_of_a_word(design: Design) -> dict[str, str]:
    """The top module's text with one queue shorter by one word, by the queue's name; not those of a register."""
    path = design.folder / f"{design.plan.top}.sv"
    text, found = path.read_text(), {}
    for queue in re.finditer(r"stream_fifo #\(\.WIDTH\(\d+\), \.DEPTH\((\d+)\)\) (\w+_queue) ", text):
        shorter = f"{text[: queue.start(1)]}{int(queue[1]) - 1}{text[queue.end(1) :]}"
        found[queue[2]] = shorter
    return found


def is_held_back(design: Design, folder: Path, images: np.ndarray, best: Timing) -> bool:
    """Whether the design is slower than `best`, or hangs."""
    try:
        result, timing = simulate(design, compile_model(design, folder), images, workers=1)
    except ToolError as error:
        return "nothing moved" in str(error)
    assert result.differing == 0
    return timing.latency_cycles > best.latency_cycles or (timing.ii_cycles or 0) > (best.ii_cycles or 0)


@pytest.mark.parametrize(
    "graph", [residual(5, 6), pytest.param(joined(5, 7, PhiPadding.CIRCULAR), marks=pytest.mark.nightly)]
)
def test_one_word_less_in_any_queue_stalls_or_deadlocks(
    graph: Graph, build: Build, images: Images, tmp_path: Path
) -> None:
    built, given = build(graph, tmp_path), images(graph, 3)
    _, best = simulate(built.design, built.model, given, workers=1)
    path = built.design.folder / f"{built.design.plan.top}.sv"
    changed = short_of_a_word(built.design)
    assert len(changed) >= len(built.design.plan.joins)
    for name, text in changed.items():
        path.write_text(text)
        assert is_held_back(built.design, tmp_path / "sim", given, best), name


def test_streams_meet_in_the_order_of_the_latest() -> None:
    early, late = StreamOrder(4, 6, 1), StreamOrder(4, 6, 5)
    assert meeting("sum", [early, late], [0.2, 0.8]) == late
    assert late.beats_before(early.first) == 16
    with pytest.raises(InputError, match=r"sum: its inputs bring 1 and 2 pixels a clock.*choose fewer"):
        meeting("sum", [early, StreamOrder(4, 6, 1, 2)], [0.0, 0.0])

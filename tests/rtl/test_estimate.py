"""Cycles that are estimated are those that Verilator counts: exactly, whether queues fill or not."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jetflow.cli_build import DEFAULT_MODEL
from jetflow.errors import InputError
from jetflow.graph import Conv2D, Graph, PhiPadding
from jetflow.model import find_model
from jetflow.rtl import Implementation, Style, compile_model, simulate, write_design
from jetflow.rtl.backpressure import word_times
from jetflow.rtl.cycles import free_timing, stream_times
from jetflow.rtl.cycles import images as beats
from jetflow.rtl.estimate import estimate_timing
from jetflow.rtl.folding import options
from jetflow.rtl.plan import Plan, make_plan
from jetflow.rtl.queues import Queue, queues

DEPTH = 10  # stages of a convolution of the default network: 6 to 9 are measured
Graphs = dict[str, Callable[..., Graph]]


def test_an_unrolled_design_takes_the_cycles_of_the_estimate(wrapped: Any, images: Any, estimate: Any) -> None:
    design = wrapped.design
    _, timing = simulate(design, wrapped.model, images(design.plan.graph, 4), workers=1)
    assert estimate(design) == timing


def slowest(graph: Graph) -> dict[str, Implementation]:
    """Every layer in the way that takes most clocks, up to 7 a pixel: six of them read the image."""
    return {layer.name: options(graph, layer, 7)[-1] for layer in make_plan(graph).layers}


def uneven(graph: Graph) -> dict[str, Implementation]:
    """A convolution makes pixels, behind a pool, faster than the next one takes them."""
    ways = {
        "block0_act": (Style.DISTRIBUTED, 4, 2),
        "block1_act": (Style.SERIAL, 10, 1),
        "classes": (Style.SERIAL, 3, 4),
    }
    return {f"layer_{name}": Implementation(*way) for name, way in ways.items()}


def in_multipliers(graph: Graph) -> dict[str, Implementation]:
    """Layers of wide weights in multipliers, two clocks a pixel where they can."""
    ways = {layer.name: options(graph, layer, 2) for layer in make_plan(graph).layers}
    return {name: way[-1] for name, way in ways.items() if way[-1].style is Style.MULTIPLIED}


@pytest.mark.parametrize(
    ("name", "size", "choices"),
    [
        ("kernels", (), slowest),
        ("kernels", (), in_multipliers),
        ("network", (8, 8, PhiPadding.ZERO, 1), uneven),
        pytest.param("network", (9, 12, PhiPadding.CIRCULAR), uneven, marks=pytest.mark.nightly),
    ],
)
def test_full_queues_take_the_cycles_of_the_estimate(
    name: str,
    size: tuple[Any, ...],
    choices: Callable[[Graph], dict[str, Implementation]],
    graphs: Graphs,
    images: Any,
    depths: Any,
    tmp_path: Path,
) -> None:
    graph = graphs[name](*size)
    design = write_design(graph, tmp_path / "rtl", tmp_path / "adders", choices(graph))
    _, timing = simulate(design, compile_model(design, tmp_path), images(graph, 4), workers=1)
    known = depths(design)
    assert estimate_timing(design.plan, known) == timing
    assert free_timing(design.plan, known) != timing  # or nothing filled


@pytest.fixture(scope="module")
def default() -> Graph:
    return find_model(DEFAULT_MODEL).firmware_graph("twn")


@pytest.mark.parametrize(
    ("phi", "lanes", "most"),
    [(PhiPadding.CIRCULAR, 1, 1.16), (PhiPadding.ZERO, 1, 1.08), (PhiPadding.CIRCULAR, 4, 0.37)],
)
def test_the_default_network_takes_little_more_than_its_pixels(
    default: Graph, phi: PhiPadding, lanes: int, most: float
) -> None:
    nodes = (replace(node, phi=phi) if isinstance(node, Conv2D) else node for node in default)
    plan = make_plan(Graph(default.name, tuple(nodes)), None, lanes)
    rows, columns, _ = default.input.shape
    timing = estimate_timing(plan, {layer.name: DEPTH if layer.window else 2 for layer in plan.layers})
    assert timing.latency_cycles <= most * rows * columns


def by_words(plan: Plan, depth: int, waiting: dict[str, tuple[Queue, ...]]) -> Any:
    """The times of all layers of `plan`, and of its image, word by word."""
    known = dict.fromkeys((layer.name for layer in plan.layers), depth)
    nodes = {plan.graph.input.name, *(layer.result.name for layer in plan.layers)}
    return word_times(plan, nodes, stream_times(plan, known, beats(plan)), known, waiting)


@pytest.mark.parametrize("lanes", [1, 4])
def test_where_nothing_fills_words_take_the_times_of_streams(lanes: int, graphs: Graphs) -> None:
    """The two models share nothing but the steps of a layer."""
    plan = make_plan(graphs["network"](9, 12, PhiPadding.CIRCULAR), None, lanes)
    known = dict.fromkeys((layer.name for layer in plan.layers), DEPTH)
    apart = beats(plan, free_timing(plan, known).ii_cycles or 0)
    found, free = by_words(plan, DEPTH, {}), stream_times(plan, known, apart)
    for output in plan.graph.outputs:
        assert np.array_equal(found.moves[output.name], free.moves[output.name])
    for layer in plan.layers:
        assert np.array_equal(found.takes[layer.name], free.takes[layer.name])


def test_a_queue_that_is_far_too_short_hangs(graphs: Graphs) -> None:
    plan = make_plan(graphs["sides"](9, 12))
    known = dict.fromkeys((layer.name for layer in plan.layers), DEPTH)
    waiting = queues(plan, known)
    assert len(by_words(plan, DEPTH, waiting).moves[plan.graph.outputs[0].name]) == 15  # five boxes an event
    short = {name: tuple(replace(queue, depth=2) for queue in each) for name, each in waiting.items()}
    with pytest.raises(InputError, match="its streams wait for each other for ever"):
        by_words(plan, DEPTH, short)

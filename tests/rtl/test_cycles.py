"""Cycles that the model of the streams gives are those that Verilator counts: exactly."""

from dataclasses import replace
from typing import Any

import pytest

from jetflow.cli_build import DEFAULT_MODEL
from jetflow.graph import Conv2D, Graph, PhiPadding
from jetflow.model import find_model
from jetflow.rtl import simulate
from jetflow.rtl.cycles import estimate_timing
from jetflow.rtl.layers import LEVELS, layer_datapath
from jetflow.rtl.plan import make_plan
from jetflow.rtl.schedule import schedule

DEPTH = 10  # stages of a convolution of the default network: 6 to 9 are measured


def test_the_model_counts_as_the_simulation(wrapped: Any, images: Any) -> None:
    plan, folder = wrapped.design.plan, wrapped.design.folder
    depths = {
        layer.name: schedule(layer_datapath(plan.graph, layer, folder.parent / "adders"), LEVELS).stages
        for layer in plan.layers
    }
    _, timing = simulate(wrapped.design, wrapped.model, images(plan.graph, 4), workers=1)
    assert estimate_timing(plan, depths) == timing


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

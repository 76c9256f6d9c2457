"""Cycles that the model of the streams gives are those that Verilator counts: exactly."""

from typing import Any

from jetflow.rtl import simulate
from jetflow.rtl.cycles import estimate_timing
from jetflow.rtl.layers import LEVELS, layer_datapath
from jetflow.rtl.schedule import schedule


def test_the_model_counts_as_the_simulation(wrapped: Any, images: Any) -> None:
    plan, folder = wrapped.design.plan, wrapped.design.folder
    depths = {
        layer.name: schedule(layer_datapath(plan.graph, layer, folder.parent / "adders"), LEVELS).stages
        for layer in plan.layers
    }
    _, timing = simulate(wrapped.design, wrapped.model, images(plan.graph, 4), workers=1)
    assert estimate_timing(plan, depths) == timing

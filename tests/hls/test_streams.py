"""The FIFO rule against the cycle-stepped model: no deadlock, no lost rate, and not one word more than needed."""

from collections.abc import Sequence

import numpy as np
import pytest

from jetflow.graph import TERNARY, FixedPoint, Graph, GraphBuilder, PhiPadding
from jetflow.hls import Implementation, estimate_cycles, fifo_bits, fifo_depths, fifos, implementations
from jetflow.hls.depths import plan_depths
from jetflow.hls.plan import Plan, make_plan
from jetflow.hls.schedule import schedule
from jetflow.hls.stream_model import StreamResult, simulate_streams

Stages = Sequence[Sequence[int]]
Reuse = dict[str, int]


def network(rows: int, columns: int, stages: Stages, heads: int, phi: PhiPadding = PhiPadding.CIRCULAR) -> Graph:
    """Convolutions in stages with pools between, then heads: only the shapes matter to streams."""
    b, act = GraphBuilder("streams"), FixedPoint(True, 8, 5)
    x = b.input("image", (rows, columns, 2), FixedPoint(False, 8, 0))

    def conv(x: str, name: str, channels: int) -> str:
        kernel = np.ones((3, 3, b.shape(x)[2], channels))
        return b.requantise(b.conv2d(x, f"{name}_conv", kernel, TERNARY, (1, 1, 1, 1), phi), name, act)

    for i, stage in enumerate(stages):
        x = b.requantise(b.average_pool(x, f"pool{i}"), f"pooled{i}", act) if i else x
        for j, channels in enumerate(stage):
            x = conv(x, f"s{i}c{j}", channels)
    for i in range(heads):
        b.output(conv(x, f"head{i}", 2 + i), f"out{i}")
    return b.graph()


def shared(graph: Graph, reuse: Reuse) -> dict[str, Implementation]:
    return implementations(graph) | {name: Implementation("Latency", factor) for name, factor in reuse.items()}


def slowest(plan: Plan, how: dict[str, Implementation]) -> int:
    full = plan.with_clones()
    return max(schedule(full, layer, how).clocks for layer in full.layers)


def modelled(graph: Graph, reuse: Reuse, change: dict[str, int] | None = None) -> StreamResult:
    plan, how = make_plan(graph), shared(graph, reuse)
    return simulate_streams(plan, plan_depths(plan, how) | (change or {}), how, images=4)


NETWORKS = [
    pytest.param((20, 24), [[2]], 1, {}, id="one head, no pool"),
    pytest.param((20, 24), [[2, 2], [3]], 3, {}, id="three heads behind a pool"),
    pytest.param((21, 23), [[2], [2], [2]], 2, {}, id="odd sizes, two pools"),
    pytest.param((20, 24), [[2], [3, 3]], 1, {"s1c0_conv": 3}, id="slower than the burst"),
    pytest.param((24, 32), [[2], [3], [3, 3]], 2, {"s1c0_conv": 2, "s2c1_conv": 7, "head1_conv": 9}, id="several"),
    pytest.param((68, 72), [[8, 8], [24, 24], [48, 48]], 3, {}, id="tower size"),
]


@pytest.mark.parametrize("phi", PhiPadding)
@pytest.mark.parametrize(("size", "stages", "heads", "reuse"), NETWORKS)
def test_the_rule_costs_no_rate(
    size: tuple[int, int], stages: Stages, heads: int, reuse: Reuse, phi: PhiPadding
) -> None:
    graph = network(*size, stages, heads, phi)
    result = modelled(graph, reuse)
    assert not result.stuck
    assert result.interval == slowest(make_plan(graph), shared(graph, reuse))
    depths = fifo_depths(graph, how=shared(graph, reuse))
    assert all(result.peak[name] <= depth for name, depth in depths.items())
    assert max(depths.values()) <= size[1]  # at most a row, never the image


def test_every_fifo_of_the_rule_is_needed() -> None:
    """One word less in any FIFO of a layer that works in every clock, and the design is slower."""
    graph = network(12, 16, [[2, 2]], 2)
    full = modelled(graph, {})
    for name in fifo_depths(graph):
        less = modelled(graph, {}, {name: 1})
        assert less.interval > full.interval, name


def test_a_burst_that_meets_a_slower_layer_needs_its_row() -> None:
    graph = network(20, 24, [[2], [3, 3]], 1)
    reuse = {"s1c0_conv": 3}
    assert fifo_depths(graph, how=shared(graph, reuse))["pooled1"] == 12
    full = modelled(graph, reuse)
    assert modelled(graph, reuse, {"pooled1": 2}).interval > full.interval
    assert modelled(graph, reuse, {"pooled1": 1000}).interval == full.interval


def test_a_fifo_without_room_deadlocks_and_names_the_layers() -> None:
    graph = network(12, 16, [[2, 2]], 2)
    stuck = modelled(graph, {}, {"clone_s0c1_cpy2": 0}).stuck
    assert "clone_s0c1" in stuck and "head1_conv_padding" in stuck


def test_bits_are_depth_times_width() -> None:
    graph = network(12, 16, [[2, 3]], 2)
    by_name = {fifo.name: fifo for fifo in fifos(graph)}
    assert by_name["s0c1"].word_bits == 3 * 8 and by_name["clone_s0c1_cpy1"].word_bits == 3 * 8
    assert set(by_name) == set(fifo_depths(graph))
    assert fifo_bits(graph) == sum(fifo.depth * fifo.word_bits for fifo in by_name.values())


def test_estimates_follow_from_the_formula() -> None:
    estimate = estimate_cycles(network(68, 72, [[8, 8], [24], [48]], 3))
    layers = {layer.name: layer for layer in estimate.layers}
    assert estimate.ii_cycles == 70 * 74
    assert layers["s0c0_conv_padding"].cycles == layers["s0c0"].cycles == 70 * 74
    assert layers["pooled1"].cycles == 68 * 72 and layers["s1c0"].cycles == 36 * 38
    assert layers["s1c0"].formula == "36 rows x 38 columns of the padded image x reuse factor 1"
    assert estimate.latency_cycles is not None and estimate.latency_cycles > estimate.ii_cycles
    assert "stream model" in estimate.latency_formula
    assert "70 rows x 74 columns" in estimate.ii_formula


def test_no_number_where_no_formula_holds() -> None:
    estimate = estimate_cycles(network(20, 24, [[24, 24]], 1), "vivado")
    assert estimate.latency_cycles is None and estimate.ii_cycles is None and "resource strategy" in estimate.reason
    (without,) = (layer for layer in estimate.layers if layer.cycles is None)
    assert without.name == "s0c1" and "no formula" in without.reason

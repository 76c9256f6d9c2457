"""Balanced rates: no layer slower than asked for, none that could be smaller, hls4ml's factors alone."""

import numpy as np
import pytest

from jetflow.errors import InputError
from jetflow.graph import TERNARY, FixedPoint, Graph, GraphBuilder, PhiPadding
from jetflow.hls import Goal, Implementation, estimate_cycles, implementation, make_design
from jetflow.hls.implementation import MOVING, UNROLL_LIMIT, products
from jetflow.hls.plan import Kind, make_plan
from jetflow.hls.schedule import SHARING, schedule
from jetflow.hls.solver import slowest, solve
from jetflow.hls.stream_model import StreamModel


def tower(rows: int = 34, columns: int = 36, widths: tuple[int, ...] = (4, 12, 32)) -> Graph:
    """A convolution, scale and PReLU a stage, pools between them, two heads of int8."""
    b, act = GraphBuilder("tower"), FixedPoint(True, 7, 4)
    x = b.input("image", (rows, columns, 2), FixedPoint(False, 8, 4))
    for i, width in enumerate(widths):
        x = b.requantise(b.average_pool(x, f"pool{i}"), f"pooled{i}", act) if i else x
        kernel = np.ones((3, 3, b.shape(x)[2], width))
        x = b.conv2d(x, f"conv{i}", kernel, TERNARY, (1, 1, 1, 1), PhiPadding.CIRCULAR)
        x = b.scale_bias(x, f"norm{i}", np.ones(width), np.zeros(width), np.zeros(width), 3)
        x = b.requantise(x, f"scaled{i}", FixedPoint(True, 9, 5))
        x = b.requantise(b.prelu(x, f"prelu{i}", np.ones(width), 4), f"act{i}", act)
    for head in ("offsets", "classes"):
        kernel = np.ones((3, 3, widths[-1], 4))
        b.output(b.conv2d(x, head, kernel, FixedPoint(True, 8, 7), (1, 1, 1, 1), PhiPadding.CIRCULAR), f"{head}_out")
    return b.graph()


@pytest.mark.parametrize("backend", ["vitis", "vivado"])
def test_every_layer_is_as_small_as_the_rate_allows(backend: str) -> None:
    graph = tower(widths=(4, 12, 48))
    plan = make_plan(graph)
    budget = 36 * 38
    how = solve(graph, backend)
    for layer in plan.layers:
        clocks = schedule(plan, layer, how).clocks
        assert clocks <= budget
        if layer.kind in SHARING:
            iterations, node = clocks // how[layer.node.name].clocks, layer.node
            assert how[node.name] == implementation(node, budget // iterations, backend)
            factor = how[node.name].reuse_factor
            if how[node.name].strategy == "Latency" and factor < products(node):
                assert iterations * (factor + 1) > budget  # one more and it is too slow
    assert how["conv0"].reuse_factor == 1 and how["conv1"] == Implementation("Latency", 3)
    assert how["conv2"].strategy == "Resource" and products(graph["conv2"]) > UNROLL_LIMIT
    assert slowest(plan, how)[1] == budget


def test_the_resource_strategy_takes_what_hls4ml_calls_valid() -> None:
    from hls4ml.backends import get_backend

    backend = get_backend("vitis")
    for inputs, outputs in ((9 * 32, 48), (9 * 24, 24), (128, 128), (9 * 7, 66)):
        b = GraphBuilder("one")
        rows = 3 if inputs % 9 == 0 else 1
        x = b.input("image", (4, 4, inputs // rows**2), FixedPoint(False, 4, 0))
        b.output(b.conv2d(x, "conv", np.ones((rows, rows, inputs // rows**2, outputs)), TERNARY), "out")
        node = b.graph()["conv"]
        valid = backend.get_valid_reuse_factors(inputs, outputs)
        for clocks in (*range(10, 80), 400, 10**6):
            chosen = implementation(node, clocks)
            if chosen.strategy == "Resource":
                assert chosen.reuse_factor == max(f for f in valid if f + MOVING <= clocks)
            else:
                assert products(node) <= UNROLL_LIMIT or not [f for f in valid if 4 <= f <= clocks - MOVING]
            assert chosen.clocks <= clocks


def test_a_slower_goal_makes_a_smaller_design_and_a_deeper_stage_shares_more() -> None:
    graph = tower()
    factors = [solve(graph, goal=Goal(ii)) for ii in (36 * 38, 3000, 6000)]
    assert factors[0]["offsets"].reuse_factor < factors[1]["offsets"].reuse_factor < factors[2]["offsets"].reuse_factor
    assert factors[0]["conv0"].reuse_factor < factors[0]["conv1"].reuse_factor < factors[0]["offsets"].reuse_factor
    design = make_design(graph, goal=Goal(3000))
    assert design.ii_cycles <= 3000
    assert estimate_cycles(design).limiting == slowest(design.plan, design.how)[0]


@pytest.mark.parametrize(
    ("goal", "message"),
    [
        (
            Goal(1367, None, 300.0, "--target-ii", 1367),
            r"--target-ii 1367: conv0_padding takes at least 1,368 clocks an image: "
            r"the nearest that is possible is --target-ii 1368 at 300 MHz",
        ),
        (
            Goal(500, None, 200.0, "--target-rate-khz", 400),
            r"--target-rate-khz 400: .* --target-rate-khz 146.198 at",
        ),
        (
            Goal(None, 900, 300.0, "--target-latency-us", 3),
            r"--target-latency-us 3: the design takes at least 1,",
        ),
    ],
)
def test_the_impossible_is_refused_with_the_nearest_figure(goal: Goal, message: str) -> None:
    with pytest.raises(InputError, match=message) as refused:
        solve(tower(), goal=goal)
    assert refused.value.exit_code == 2


def test_the_nearest_figure_is_possible() -> None:
    from jetflow.build import Settings
    from jetflow.hls import settings_goal

    common = ("m", "twn", "fpga", "part", 300.0, "vitis", 0.5, ("ecal",), "hls")
    for option, values in (("--target-rate-khz", (None, None, 1e9)), ("--target-latency-us", (None, 0.1, None))):
        with pytest.raises(InputError) as refused:
            solve(tower(), goal=settings_goal(Settings(*common, *values)))
        nearest = float(str(refused.value).split(f"possible is {option} ")[1].split()[0])
        values = tuple(nearest if value else None for value in values)
        assert solve(tower(), goal=settings_goal(Settings(*common, *values)))


def test_a_latency_is_kept_and_used_up() -> None:
    graph = tower(18, 20, (4, 6, 8))
    plan = make_plan(graph)
    quick = StreamModel(plan, {}).run(None, 1).latency
    wanted = quick + 60
    design = make_design(graph, goal=Goal(None, wanted, 300.0, "--target-latency-us"))
    assert quick < design.latency_cycles <= wanted
    assert max(chosen.reuse_factor for chosen in design.how.values()) > 1
    for layer in plan.layers:  # no convolution could be any slower
        if layer.kind is Kind.CONV:
            more = implementation(layer.node, design.how[layer.node.name].clocks + 1)
            trial = {**design.how, layer.node.name: more}
            slower = StreamModel(plan, trial).run(None, 1).latency > wanted
            late = schedule(plan, layer, trial).clocks > slowest(plan, {})[1]
            assert more == design.how[layer.node.name] or slower or late


def test_vivado_takes_the_least_legal_factor_where_its_limit_asks_for_more_clocks_than_there_are() -> None:
    graph = tower(widths=(4, 24, 48))
    how = solve(graph, "vivado", Goal(36 * 38))
    assert how["conv2"].strategy == "Resource"
    assert products(graph["conv2"]) <= how["conv2"].reuse_factor * UNROLL_LIMIT

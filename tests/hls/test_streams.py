"""The stream model and the FIFO depths: no deadlock, no lost rate, and not one word more than needed."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jetflow.graph import TERNARY, FixedPoint, Graph, GraphBuilder, PhiPadding
from jetflow.hls import (
    Design,
    Goal,
    Implementation,
    estimate_cycles,
    fastest,
    fifos,
    make_design,
    read_design,
    write_design,
)
from jetflow.hls.depths import LEAST, plan_depths
from jetflow.hls.plan import make_plan
from jetflow.hls.solver import slowest
from jetflow.hls.stream_model import StreamModel, StreamResult

Stages = Sequence[Sequence[int]]
Reuse = dict[str, int]
SETTLED = 8


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


def side_branches(rows: int, columns: int) -> Graph:
    """A channel gate, a skip connection that joins two stages later, heads into a Detect: streams that must wait."""
    b, act = GraphBuilder("sides"), FixedPoint(True, 6, 3)
    x = b.input("image", (rows, columns, 2), act)
    kernel = np.ones((3, 3, 2, 2))

    def conv(x: str, name: str) -> str:
        y = b.conv2d(x, f"{name}_conv", kernel, TERNARY, (1, 1, 1, 1), PhiPadding.CIRCULAR)
        return b.requantise(y, name, act)

    early = b.requantise(b.average_pool(x, "early_pool"), "early", act)
    x = conv(conv(conv(early, "a"), "b"), "c")
    x = b.requantise(b.concatenate([early, x], "joined"), "joined_act", act)
    factor = b.channel_conv(
        b.requantise(b.global_sum(x, "sum"), "mean", act), "mix", np.ones(3), FixedPoint(True, 2, 0)
    )
    factor = b.requantise(b.hard_sigmoid(b.requantise(factor, "mixed", act), "sigmoid"), "factor", act)
    x = b.requantise(b.gate(x, factor, "gate"), "gated", act)
    heads = [b.conv2d(x, name, np.ones((1, 1, 4, size)), TERNARY) for name, size in (("o", 2), ("c_", 3), ("r", 1))]
    b.output(b.detect(heads[0], heads[1], heads[2], "detect", 0, 4), "boxes")
    return b.graph()


def designed(graph: Graph, reuse: Reuse) -> Design:
    """The design of `graph` with some reuse factors given and all others 1."""
    how = fastest(graph) | {name: Implementation("Latency", factor) for name, factor in reuse.items()}
    plan = make_plan(graph)
    return Design(plan, how, plan_depths(plan, StreamModel(plan, how)), 0, 0)


def modelled(design: Design, change: Reuse | None = None) -> StreamResult:
    return StreamModel(design.plan, design.how).run(design.depths | (change or {}), SETTLED)


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
def test_the_depths_cost_no_rate_and_no_latency(
    size: tuple[int, int], stages: Stages, heads: int, reuse: Reuse, phi: PhiPadding
) -> None:
    design = designed(network(*size, stages, heads, phi), reuse)
    result = modelled(design)
    assert not result.stuck
    assert result.interval == slowest(design.plan, design.how)[1]
    assert result.latency == StreamModel(design.plan, design.how).run(None, 1).latency
    assert all(result.peak[name] <= depth for name, depth in design.depths.items())
    assert max(design.depths.values()) <= size[1]  # at most a row, never the image


@pytest.mark.parametrize(
    "graph",
    [network(24, 32, [[2], [3], [3, 3]], 2), side_branches(12, 16)],
    ids=["balanced stages", "gate, skip connection and heads"],
)
def test_one_word_less_in_any_fifo_stalls_or_deadlocks(graph: Graph) -> None:
    """FIFOs of two words apart: they are the least that is made, and the next test shows where these are needed."""
    design = make_design(graph)
    deep = {name: depth for name, depth in design.depths.items() if depth > LEAST}
    assert len(deep) >= 2
    full = modelled(design)
    for name, depth in deep.items():
        less = modelled(design, {name: depth - 1})
        assert less.stuck or any(a > b for a, b in zip(less.out, full.out, strict=True)), name


def test_a_fifo_of_two_words_is_needed_where_every_clock_is_used() -> None:
    """One word in any FIFO of a layer that works in every clock, and the design is slower."""
    design = designed(network(12, 16, [[2, 2]], 2), {})
    full = modelled(design)
    assert set(design.depths.values()) == {LEAST}
    for name in design.depths:
        assert modelled(design, {name: 1}).interval > full.interval, name


def test_a_gate_waits_for_its_whole_image_and_a_shorter_fifo_deadlocks() -> None:
    design = make_design(side_branches(12, 16))
    (name,) = (fifo for fifo in design.depths if fifo.startswith("clone_joined_act") and design.depths[fifo] > 40)
    assert design.depths[name] >= 6 * 8  # the pooled map
    assert "gated" in modelled(design, {name: 6 * 8 - 1}).stuck


def test_a_fifo_without_room_deadlocks_and_names_the_layers() -> None:
    design = designed(network(12, 16, [[2, 2]], 2), {})
    stuck = modelled(design, {"clone_s0c1_cpy2": 0}).stuck
    assert "clone_s0c1" in stuck and "head1_conv_padding" in stuck


def stepped(model: StreamModel, depths: dict[str, int], images: int) -> tuple[list[int], dict[str, int]]:
    """The rules of the model once more, in plain Python: the clock of every image's last word, and the peaks."""
    held, peak = dict.fromkeys(model.streams, 0), dict.fromkeys(model.streams, 0)
    at, ready = [0] * len(model.processes), [0] * len(model.processes)
    out: list[int] = []
    takers = [i for i, process in enumerate(model.processes) if not process.targets]
    clock = 0
    while len(out) < images:
        before, moved = dict(held), False
        for i, process in enumerate(model.processes):
            size = len(process.schedule.writes)
            if ready[i] > clock or at[i] == images * size:
                moved = moved or ready[i] > clock
                continue
            here = at[i] % size
            patterns = zip(process.sources, process.schedule.reads, strict=True)
            read = [model.streams[s] for s, pattern in patterns if pattern[here]]
            written = [model.streams[t] for t in process.targets] if process.schedule.writes[here] else []
            if all(before[s] for s in read) and all(before[t] < depths.get(t, 2) for t in written):
                moved = True
                for s in read:
                    held[s] -= 1
                for t in written:
                    held[t] += 1
                at[i], ready[i] = at[i] + 1, clock + process.schedule.interval
        if not moved:
            return [], peak
        peak = {name: max(peak[name], held[name]) for name in held}
        clock += 1
        if all(at[i] >= (len(out) + 1) * len(model.processes[i].schedule.writes) for i in takers):
            out.append(clock)
    return out, peak


@settings(max_examples=15)
@given(st.data())
def test_the_compiled_loop_obeys_the_rules(data: st.DataObject) -> None:
    graphs = (network(5, 6, [[2], [2]], 2), network(6, 4, [[1, 2]], 1, PhiPadding.ZERO), side_branches(6, 6))
    graph = data.draw(st.sampled_from(graphs))
    plan = make_plan(graph)
    how = {name: Implementation("Latency", data.draw(st.integers(1, 5))) for name in fastest(graph)}
    model = StreamModel(plan, how)
    depths = {name: data.draw(st.integers(1, 12)) for name in model.streams}
    result = model.run(depths, 2)
    out, peak = stepped(model, depths, 2)
    assert bool(result.stuck) == (not out)
    if out:
        assert list(result.out) == out and result.peak == peak


def test_a_deadline_ends_the_run() -> None:
    design = designed(network(12, 16, [[2]], 1), {})
    model = StreamModel(design.plan, design.how)
    full = model.run(design.depths, 2)
    assert not model.run(design.depths, 2, full.out).late
    assert model.run(design.depths, 2, (full.out[0], full.out[1] - 1)).late
    assert model.run(design.depths, 2, (full.out[0] - 1, full.out[1])).late


def test_bits_are_depth_times_width() -> None:
    design = designed(network(12, 16, [[2, 3]], 2), {})
    by_name = {fifo.name: fifo for fifo in fifos(design)}
    assert by_name["s0c1"].word_bits == 3 * 8 and by_name["clone_s0c1_cpy1"].word_bits == 3 * 8
    assert {name: fifo.depth for name, fifo in by_name.items()} == design.depths
    assert by_name["s0c1"].bits == design.depths["s0c1"] * 24


def test_estimates_follow_from_the_formula() -> None:
    design = make_design(network(68, 72, [[8, 8], [24], [48]], 3), goal=Goal(70 * 74))
    estimate = estimate_cycles(design)
    layers = {layer.name: layer for layer in estimate.layers}
    assert estimate.ii_cycles == 70 * 74 and estimate.limiting == "s0c0_conv_padding"
    assert layers["s0c0_conv_padding"].cycles == layers["s0c0"].cycles == 70 * 74
    assert layers["pooled1"].cycles == 68 * 72 and layers["s1c0"].cycles == 36 * 38 * 3
    assert layers["s1c0"].formula == "36 rows x 38 columns of the padded image x reuse factor 3"
    assert layers["s2c0"].strategy == "Resource" and layers["s2c0"].reuse_factor == 6
    assert layers["s2c0"].formula == "19 rows x 20 columns of the padded image x (6 + 6 to move a pixel)"
    assert estimate.latency_cycles > estimate.ii_cycles
    assert "stream model" in estimate.latency_formula
    assert "70 rows x 74 columns" in estimate.ii_formula


def test_a_design_survives_its_file(tmp_path: Path) -> None:
    design = make_design(network(12, 16, [[2], [3]], 1))
    write_design(design, tmp_path / "design.json")
    again = read_design(design.plan.graph, tmp_path / "design.json")
    assert again is not None and again.how == design.how and again.depths == design.depths
    assert (again.latency_cycles, again.ii_cycles) == (design.latency_cycles, design.ii_cycles)
    (tmp_path / "design.json").write_text('{"schema": "jetflow-design-1"}')
    assert read_design(design.plan.graph, tmp_path / "design.json") is None

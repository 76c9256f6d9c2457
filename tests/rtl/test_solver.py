"""The solver's points are what their parts add up to, and the choice keeps to its limit."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jetflow.graph import Graph, PhiPadding
from jetflow.rtl import Area, Caches, Implementation, Point, Style, best, find_front
from jetflow.rtl.estimate import estimate_timing
from jetflow.rtl.options import Option
from jetflow.rtl.plan import make_plan
from jetflow.rtl.timing import Timing

UNROLLED, FOLDED = Implementation(), Implementation(Style.SERIAL, 4, 1)


@pytest.fixture
def graph(graphs: dict[str, Callable[..., Graph]]) -> Graph:
    return graphs["network"](9, 12, PhiPadding.CIRCULAR)


def fake_options(plan: Any, _: Caches, fold: bool = True) -> list[tuple[Option, ...]]:
    """Every layer of 100 LUTs unrolled; those behind a pool of 30 folded."""
    unrolled = Option(UNROLLED, Area(100, 50), 3, mapped=True)
    folded = Option(FOLDED, Area(30, 20), 3, mapped=False)
    return [(unrolled, folded) if layer.arriving.rows < 9 and layer.window else (unrolled,) for layer in plan.layers]


def test_every_point_is_the_best_of_its_size(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jetflow.rtl.solver.plan_options", fake_options)
    points = find_front(graph, 1, Caches(Path(), Path()))
    assert [(p.folded, p.area.lut, p.mapped) for p in (points[0], points[-1])] == [(0, 600, 6), (3, 390, 3)]
    cycles = [p.timing.latency_cycles for p in points]
    luts = [p.area.lut for p in points]
    assert cycles == sorted(cycles) and luts == sorted(luts, reverse=True) and len(set(luts)) == len(luts)
    plan, depths = make_plan(graph, points[-1].choices), {layer.name: 3 for layer in make_plan(graph).layers}
    assert points[-1].timing == estimate_timing(plan, depths)


def test_unrolled_designs_at_every_rate(graph: Graph, tmp_path: Path) -> None:
    found = [find_front(graph, lanes, Caches(tmp_path, tmp_path))[0] for lanes in (1, 4)]
    assert found[0].area.lut < found[1].area.lut and found[0].timing.latency_cycles > found[1].timing.latency_cycles
    assert all(
        point.mapped == 0 and point.area.ff > 100 and set(point.choices.values()) == {UNROLLED} for point in found
    )


def test_the_choice_keeps_to_its_limit() -> None:
    small = Point(1, {}, Area(100, 10), Timing(50, 40), 0)
    fast = Point(1, {}, Area(200, 10), Timing(30, 20), 0)
    wide = Area(1000, 1000, 10, 10)
    assert best([small, fast], "latency", wide) is fast
    assert best([small, fast], "area", wide) is small
    assert best([small, fast], "latency", Area(150, 1000, 10, 10)) is small
    assert best([small, fast], "latency", Area(1000, 5, 10, 10)) is None

"""Chooses an implementation for every layer: the least area at a rate, or the least latency in an area.

It begins with every layer unrolled, and takes step after step what saves most LUTs for a cycle of latency; a DSP slice
counts as a few of them. A step folds one layer, or all layers that read one stream: these work at the same time, so the
second costs nothing more. It looks for steps by the latency that they have where no queue fills, which is found far
sooner than that of full ones. Every design on the way is a point, of its exact cycles; those that another one beats in
both are left out.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from jetflow.graph import Graph
from jetflow.rtl.area import Area
from jetflow.rtl.cycles import free_timing
from jetflow.rtl.estimate import estimate_timing
from jetflow.rtl.implementation import Implementation
from jetflow.rtl.options import Caches, Option, plan_options
from jetflow.rtl.plan import Plan, make_plan
from jetflow.rtl.queues import queue_area
from jetflow.rtl.timing import Timing

__all__ = ["PIXELS_PER_CLOCK", "Point", "best", "find_front", "unbeaten", "unrolled_point"]

PIXELS_PER_CLOCK = (1, 2, 4, 8)
DSP = 8  # LUTs that a slice counts as: where it saves fewer, it is left alone
Chosen = tuple[Option, ...]  # one a layer, in the order of the plan


@dataclass(frozen=True)
class Point:
    """One design: its rate, what was chosen by layer, its area and estimated cycles."""

    pixels_per_clock: int
    choices: Mapping[str, Implementation]
    area: Area
    timing: Timing
    mapped: int  # layers whose area Yosys counted

    @property
    def folded(self) -> int:
        """Layers that are folded."""
        return sum(choice.folded for choice in self.choices.values())


def unrolled_point(graph: Graph, pixels_per_clock: int, caches: Caches) -> Point:
    """The fastest design of a rate: nothing is folded. Raises as find_front."""
    plan = make_plan(graph, None, pixels_per_clock)
    return _point(plan, tuple(each[0] for each in plan_options(plan, caches, fold=False)))


def find_front(
    graph: Graph, pixels_per_clock: int, caches: Caches, visited: Callable[[Point], None] = lambda point: None
) -> tuple[Point, ...]:
    """The points of `graph` at one rate, from the fastest to the smallest. `visited` is called with each on the way.

    Raises InputError for a graph that cannot be built, MissingToolError without alkaid.
    """
    plan = make_plan(graph, None, pixels_per_clock)
    options = plan_options(plan, caches)
    points: list[Point] = []
    step: Chosen | None = tuple(each[0] for each in options)
    while step is not None:
        points.append(_point(plan, step))
        visited(points[-1])
        step = _step(plan, options, step)
    return unbeaten(points)


def unbeaten(points: Iterable[Point]) -> tuple[Point, ...]:
    """The points that no other one beats in latency and LUTs, the fastest first."""
    kept: list[Point] = []
    for point in sorted(points, key=lambda each: (each.timing.latency_cycles, each.area.lut)):
        if not kept or point.area.lut < kept[-1].area.lut:
            kept.append(point)
    return tuple(kept)


def best(points: Sequence[Point], minimise: str, limit: Area) -> Point | None:
    """Of the points within `limit` the one of the least "latency" or "area"; None where none is."""
    within = [point for point in points if point.area.within(limit)]
    if minimise == "area":
        return min(within, key=lambda point: (point.area.lut, point.timing.latency_cycles), default=None)
    return min(within, key=lambda point: (point.timing.latency_cycles, point.area.lut), default=None)


def _step(plan: Plan, options: Sequence[Chosen], chosen: Chosen) -> Chosen | None:
    """The step from `chosen` that saves most LUTs a cycle; None where none saves any."""
    start, luts = _latency(plan, chosen), sum(map(_weight, chosen))
    found, most = None, 0.0
    for candidate in _steps(plan, options, chosen):
        if (saved := luts - sum(map(_weight, candidate))) <= most:
            continue  # whatever its cycles, it is not worth more
        worth = saved / max(1, _latency(plan, candidate) - start)
        if worth > most:
            found, most = candidate, worth
    return found


def _steps(plan: Plan, options: Sequence[Chosen], chosen: Chosen) -> Iterator[Chosen]:
    """`chosen` with one layer, or all that read one stream, at their smallest within each number of clocks a pixel."""
    groups: set[tuple[int, ...]] = {(i,) for i in range(len(options))}
    for layer in plan.layers:
        groups.add(tuple(i for i, other in enumerate(plan.layers) if other.sources == layer.sources))
    for group in sorted(groups):
        for clocks in sorted({option.implementation.clocks for i in group for option in options[i]}):
            changed = list(chosen)
            for i in group:
                within = [option for option in options[i] if option.implementation.clocks <= clocks]
                changed[i] = min((*within, chosen[i]), key=_weight)
            yield tuple(changed)


def _weight(option: Option) -> int:
    return option.area.lut + DSP * option.area.dsp


def _point(plan: Plan, chosen: Chosen) -> Point:
    implemented, depths = _implemented(plan, chosen)
    return Point(
        plan.pixels_per_clock,
        {layer.name: layer.implementation for layer in implemented.layers},
        sum((option.area for option in chosen), queue_area(implemented, depths)),
        estimate_timing(implemented, depths),
        sum(option.mapped for option in chosen),
    )


def _latency(plan: Plan, chosen: Chosen) -> int:
    return free_timing(*_implemented(plan, chosen)).latency_cycles


def _implemented(plan: Plan, chosen: Chosen) -> tuple[Plan, dict[str, int]]:
    """`plan` with these options, and the clocks through each layer."""
    pairs = list(zip(plan.layers, chosen, strict=True))
    layers = tuple(replace(layer, implementation=option.implementation) for layer, option in pairs)
    return replace(plan, layers=layers), {layer.name: option.depth for layer, option in pairs}

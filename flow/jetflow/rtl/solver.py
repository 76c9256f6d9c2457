"""Chooses an implementation for every layer: the least area at a rate, or the least latency in an area.

A choice slows one layer down by what `estimate_timing` says of it alone; these delays and the areas add up, so the best
choices of a design are built layer by layer, and of those that are both slower and larger than another none is kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from jetflow.graph import Graph
from jetflow.rtl.area import Area
from jetflow.rtl.cycles import estimate_timing
from jetflow.rtl.implementation import Implementation
from jetflow.rtl.options import Caches, Option, plan_options
from jetflow.rtl.plan import Plan, make_plan
from jetflow.rtl.simulation import Timing

__all__ = ["PIXELS_PER_CLOCK", "Point", "best", "find_front"]

PIXELS_PER_CLOCK = (1, 2, 4, 8)
Chosen = tuple[Option, ...]  # one a layer, in the order of the plan


@dataclass(frozen=True)
class Point:
    """A design that nothing else at its rate beats in both: its choices, its area and estimated cycles."""

    pixels_per_clock: int
    choices: Mapping[str, Implementation]
    area: Area
    timing: Timing
    mapped: int  # layers whose area Yosys counted

    @property
    def folded(self) -> int:
        """Layers that are folded."""
        return sum(choice.folded for choice in self.choices.values())


def find_front(graph: Graph, pixels_per_clock: int, caches: Caches) -> tuple[Point, ...]:
    """The points of `graph` at one rate, by falling area: from the fastest to the smallest.

    Raises InputError for a graph that cannot be built, MissingToolError without alkaid.
    """
    plan = make_plan(graph, None, pixels_per_clock)
    options = plan_options(plan, caches)
    start = _timing(plan, [each[0] for each in options]).latency_cycles
    kept: list[tuple[int, Area, Chosen]] = [(0, Area(), ())]
    for position, each in enumerate(options):
        longer = [(option, _delay(plan, options, position, option) - start) for option in each]
        kept = _undominated(
            [
                (delay + more, area + option.area, (*chosen, option))
                for delay, area, chosen in kept
                for option, more in longer
            ]
        )
    points = []
    for _, area, chosen in kept:
        choices = {layer.name: o.implementation for layer, o in zip(plan.layers, chosen, strict=True)}
        mapped = sum(option.mapped for option in chosen)
        points.append(Point(pixels_per_clock, choices, area, _timing(plan, chosen), mapped))
    return tuple(points)


def best(points: Sequence[Point], minimise: str, limit: Area) -> Point | None:
    """Of the points within `limit` the one of the least "latency" or "area"; None where none is."""
    within = [point for point in points if point.area.within(limit)]
    if minimise == "area":
        return min(within, key=lambda point: (point.area.lut, point.timing.latency_cycles), default=None)
    return min(within, key=lambda point: (point.timing.latency_cycles, point.area.lut), default=None)


def _delay(plan: Plan, options: Sequence[Sequence[Option]], position: int, option: Option) -> int:
    """Latency of the design whose layer `position` alone is not unrolled."""
    chosen = [option if i == position else each[0] for i, each in enumerate(options)]
    return _timing(plan, chosen).latency_cycles


def _timing(plan: Plan, chosen: Sequence[Option]) -> Timing:
    pairs = list(zip(plan.layers, chosen, strict=True))
    layers = tuple(replace(layer, implementation=option.implementation) for layer, option in pairs)
    depths = {layer.name: option.depth for layer, option in pairs}
    return estimate_timing(replace(plan, layers=layers), depths)


def _undominated(found: list[tuple[int, Area, Chosen]]) -> list[tuple[int, Area, Chosen]]:
    """Those that no other beats or equals in both delay and LUTs, by rising delay."""
    kept: list[tuple[int, Area, Chosen]] = []
    for candidate in sorted(found, key=lambda each: (each[0], each[1].lut)):
        if not kept or candidate[1].lut < kept[-1][1].lut:
            kept.append(candidate)
    return kept

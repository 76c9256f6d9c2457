"""Balanced rates: the reuse factor of every layer, so that none is slower than asked for and all are as small as that
allows.

After k poolings a pixel comes every 4**k clocks, so a layer there may take as long over each of its pixels. An image
takes a layer its iterations (pixels of the padded image) times its clocks a pixel; with a budget of T clocks an image a
layer of N iterations takes at most T / N clocks a pixel, and the largest legal reuse factor within them.

- An interval: T is the goal, or without one the clocks of the slowest layer that cannot be sped up, which is the padded
  image at a pixel a clock: the rate of the input stream.
- A latency: the largest T that keeps it, with FIFOs without end in the stream model (a slower layer never makes a later
  one faster, so halving finds it); then layer by layer, those with the most products first, whatever else it allows.
"""

from dataclasses import dataclass

from jetflow.build import Settings
from jetflow.errors import InputError
from jetflow.graph import Graph
from jetflow.hls.implementation import Implementation, fastest, implementation, products
from jetflow.hls.plan import Layer, Plan, make_plan
from jetflow.hls.schedule import SHARING, schedule
from jetflow.hls.stream_model import StreamModel

__all__ = ["INPUT_RATE", "Goal", "settings_goal", "slowest", "solve"]

Choice = dict[str, Implementation]
ROUNDING = 1e-6  # clocks: what a product of decimal fractions may lack


@dataclass(frozen=True)
class Goal:
    """At most `ii_cycles` clocks between two images, or `latency_cycles` from first pixel to last word.

    `clock_mhz`, `option` and `value` are for messages: the figure is named as the user gave it.
    """

    ii_cycles: int | None = None
    latency_cycles: int | None = None
    clock_mhz: float = 300.0
    option: str = ""
    value: float = 0.0

    def nearest(self, cycles: int) -> str:
        """`cycles` in the unit of the option, rounded to the side that is possible."""
        match self.option:
            case "--target-rate-khz":
                return f"{int(self.clock_mhz * 1e6 / cycles) / 1000:g}"
            case "--target-latency-us":
                return f"{-(-cycles * 1000 // self.clock_mhz) / 1000:g}"
        return str(cycles)


INPUT_RATE = Goal()


def settings_goal(settings: Settings) -> Goal:
    """What the settings of a build ask for."""
    clock = settings.clock_mhz
    if settings.target_ii is not None:
        return Goal(settings.target_ii, None, clock, "--target-ii", settings.target_ii)
    if (rate := settings.target_rate_khz) is not None:
        return Goal(int(clock * 1000 / rate + ROUNDING), None, clock, "--target-rate-khz", rate)
    if (latency := settings.target_latency_us) is not None:
        return Goal(None, int(latency * clock + ROUNDING), clock, "--target-latency-us", latency)
    return INPUT_RATE


def solve(graph: Graph, backend: str = "vitis", goal: Goal = INPUT_RATE) -> Choice:
    """Strategy and reuse factor of every layer that has multipliers. Raises InputError where `goal` is impossible."""
    _check_possible(graph, backend, goal)
    plan = make_plan(graph)
    floor = slowest(plan, fastest(graph, backend))[1]
    if goal.latency_cycles is not None:
        return _for_latency(plan, backend, goal.latency_cycles, floor)
    return _within(plan, backend, goal.ii_cycles or floor)


def _check_possible(graph: Graph, backend: str, goal: Goal) -> None:
    """Raise InputError, with the nearest figure that is possible, where not even the fastest design reaches `goal`."""
    plan, quickest = make_plan(graph), fastest(graph, backend)
    if goal.ii_cycles is not None:
        layer, least = slowest(plan, quickest)
        wanted, reason = goal.ii_cycles, f"{layer} takes at least {least:,} clocks an image"
    elif goal.latency_cycles is not None:
        wanted, least = goal.latency_cycles, _latency(plan, quickest)
        reason = f"the design takes at least {least:,} clocks from the first pixel to the last word"
    else:
        return
    if wanted < least:
        raise InputError(
            f"{goal.option} {goal.value:g}: {reason}: the nearest that is possible is "
            f"{goal.option} {goal.nearest(least)} at {goal.clock_mhz:g} MHz"
        )


def slowest(plan: Plan, how: Choice) -> tuple[str, int]:
    """The layer that limits the rate, and its clocks an image."""
    full = plan.with_clones()
    clocks = {layer.name: schedule(full, layer, how).clocks for layer in full.layers}
    name = max(clocks, key=clocks.__getitem__)
    return name, clocks[name]


def _within(plan: Plan, backend: str, budget: int) -> Choice:
    """Every layer as small as `budget` clocks an image allow; one that cannot keep it is as fast as it can be."""
    return {layer.node.name: implementation(layer.node, budget // count, backend) for layer, count in _sharing(plan)}


def _sharing(plan: Plan) -> list[tuple[Layer, int]]:
    """The layers whose multipliers can be shared, with their iterations an image."""
    return [(layer, len(schedule(plan, layer, {}).writes)) for layer in plan.layers if layer.kind in SHARING]


def _for_latency(plan: Plan, backend: str, wanted: int, floor: int) -> Choice:
    budget, above = 1, wanted + 1  # good, and more than is possible
    while above - budget > 1:
        middle = (budget + above) // 2
        budget, above = (
            (middle, above) if _latency(plan, _within(plan, backend, middle)) <= wanted else (budget, middle)
        )
    how = _within(plan, backend, budget)
    for layer, count in sorted(_sharing(plan), key=lambda item: products(item[0].node), reverse=True):
        name, few, many = layer.node.name, budget // count, max(budget, floor) // count
        while few < many:
            middle = (few + many + 1) // 2
            trial = how | {name: implementation(layer.node, middle, backend)}
            few, many = (middle, many) if _latency(plan, trial) <= wanted else (few, middle - 1)
        how[name] = implementation(layer.node, few, backend)
    return how


def _latency(plan: Plan, how: Choice) -> int:
    return StreamModel(plan, how).run(None, images=1).latency

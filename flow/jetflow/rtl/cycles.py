"""Cycles of a design before it is simulated: when each word of its streams moves, where no reader ever stops.

A layer takes a step a clock, a folded one takes some for it, or it waits for the beat that the step needs: step k
begins at t[k] = max(t[k - 1] + clocks of step k - 1, arrival of its beat). That is exact as long as queues do not fill,
and a full queue delays only words that would wait further on; folded layers have short ones, and so a longer interval.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jetflow.graph import Detect, Graph
from jetflow.rtl.digits import window_digits
from jetflow.rtl.plan import Layer, Plan
from jetflow.rtl.steps import layer_steps
from jetflow.rtl.timing import Timing

__all__ = ["EVENTS", "StreamTimes", "estimate_timing", "stream_times", "turned"]

Times = NDArray[np.int64]
EVENTS = 3  # one after the other: the interval between the last two
_BEFORE = np.int64(-(1 << 40))


@dataclass(frozen=True, eq=False)
class StreamTimes:
    """Clocks over EVENTS events: when each word of a node's stream moves, and when a layer takes each of its beats."""

    moves: dict[str, Times]
    takes: dict[str, Times]


def estimate_timing(plan: Plan, depths: Mapping[str, int]) -> Timing:
    """Latency and interval as `simulate` counts them. `depths`: clocks through a layer behind its window or pool."""
    beats = plan.input_order.beats
    moves = stream_times(plan, depths, beats).moves  # back to back
    ends = np.max([moves[output.name].reshape(EVENTS, -1)[:, -1] for output in plan.graph.outputs], axis=0)
    return Timing(int(ends[0]) + 1, int(ends[-1] - ends[-2]))


def stream_times(plan: Plan, depths: Mapping[str, int], interval: int) -> StreamTimes:
    """The streams where an event begins every `interval` clocks, at least its beats, and comes without a pause."""
    beats = plan.input_order.beats
    images = (np.arange(EVENTS)[:, None] * interval + np.arange(beats)).ravel()
    times = StreamTimes({plan.graph.input.name: images}, {})
    for layer in plan.layers:
        sources = [turned(times.moves[source], plan.held(layer, source)) for source in layer.sources]
        taken, left = _layer(plan.graph, layer, np.max(sources, axis=0), depths[layer.name])
        times.takes[layer.name], times.moves[layer.result.name] = taken, left
    return times


def turned(moves: Times, held: int) -> Times:
    """When the words of a stream come whose first `held` ones of an event are kept to its end (stream_rotate.sv)."""
    return _paced(np.roll(moves.reshape(EVENTS, -1), -held, axis=1).ravel(), np.ones_like(moves)) if held else moves


def _layer(graph: Graph, layer: Layer, arrivals: Times, depth: int) -> tuple[Times, Times]:
    """When a layer takes its beats, and its words leave, for beats that move into its register at `arrivals`."""
    if layer.inner:
        return arrivals + 1, _gated(arrivals + 1, depth)
    steps = layer_steps(layer)
    takes, leaves = np.tile(steps.takes, EVENTS), np.tile(steps.leaves, EVENTS)
    needed = np.full(len(takes), _BEFORE)
    needed[takes] = arrivals + 1
    choice = layer.implementation
    idle = window_digits(graph, layer) if choice.digit else choice.clocks
    paced = _paced(needed, np.where(leaves, choice.clocks, idle))
    left = paced[leaves] + steps.delay + depth
    if isinstance(layer.front, Detect):
        left = _boxes(layer, left)
    return paced[takes], _split(layer, left) if layer.splits else left


def _boxes(layer: Layer, cells: Times) -> Times:
    """box_list.sv: the boxes of an event leave one a clock behind its last cell, and the next first cell waits."""
    free, found = _BEFORE, []
    for event in cells.reshape(EVENTS, -1):
        first = event[-1] + max(0, free - event[0])
        found.append(first + np.arange(layer.leaving.beats))
        free = found[-1][-1] + 2
    return np.concatenate(found)


def _gated(taken: Times, depth: int) -> Times:
    """A map waits until its last pixel has been summed, then it leaves a pixel a clock."""
    needed = np.full(taken.shape, _BEFORE).reshape(EVENTS, -1)
    needed[:, 0] = taken.reshape(EVENTS, -1)[:, -1] + 1 + depth
    return _paced(needed.ravel(), np.ones_like(taken))


def _split(layer: Layer, words: Times) -> Times:
    """lane_split.sv: each word leaves in parts, but for those beyond the last row."""
    parts = layer.lanes // layer.leaving.lanes
    columns = np.repeat(words, parts).reshape(EVENTS * layer.leaving.columns, -1)
    needed = columns[:, : layer.leaving.groups].ravel() + 1
    return _paced(needed, np.ones_like(needed))


def _paced(needed: Times, clocks: Times) -> Times:
    """t[k] = max(t[k - 1] + clocks[k - 1], needed[k])."""
    ramp = np.cumsum(clocks) - clocks
    times: Times = np.maximum.accumulate(needed - ramp) + ramp
    return times

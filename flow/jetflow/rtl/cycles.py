"""When each word of a design's streams moves before it is simulated, where no reader ever stops.

A layer takes a step a clock, a folded one takes some for it, or it waits for the beat that the step needs: step k
begins at t[k] = max(t[k - 1] + clocks of step k - 1, arrival of its beat). That is exact as long as no queue is full;
where one is, words come later and never earlier (jetflow.rtl.estimate).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jetflow.graph import Detect, Graph
from jetflow.rtl.plan import Layer, Plan
from jetflow.rtl.steps import layer_steps
from jetflow.rtl.timing import BEFORE, Timing

__all__ = ["EVENTS", "StreamTimes", "Times", "free_timing", "images", "paced", "stream_times", "turned"]

Times = NDArray[np.int64]
EVENTS = 3  # one after the other


@dataclass(frozen=True, eq=False)
class StreamTimes:
    """Clocks over EVENTS events: when each word of a node's stream moves, and when a layer takes each of its beats."""

    moves: dict[str, Times]
    takes: dict[str, Times]

    def timing(self, plan: Plan) -> Timing:
        """Latency and the longest interval, as `simulate` counts them over as many events."""
        ends = np.max([self.moves[output.name].reshape(EVENTS, -1)[:, -1] for output in plan.graph.outputs], axis=0)
        return Timing(int(ends[0]) + 1, int(np.diff(ends).max()))


def free_timing(plan: Plan, depths: Mapping[str, int]) -> Timing:
    """Latency and interval were no queue ever full: the least that they can be. `depths`: clocks through a layer behind
    its window or pool.
    """
    return stream_times(plan, depths, images(plan)).timing(plan)


def images(plan: Plan, interval: int = 0) -> Times:
    """When beats come of events that begin every `interval` clocks, or back to back, without a pause."""
    beats = plan.input_order.beats
    return (np.arange(EVENTS)[:, None] * max(interval, beats) + np.arange(beats)).ravel()


def stream_times(plan: Plan, depths: Mapping[str, int], beats: Times) -> StreamTimes:
    """The streams of a design whose input comes at `beats`."""
    times = StreamTimes({plan.graph.input.name: beats}, {})
    for layer in plan.layers:
        sources = [turned(times.moves[source], plan.held(layer, source)) for source in layer.sources]
        taken, left = _layer(plan.graph, layer, np.max(sources, axis=0), depths[layer.name])
        times.takes[layer.name], times.moves[layer.result.name] = taken, left
    return times


def turned(moves: Times, held: int) -> Times:
    """When the words of a stream come whose first `held` ones of an event are kept to its end (stream_rotate.sv)."""
    return paced(np.roll(moves.reshape(EVENTS, -1), -held, axis=1).ravel()) if held else moves


def _layer(graph: Graph, layer: Layer, arrivals: Times, depth: int) -> tuple[Times, Times]:
    """When a layer takes its beats, and its words leave, for beats that move into its register at `arrivals`."""
    if layer.inner:
        return arrivals + 1, _gated(arrivals + 1, depth)
    steps = layer_steps(graph, layer)
    takes, leaves = np.tile(steps.takes, EVENTS), np.tile(steps.leaves, EVENTS)
    needed = np.full(len(takes), BEFORE, np.int64)
    needed[takes] = arrivals + 1
    began = paced(needed, np.tile(steps.clocks, EVENTS))
    left = began[leaves] + steps.delay + depth
    if isinstance(layer.front, Detect):
        left = _boxes(layer, left)
    return began[takes] + steps.held, _split(layer, left) if layer.splits else left


def _boxes(layer: Layer, cells: Times) -> Times:
    """box_list.sv: the boxes of an event leave one a clock behind its last cell, and the next first cell waits."""
    free, found = np.int64(BEFORE), []
    for event in cells.reshape(EVENTS, -1):
        first = event[-1] + max(0, free - event[0])
        found.append(first + np.arange(layer.leaving.beats))
        free = found[-1][-1] + 2
    return np.concatenate(found)


def _gated(taken: Times, depth: int) -> Times:
    """A map waits until its last pixel has been summed, then it leaves a pixel a clock."""
    needed = np.full(taken.shape, BEFORE, np.int64).reshape(EVENTS, -1)
    needed[:, 0] = taken.reshape(EVENTS, -1)[:, -1] + depth
    return paced(needed.ravel())


def _split(layer: Layer, words: Times) -> Times:
    """lane_split.sv: each word leaves in parts, but for those beyond the last row."""
    parts = layer.lanes // layer.leaving.lanes
    columns = np.repeat(words, parts).reshape(EVENTS * layer.leaving.columns, -1)
    needed = columns[:, : layer.leaving.groups].ravel() + 1
    return paced(needed)


def paced(needed: Times, clocks: Times | None = None) -> Times:
    """t[k] = max(t[k - 1] + clocks[k - 1], needed[k]); without `clocks` one each."""
    ramp = np.arange(len(needed)) if clocks is None else np.cumsum(clocks) - clocks
    times: Times = np.maximum.accumulate(needed - ramp) + ramp
    return times

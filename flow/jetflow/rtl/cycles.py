"""Cycles of a design before it is simulated: when each word of its streams moves, where no reader ever stops.

A layer takes a step a clock, a folded one takes some for it, or it waits for the beat that the step needs: step k
begins at t[k] = max(t[k - 1] + clocks of step k - 1, arrival of its beat). That is exact as long as queues do not fill,
and a full queue delays only words that would wait further on; folded layers have short ones, and so a longer interval.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from jetflow.graph import Graph
from jetflow.rtl.digits import token_bits
from jetflow.rtl.plan import Layer, Plan
from jetflow.rtl.simulation import Timing
from jetflow.rtl.steps import layer_steps

__all__ = ["estimate_timing"]

Times = NDArray[np.int64]
EVENTS = 3  # back to back: the interval between the last two
_BEFORE = np.int64(-(1 << 40))


def estimate_timing(plan: Plan, depths: Mapping[str, int]) -> Timing:
    """Latency and interval as `simulate` counts them. `depths`: clocks through a layer behind its window or pool."""
    beats = plan.input_order.beats
    moves: dict[str, Times] = {plan.graph.input.name: np.arange(EVENTS * beats)}
    for layer in plan.layers:
        arrivals = np.max([moves[source] for source in layer.sources], axis=0)
        moves[layer.result.name] = _layer(plan.graph, layer, arrivals, depths[layer.name])
    ends = np.max([moves[output.name].reshape(EVENTS, -1)[:, -1] for output in plan.graph.outputs], axis=0)
    return Timing(int(ends[0]) + 1, int(ends[-1] - ends[-2]))


def _layer(graph: Graph, layer: Layer, arrivals: Times, depth: int) -> Times:
    """When the words of a layer leave, for beats that move into the register in front of it at `arrivals`."""
    if layer.inner:
        return _gated(arrivals + 1, depth)
    steps = layer_steps(layer)
    takes, leaves = np.tile(steps.takes, EVENTS), np.tile(steps.leaves, EVENTS)
    needed = np.full(len(takes), _BEFORE)
    needed[takes] = arrivals + 1
    choice = layer.implementation
    idle = token_bits(graph, layer, choice.digit) // choice.digit if choice.folded else 1
    left = _paced(needed, np.where(leaves, choice.clocks, idle))[leaves] + steps.delay + depth
    return _split(layer, left) if layer.splits else left


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

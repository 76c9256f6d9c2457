"""The steps of what gathers a layer's pixels, as the modules of hw/rtl take them for one event."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from jetflow.graph import AveragePool, Graph
from jetflow.rtl.digits import window_digits
from jetflow.rtl.geometry import Window
from jetflow.rtl.implementation import Style
from jetflow.rtl.multiplied import sums_wait
from jetflow.rtl.order import StreamOrder
from jetflow.rtl.plan import Layer

__all__ = ["Steps", "factor_steps", "layer_steps"]

Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Steps:
    """By step: whether it takes a beat, which is `held` clocks after it began; whether a word leaves it for the
    datapath, `delay` clocks after it began; and the clocks that it takes.
    """

    takes: Flags
    leaves: Flags
    clocks: NDArray[np.int64]
    held: int
    delay: int


def layer_steps(graph: Graph, layer: Layer) -> Steps:
    """The steps of `layer`; where nothing is gathered, every beat is one."""
    choice, spot = layer.implementation, layer.window
    if isinstance(layer.front, AveragePool):
        return _pool(layer, layer.front.padding)
    if spot is None or (spot.trivial and choice.style is Style.UNROLLED):
        every = np.ones(layer.arriving.beats, np.bool_)
        return Steps(every, every, every.astype(np.int64), 0, 0)
    steps = _window(spot)
    if choice.style is Style.MULTIPLIED and sums_wait(graph, layer):
        steps = _whole_columns(steps, spot)
    digits = window_digits(graph, layer) if choice.digit else choice.clocks
    return replace(steps, clocks=np.where(steps.leaves, choice.clocks, digits), held=digits - 1)


def factor_steps(channels: int, taps: int) -> Steps:
    """line_window.sv over the sums of a gate, one a channel: what leaves is the window that completes the factors."""
    sums = StreamOrder(channels, 1)
    kernel = np.zeros((taps, 1, 1, 1), np.int64)
    steps = _window(Window(kernel, taps // 2, 0, channels, 1, (1, 1), False, True, sums, sums))
    return replace(steps, leaves=np.arange(len(steps.leaves)) == np.flatnonzero(steps.leaves)[-1])


def _window(spot: Window) -> Steps:
    """line_window.sv, in its own names."""
    lanes, columns = spot.arriving.lanes, spot.arriving.columns
    groups, out_groups = spot.arriving.groups, -(-spot.out_rows // lanes)
    lag, steps = spot.lag, spot.steps
    window_columns = spot.skipped + spot.out_columns
    count = window_columns * steps + lag
    group, column = np.arange(count) % steps, np.arange(count) // steps
    behind = group < lag
    out_group = np.where(behind, group + steps - lag, group - lag)
    out_order = column - spot.skipped - behind
    start = (spot.arriving.first + spot.left) % columns if spot.wrap else 0
    out_column = (out_order + start) % columns if spot.wrap else out_order
    group_step = max(1, spot.stride[0] // lanes)
    leaves = (out_order >= 0) & (out_order < spot.out_columns) & (out_group < out_groups)
    leaves &= (out_group % group_step == 0) & (out_column % spot.stride[1] == 0)
    return Steps((group < groups) & (column < columns), leaves, np.ones(count, np.int64), 0, 1)


def _whole_columns(steps: Steps, spot: Window) -> Steps:
    """The steps of window_sums.sv: as line_window.sv, but the last column has all of its own."""
    more = -len(steps.takes) % spot.steps
    takes, leaves = (np.append(flags, np.zeros(more, np.bool_)) for flags in (steps.takes, steps.leaves))
    return replace(steps, takes=takes, leaves=leaves)


def _pool(layer: Layer, padding: int) -> Steps:
    """average_pool.sv, in its own names."""
    arriving, leaving = layer.arriving, layer.leaving
    columns, lanes, first = arriving.columns, arriving.lanes, arriving.first
    groups, out_groups = arriving.groups, -(-leaving.rows // layer.lanes)
    steps = max(groups, out_groups) if lanes > 1 else groups
    count = steps * columns
    group, order = np.arange(count) % steps, np.arange(count) // steps
    column = (first + order) % columns
    last_row = group == steps - 1
    if lanes == 1:
        row_in_pairs = group + padding
        done = ((row_in_pairs % 2 == 1) | last_row) & (row_in_pairs // 2 < leaving.rows)
    else:
        done = group < out_groups
    in_pairs = column + padding
    orphan = first != 0 and (first + padding) % 2 == 1
    first_arrives, last_arrives = orphan & (order == 0), orphan & (order == columns - 1)
    alone = (in_pairs % 2 == 0) & (column == columns - 1) & (in_pairs // 2 < leaving.columns)
    leaves = done & (last_arrives | ((in_pairs % 2 == 1) & ~first_arrives) | alone)
    return Steps(group < groups, leaves, np.ones(count, np.int64), 0, 2)

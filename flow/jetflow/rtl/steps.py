"""The steps of what gathers a layer's pixels, as hw/rtl/line_window.sv and average_pool.sv take them for one event."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jetflow.graph import AveragePool
from jetflow.rtl.geometry import Window
from jetflow.rtl.plan import Layer

__all__ = ["Steps", "layer_steps"]

Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Steps:
    """By step: whether it takes a beat, and whether a word leaves it for the datapath, `delay` clocks later."""

    takes: Flags
    leaves: Flags
    delay: int

    @property
    def count(self) -> int:
        """Steps of an event."""
        return len(self.takes)


def layer_steps(layer: Layer) -> Steps:
    """The steps of `layer`; where nothing is gathered, every beat is one."""
    if isinstance(layer.front, AveragePool):
        return _pool(layer, layer.front.padding)
    if layer.window is None or layer.window.trivial:
        every = np.ones(layer.arriving.beats, np.bool_)
        return Steps(every, every, 0)
    return _window(layer.window)


def _window(spot: Window) -> Steps:
    """line_window.sv, in its own names."""
    lanes, columns = spot.arriving.lanes, spot.arriving.columns
    wide = spot.kernel.shape[1]
    groups, out_groups = spot.arriving.groups, -(-spot.out_rows // lanes)
    lag = (spot.patch_rows - 1 - spot.top) // lanes
    skipped = wide - 1 if spot.wrap else wide - 1 - spot.left
    steps = max(groups, out_groups, lag + 2)
    window_columns = skipped + spot.out_columns
    count = window_columns * steps + lag
    group, column = np.arange(count) % steps, np.arange(count) // steps
    behind = group < lag
    out_group = np.where(behind, group + steps - lag, group - lag)
    out_order = column - skipped - behind
    start = (spot.arriving.first + spot.left) % columns if spot.wrap else 0
    out_column = (out_order + start) % columns if spot.wrap else out_order
    group_step = max(1, spot.stride[0] // lanes)
    leaves = (out_order >= 0) & (out_order < spot.out_columns) & (out_group < out_groups)
    leaves &= (out_group % group_step == 0) & (out_column % spot.stride[1] == 0)
    return Steps((group < groups) & (column < columns), leaves, 1)


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
    return Steps(group < groups, leaves, 2)

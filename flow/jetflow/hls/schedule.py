"""What each hardware layer reads and writes, iteration by iteration: the one description of its timing.

Every layer is one pipelined loop. An iteration starts when the word that it reads is there and the words that it
writes have room, and the next one starts `interval` clocks later at the earliest. The patterns are those of the C++:
hw/hls for our layers, the line buffer of hls4ml's nnet_conv_stream.h for convolutions.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jetflow.graph import AveragePool, Conv2D, PhiPadding
from jetflow.hls.implementation import Implementations
from jetflow.hls.plan import Kind, Layer, Plan

__all__ = ["SHARING", "Schedule", "interval", "schedule"]

SHARING = (Kind.CONV, Kind.SCALE_BIAS, Kind.PRELU)  # layers that take more than one clock where their node may
Pattern = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Schedule:
    """For each iteration of one image, in order: whether it reads a word of each source, whether it writes one.

    `interval`: clocks between two iterations.
    """

    reads: tuple[Pattern, ...]
    writes: Pattern
    interval: int

    @property
    def clocks(self) -> int:
        """Clocks an image that is never waited for: the layer's own initiation interval."""
        return len(self.writes) * self.interval


def schedule(plan: Plan, layer: Layer, how: Implementations) -> Schedule:
    """The schedule of `layer`, which stands in `plan`, for one image."""
    rows, columns, _ = plan[layer.source].shape if layer.source else layer.shape
    node, clocks = layer.node, interval(layer, how)
    if layer.kind is Kind.PADDING:
        return _padding(layer, rows, columns)
    if layer.kind is Kind.CONV and isinstance(node, Conv2D):
        return _conv(node, rows, columns, clocks)
    if layer.kind is Kind.POOL and isinstance(node, AveragePool):
        return _pool(layer, node.padding, rows, columns)
    cells, channels = rows * columns, layer.shape[2]
    if layer.kind is Kind.GLOBAL_SUM:
        return Schedule((_some(cells, cells),), _some(cells, 1, at=-1), 1)
    if layer.kind is Kind.CHANNEL_CONV:  # a channel a clock
        return Schedule((_some(channels, 1),), _some(channels, 1, at=-1), 1)
    if layer.kind is Kind.GATE:
        return Schedule((_some(cells, cells), _some(cells, 1)), _some(cells, cells), 1)
    if layer.kind is Kind.PEAKS:  # the boxes leave when the last candidate has come
        boxes = layer.shape[0]
        return Schedule((_some(cells + boxes, cells),), _some(cells + boxes, boxes, at=cells), 1)
    return Schedule((_some(cells, cells),) * len(layer.sources), _some(cells, cells), clocks)


def interval(layer: Layer, how: Implementations) -> int:
    """Clocks between two iterations of `layer`: as `how` builds it where it shares multipliers, else 1."""
    chosen = how.get(layer.node.name) if layer.kind in SHARING else None
    return chosen.clocks if chosen else 1


def _some(iterations: int, count: int, at: int = 0) -> Pattern:
    """True in `count` of the iterations, from `at` on."""
    pattern = np.zeros(iterations, bool)
    pattern[at:][:count] = True
    return pattern


def _padding(layer: Layer, rows: int, columns: int) -> Schedule:
    (top, bottom, left, right), phi = layer.padding
    reads = np.zeros((top + rows + bottom, left + columns + right), bool)
    writes = np.ones_like(reads)
    if phi is PhiPadding.ZERO:
        reads[top : top + rows, left : left + columns] = True
        return Schedule((reads.ravel(),), writes.ravel(), 1)
    # Wrapped: a row is read one row time before it leaves, the first one during the zeros above the image.
    if top == 0:
        reads, writes = (np.concatenate([np.zeros_like(a[:1]), a]) for a in (reads, writes))
    first = max(top, 1) - 1
    reads[first : first + rows, left : left + columns] = True
    return Schedule((reads.ravel(),), writes.ravel(), 1)


def _conv(node: Conv2D, rows: int, columns: int, clocks: int) -> Schedule:
    high, wide = node.kernel.shape[:2]
    writes = np.zeros((rows, columns), bool)
    writes[high - 1 :: node.stride[0], wide - 1 :: node.stride[1]] = True
    return Schedule((np.ones(rows * columns, bool),), writes.ravel(), clocks)


def _pool(layer: Layer, padding: int, rows: int, columns: int) -> Schedule:
    reads = np.zeros((rows + 2 * padding, columns + 2 * padding), bool)
    reads[padding : padding + rows, padding : padding + columns] = True
    writes = np.zeros_like(reads)
    writes[1 : 2 * layer.shape[0] : 2, 1 : 2 * layer.shape[1] : 2] = True
    return Schedule((reads.ravel(),), writes.ravel(), 1)

"""How deep the queues are in which a stream waits for another one that a layer joins it with.

Where a graph branches and joins again, the shorter branch is early: by the columns that the convolutions of the other
wait for, and by their pipelines. The model of the streams (jetflow.rtl.cycles) says when every word comes and when it
is taken, where events begin at the design's own interval and nothing is ever full. With room for as many words as wait
there at once, that is what happens: the join costs neither a clock of latency nor one of the interval. With one less
the fork holds the other branch back for a clock, with still less it deadlocks, where a window needs words that do not
come. Behind a pool a clock may be to spare: there, and before folded layers, a queue may have some words too many.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jetflow.graph import AveragePool
from jetflow.rtl.area import Area, memory_area
from jetflow.rtl.cycles import free_timing, images, stream_times, turned
from jetflow.rtl.plan import Layer, Plan

__all__ = ["Queue", "queue_area", "queue_in_front", "queues", "queues_in_front", "turned_queue"]

_LEAST = 2  # one word leaves while the next one comes
_DISTRIBUTED = 64  # more words than a level of LUTs holds go to block memory


@dataclass(frozen=True)
class Queue:
    """Room for `depth` words in front of one input of a layer; from `block` memory a word leaves after two clocks."""

    depth: int
    block: bool

    def module(self, bits: int) -> str:
        """The module of hw/rtl, for words of `bits` bits."""
        if self.depth == _LEAST:
            return f"skid_buffer #(.WIDTH({bits}))"
        if self.block:  # it has a register of one word behind its memory
            return f"frame_buffer #(.WIDTH({bits}), .DEPTH({self.depth - 1}))"
        return self.fifo(bits)

    def fifo(self, bits: int) -> str:
        """The same in distributed memory, however short."""
        return f"stream_fifo #(.WIDTH({bits}), .DEPTH({self.depth}))"


def queue_in_front(plan: Plan, layer: Layer) -> Queue:
    """What stands in front of a layer of one stream.

    A pool's results come in bursts, of a column in half of its time. A folded layer takes its word with the last digit;
    the next one waits behind it, or the layer would lose a clock a pixel.
    """
    pools = {made.result.name for made in plan.layers if isinstance(made.front, AveragePool)}
    burst = layer.implementation.folded and layer.sources[0] in pools
    return Queue(layer.arriving.rows // 2 + 2 if burst else _LEAST, False)


def queues_in_front(plan: Plan, layer: Layer, waiting: Mapping[str, tuple[Queue, ...]]) -> tuple[Queue, ...]:
    """A queue for each stream of a layer; `waiting`: of those that join streams, as `queues`."""
    return waiting.get(layer.name) or (queue_in_front(plan, layer),)


def turned_queue(held: int) -> Queue:
    """What the first `held` words of an event wait in, in stream_rotate.sv; a memory has a register behind it."""
    block = held + 1 > _DISTRIBUTED
    return Queue(held + 1 + block, block)


def queue_area(plan: Plan, depths: Mapping[str, int]) -> Area:
    """Cells of all queues and of what turns streams in front of them, estimated, but for the registers of any layer."""
    found = Area()
    for name, waiting in queues(plan, depths).items() if plan.joins else ():
        layer = next(layer for layer in plan.joins if layer.name == name)
        for source, queue in zip(layer.sources, waiting, strict=True):
            node, held = plan.graph[source], plan.held(layer, source)
            bits = layer.arriving.lanes * node.format.bits * node.shape[2]
            found += memory_area(queue.depth, bits) if queue.depth > _LEAST else Area()
            found += memory_area(held + 1, bits) + Area(bits) if held else Area()
    return found


def queues(plan: Plan, depths: Mapping[str, int]) -> dict[str, tuple[Queue, ...]]:
    """By name of a layer that joins streams a queue for each. `depths`: clocks through a layer, as free_timing."""
    interval = free_timing(plan, depths).ii_cycles or 0
    times = stream_times(plan, depths, images(plan, interval))
    return {
        layer.name: tuple(
            _queue(times.moves[source], times.takes[layer.name], plan.held(layer, source)) for source in layer.sources
        )
        for layer in plan.joins
    }


def _queue(comes: NDArray[np.int64], taken: NDArray[np.int64], held: int) -> Queue:
    """What waits at once when a word comes, that word included, but for what stream_rotate.sv holds."""
    waiting = np.arange(len(comes)) - np.searchsorted(taken, comes)  # taken before
    depth = max(_LEAST, int(waiting.max()) + 1 - held)
    rests = bool((taken - turned(comes, held) >= 2).all())
    return Queue(depth, rests and depth > _DISTRIBUTED)

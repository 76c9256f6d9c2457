"""Latency and interval of a design before it is simulated, exactly: as many clocks as Verilator counts.

Where every queue has room for what comes, the times of jetflow.rtl.cycles are those of the design: what begins empty
has only one future. Where one has not, the layer in front of it and all behind are gone through word by word
(jetflow.rtl.backpressure); where they hold back others in turn, all are.
"""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from jetflow.graph import Detect
from jetflow.rtl.backpressure import word_times
from jetflow.rtl.cycles import EVENTS, StreamTimes, Times, images, paced, stream_times, turned
from jetflow.rtl.plan import Layer, Plan
from jetflow.rtl.queues import Queue, queues, queues_in_front, turned_queue
from jetflow.rtl.timing import BEFORE, Timing

__all__ = ["estimate_timing"]

Waiting = Mapping[str, tuple[Queue, ...]]  # by name of a layer that joins streams


def estimate_timing(plan: Plan, depths: Mapping[str, int]) -> Timing:
    """Latency, and the longest interval of EVENTS events back to back. `depths`: clocks through a layer behind its
    window or pool. Raises InputError for a design whose streams wait for each other for ever.
    """
    waiting = queues(plan, depths) if plan.joins else {}
    times = stream_times(plan, depths, images(plan))
    times = stream_times(plan, depths, _image(plan, times, waiting))
    late = _with_readers(plan, {layer.result.name for layer in plan.layers if _waits_inside(layer)})
    late |= _with_readers(plan, _filled(plan, times, waiting))
    everything = {plan.graph.input.name, *(layer.result.name for layer in plan.layers)}
    while late:
        times = word_times(plan, late, times, depths, waiting)
        if late >= set(_filled(plan, times, waiting)):
            break
        late = everything  # what holds back one layer holds back those before it as well, mostly
    return times.timing(plan)


def _waits_inside(layer: Layer) -> bool:
    """Whether it has queues of its own."""
    return bool(layer.inner) or layer.splits or isinstance(layer.front, Detect)


def _with_readers(plan: Plan, nodes: Iterable[str]) -> set[str]:
    """These nodes, and those of all layers behind them."""
    found = set(nodes)
    for layer in plan.layers:
        if found & set(layer.sources):
            found.add(layer.result.name)
    return found


def _filled(plan: Plan, times: StreamTimes, waiting: Waiting) -> Iterator[str]:
    """The nodes with words that come before a reader's queue has room for them, and the image, where it would come at
    other times.
    """
    if (_image(plan, times, waiting) != times.moves[plan.graph.input.name]).any():
        yield plan.graph.input.name
    for layer, source, queue in _queues(plan, waiting):
        held, comes = plan.held(layer, source), times.moves[source]
        into, taken = turned(comes, held), times.takes[layer.name]
        if held:  # in stream_rotate.sv
            events, turns = comes.reshape(EVENTS, -1), into.reshape(EVENTS, -1)
            first, last = events[:, :held].ravel(), turns[:, -held:].ravel()
            if (_room(first, last, turned_queue(held)) > first).any() or (turns[:, :-held] > events[:, held:]).any():
                yield source
        if (held or source != plan.graph.input.name) and (_room(into, taken, queue) > into).any():
            yield source


def _image(plan: Plan, times: StreamTimes, waiting: Waiting) -> Times:
    """When beats come where the sender has the next one when the one before has gone, and the readers take them as
    `times` says; those that turn the stream have room.
    """
    name = plan.graph.input.name
    comes = times.moves[name]
    left = np.zeros_like(comes)
    for layer, source, queue in _queues(plan, waiting):
        if source == name and not plan.held(layer, source):
            left = np.maximum(left, _room(comes, times.takes[layer.name], queue))
    return np.append(0, paced(left)[:-1] + 1)


def _queues(plan: Plan, waiting: Waiting) -> Iterator[tuple[Layer, str, Queue]]:
    """Every layer with each node that it reads, and the queue between."""
    for layer in plan.layers:
        for source, queue in zip(layer.sources, queues_in_front(plan, layer, waiting), strict=True):
            yield layer, source, queue


def _room(comes: Times, taken: Times, queue: Queue) -> Times:
    """From when on a queue has room for each of its words, as jetflow.rtl.links."""
    if queue.block:
        return _later(np.maximum(comes + 1, _later(taken, 1)), queue.depth - 1) + 1
    return _later(taken, queue.depth) + 1


def _later(times: Times, words: int) -> Times:
    return np.concatenate((np.full(min(words, len(times)), BEFORE, np.int64), times[: max(0, len(times) - words)]))

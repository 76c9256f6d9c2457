"""Cycles of layers whose queues fill: each layer as pipelines, and the queues between them word by word."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from jetflow.graph import ChannelConv, Detect
from jetflow.rtl.cycles import EVENTS, StreamTimes
from jetflow.rtl.gating import SLACK, product_stages
from jetflow.rtl.lanes import split_depth
from jetflow.rtl.links import Link, MemoryLink, TurnedLink, link
from jetflow.rtl.pipes import Known, Pipe, Step, Words, run
from jetflow.rtl.plan import Layer, Plan
from jetflow.rtl.queues import Queue, queues_in_front, turned_queue
from jetflow.rtl.steps import Steps, factor_steps, layer_steps
from jetflow.rtl.timing import BEFORE

__all__ = ["word_times"]

_EVERY = Step(True, True, True, 1)


def word_times(
    plan: Plan,
    late: Collection[str],
    times: StreamTimes,
    depths: Mapping[str, int],
    waiting: Mapping[str, tuple[Queue, ...]],
) -> StreamTimes:
    """`times` with those of the streams `late`, the nodes of whose readers are among them, found word by word.

    `depths` as estimate_timing, `waiting` as `queues`. Raises InputError where they wait for each other for ever.
    """
    known = {name: Words(comes=moves.tolist()) for name, moves in times.moves.items() if name not in late}
    network = _Network(plan, known)
    image = plan.graph.input.name
    if image in late:
        network.image(image)
    layers = [layer for layer in plan.layers if layer.result.name in late]
    for layer in layers:
        network.add(layer, depths[layer.name], queues_in_front(plan, layer, waiting))
    run(network.pipes, EVENTS)
    moves = {name: np.array(network.words[name].left) for name in late}
    takes = {layer.name: np.array(network.taken[layer.name]) for layer in layers}
    return StreamTimes(times.moves | moves, times.takes | takes)


@dataclass(frozen=True, eq=False)
class _Network:
    """`words` by node; `taken` by name of the layer: when it takes its beats."""

    plan: Plan
    words: dict[str, Words]
    taken: dict[str, list[int]] = field(default_factory=dict)
    pipes: list[Pipe] = field(default_factory=list)

    def image(self, name: str) -> None:
        """What comes a beat a clock, or when there is room."""
        self.words[name] = Words()
        steps = [Step(False, False, True, 1)] * self.plan.input_order.beats
        self.pipes.append(Pipe(name, steps, _at([]), self.words[name]))

    def add(self, layer: Layer, depth: int, waiting: Sequence[Queue]) -> None:
        """The pipelines of `layer`, behind its queues."""
        taken: list[int] = []
        links = [self._link(layer, source, taken, queue) for source, queue in zip(layer.sources, waiting, strict=True)]
        for source, behind in zip(layer.sources, links, strict=True):
            self.words[source].readers.append(behind.room)
        arrival = links[0].arrival if len(links) == 1 else _latest([behind.arrival for behind in links])
        out = Words()
        self.words[layer.result.name], self.taken[layer.name] = out, taken
        if layer.inner:
            self._gate(layer, depth, arrival, taken, out)
        elif isinstance(layer.front, Detect):
            self._boxes(layer, depth, arrival, taken, out)
        elif layer.splits:
            self._split(layer, depth, arrival, taken, out)
        else:
            self._pipe(layer, depth, arrival, taken, out)

    def _link(self, layer: Layer, source: str, taken: list[int], queue: Queue) -> Link | TurnedLink:
        words, held = self.words[source], self.plan.held(layer, source)
        if not held:
            return link(words, taken, queue)
        kept = link(Words(), [], turned_queue(held))
        return TurnedLink(words, kept, link(Words(), taken, queue), layer.arriving.beats, held)

    def _pipe(self, layer: Layer, depth: int, arrival: Known, taken: list[int], out: Words) -> None:
        steps = layer_steps(self.plan.graph, layer)
        self.pipes.append(Pipe(layer.name, _each(steps), arrival, out, steps.held, steps.delay + depth, taken))

    def _split(self, layer: Layer, depth: int, arrival: Known, taken: list[int], out: Words) -> None:
        """lane_split.sv: a word stays in its queue until its last part has left."""
        whole, parted = Words(), list[int]()
        self._pipe(layer, depth, arrival, taken, whole)
        behind = Link(whole, parted, split_depth(layer))
        whole.readers.append(behind.room)
        parts, groups = layer.lanes // layer.leaving.lanes, layer.leaving.groups
        column = [Step(True, part % parts == parts - 1 or part == groups - 1, True, 1) for part in range(groups)]
        self.pipes.append(Pipe(layer.name, column * layer.leaving.columns, behind.arrival, out, taken=parted))

    def _boxes(self, layer: Layer, depth: int, arrival: Known, taken: list[int], out: Words) -> None:
        """Scores go right into peak_cells.sv, what it finds into box_list.sv, which takes no cell while boxes leave."""
        cells, peaks, found, listed = Words(), Words(), list[int](), list[int]()
        beats, steps = layer.arriving.beats, layer_steps(self.plan.graph, layer)
        self.pipes.append(Pipe(layer.name, [_EVERY] * beats, arrival, cells, 0, depth - 2, taken))
        cells.readers.append(_at(found))
        self.pipes.append(Pipe(layer.name, _each(steps), _at(cells.comes), peaks, 0, steps.delay + 1, found))
        peaks.readers.append(_at(listed))
        event = [Step(True, True, False, 1)] * beats + [Step(False, False, True, 1)] * layer.leaving.beats
        self.pipes.append(Pipe(layer.name, event, _at(peaks.comes), out, taken=listed))

    def _gate(self, layer: Layer, depth: int, arrival: Known, taken: list[int], out: Words) -> None:
        """Each pixel is summed and waits; the product begins when all factors are on the shelf (gating.py)."""
        conv = layer.inner[1]
        assert isinstance(conv, ChannelConv)
        beats, channels, taps = layer.arriving.beats, self.plan.graph[layer.sources[0]].shape[2], conv.kernel.size
        both, factors, summed, multiplied = Words(), Words(), list[int](), list[int]()
        product = product_stages(self.plan.graph, layer)
        factor = depth - channels - taps // 2 - 2 - product

        def room(pixel: int) -> int | None:  # for the first one, when the sums of the map before have left
            event, place = divmod(pixel, beats)
            if place or not event:
                return BEFORE
            return summed[event * channels - 1] + 1 if event * channels <= len(summed) else None

        def total(number: int) -> int | None:  # behind the last pixel
            last = (number // channels + 1) * beats - 1
            if last >= len(both.comes) or (free := room(last)) is None:
                return None
            return max(both.comes[last], free) + 1

        buffer = MemoryLink(both, multiplied, beats + SLACK + 1)
        shelf = _at(factors.comes)
        both.readers.extend((buffer.room, room))
        factors.readers.append(lambda event: _at(multiplied)((event + 1) * beats - 1))
        self.pipes.append(Pipe(layer.name, [_EVERY] * beats, arrival, both, taken=taken))
        steps = factor_steps(channels, taps)
        self.pipes.append(Pipe(layer.name, _each(steps), total, factors, 0, steps.delay + factor + 1, summed))
        pixel = _latest([buffer.arrival, lambda pixel: shelf(pixel // beats)])
        self.pipes.append(Pipe(layer.name, [_EVERY] * beats, pixel, out, 0, product, multiplied))


def _each(steps: Steps) -> list[Step]:
    columns = (steps.takes.tolist(), steps.takes.tolist(), steps.leaves.tolist(), steps.clocks.tolist())
    return [Step(*each) for each in zip(*columns, strict=True)]


def _at(times: list[int]) -> Known:
    return lambda number: times[number] if number < len(times) else None


def _latest(each: Sequence[Known]) -> Known:
    """The latest of all, where all are known."""

    def latest(number: int) -> int | None:
        found = BEFORE
        for known in each:
            if (time := known(number)) is None:
                return None
            found = max(found, time)
        return found

    return latest

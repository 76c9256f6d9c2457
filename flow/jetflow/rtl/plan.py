"""The layers of a streaming design: each is one block of hardware, and computes one or several nodes of the graph."""

import re
from dataclasses import dataclass, replace

from jetflow.errors import InputError
from jetflow.graph import (
    AveragePool,
    ChannelConv,
    Conv2D,
    Detect,
    Gate,
    GlobalSum,
    Graph,
    HardSigmoid,
    Node,
    Requantise,
)
from jetflow.rtl.geometry import Window, peak_window, window
from jetflow.rtl.implementation import UNROLLED, Choices, Implementation
from jetflow.rtl.meeting import meeting
from jetflow.rtl.order import StreamOrder
from jetflow.rtl.pointwise import POINTWISE

__all__ = ["Layer", "Plan", "identifier", "make_plan"]


@dataclass(frozen=True, eq=False)
class Layer:
    """`front` gathers pixels (None: every pixel is computed alone), `pointwise` nodes follow it; one stream leaves."""

    front: Node | None
    pointwise: tuple[Node, ...]
    sources: tuple[str, ...]  # names of the nodes whose streams it reads
    arriving: StreamOrder  # of all of them, where they meet
    leaving: StreamOrder
    window: Window | None = None
    implementation: Implementation = UNROLLED
    inner: tuple[Node, ...] = ()  # what makes the factors of a Gate in front, from its GlobalSum on

    @property
    def nodes(self) -> tuple[Node, ...]:
        """All its nodes, in order."""
        return self.inner + ((self.front,) if self.front else ()) + self.pointwise

    @property
    def result(self) -> Node:
        """The node whose tensor leaves."""
        return self.nodes[-1]

    @property
    def lanes(self) -> int:
        """Pixels that it computes in a clock, by as many copies of the datapath."""
        if self.window:
            return self.window.lanes
        return max(1, self.arriving.lanes // 2) if isinstance(self.front, AveragePool) else self.arriving.lanes

    @property
    def waits(self) -> float:
        """The part of an image that comes before the first pixel leaves, pipelines left out."""
        if self.window:
            return self.window.skipped / self.arriving.columns
        return 1.0 if self.inner else 0.0

    @property
    def splits(self) -> bool:
        """Whether fewer lanes leave than it computes: a pool leaves twice as many in half of the columns."""
        return self.leaving.lanes < self.lanes

    @property
    def name(self) -> str:
        """Name of its module and of its figures."""
        return f"layer_{identifier(self.result.name)}"


@dataclass(frozen=True, eq=False)
class Plan:
    """Layers in topological order; `pixels_per_clock` rows of a column of the image come side by side."""

    graph: Graph
    layers: tuple[Layer, ...]
    pixels_per_clock: int = 1

    @property
    def top(self) -> str:
        """Name of the top module."""
        return f"{identifier(self.graph.name)}_top"

    @property
    def input_order(self) -> StreamOrder:
        """How the image streams in."""
        return StreamOrder(*self.graph.input.shape[:2], lanes=self.pixels_per_clock)

    def readers(self, node: str) -> tuple[Layer, ...]:
        """The layers that read the stream of `node`."""
        return tuple(layer for layer in self.layers if node in layer.sources)

    @property
    def joins(self) -> tuple[Layer, ...]:
        """The layers that read several streams at once."""
        return tuple(layer for layer in self.layers if len(layer.sources) > 1)

    def order(self, node: str) -> StreamOrder:
        """How the stream of `node` leaves the layer that makes it."""
        return self.input_order if node == self.graph.input.name else self.output(node).leaving

    def held(self, layer: Layer, source: str) -> int:
        """Beats of an event that come before the first one that `layer` takes of `source`, and are taken last."""
        return layer.arriving.beats_before(self.order(source).first)

    def output(self, name: str) -> Layer:
        """The layer whose result is node `name`."""
        return next(layer for layer in self.layers if layer.result.name == name)


def identifier(name: str) -> str:
    """A node's name as part of a Verilog identifier."""
    return re.sub(r"\W", "_", name)


def make_plan(graph: Graph, choices: Choices | None = None, pixels_per_clock: int = 1) -> Plan:
    """The layers of `graph`, unrolled but where `choices` says otherwise.

    `pixels_per_clock`: a power of two. Where a pool or a stride leaves fewer pixels a clock, so many lanes go on, at
    least one. Raises InputError for a node that the open RTL has no block for, for a choice for a layer that is not
    there, and for one that folds a layer of several pixels a clock.
    """
    order = {graph.input.name: StreamOrder(*graph.input.shape[:2], lanes=pixels_per_clock)}
    lateness = {graph.input.name: 0.0}
    layers: list[Layer] = []
    done = {graph.input.name}
    for node in graph:
        if node.name in done:
            continue
        sources, late = node.inputs, [lateness[name] for name in node.inputs]
        arriving = meeting(node.name, [order[name] for name in sources], late)
        inner = _factors(graph, node) if isinstance(node, GlobalSum) else ()
        front = graph.readers(inner[-1].name)[0] if inner else _front(node)
        chain = [] if front else [node]
        while (follower := _follower(graph, chain[-1] if chain else front or node)) is not None:
            chain.append(follower)
        spot = _window(front, arriving)
        leaving = spot.leaving if spot else _leaving(node, arriving)
        layer = Layer(front, tuple(chain), sources, arriving, leaving, spot, inner=inner)
        layers.append(layer)
        done |= {member.name for member in layer.nodes}
        order[layer.result.name], lateness[layer.result.name] = leaving, max(late) + layer.waits
    chosen = dict(choices or {})
    layers = [replace(layer, implementation=chosen.pop(layer.name, UNROLLED)) for layer in layers]
    if chosen:
        raise InputError(
            f"{next(iter(chosen))}: an implementation is given for it, but {graph.name} has no such layer; it has "
            f"{', '.join(layer.name for layer in layers)}"
        )
    if wide := [layer for layer in layers if layer.implementation.folded and layer.arriving.lanes > 1]:
        raise InputError(
            f"{wide[0].name}: {wide[0].arriving.lanes} pixels arrive in a clock, the open RTL folds layers of one: "
            "leave it unrolled or choose fewer --pixels-per-clock"
        )
    names = [layer.name for layer in layers]
    if doubled := [name for name in names if names.count(name) > 1]:
        raise InputError(f"{doubled[0]}: two nodes have this name as Verilog identifiers: rename one")
    return Plan(graph, tuple(layers), pixels_per_clock)


def _front(node: Node) -> Node | None:
    if type(node) in POINTWISE:
        return None
    if not isinstance(node, Conv2D | AveragePool | Detect):
        raise InputError(f"{node.name}: the open RTL has no block for {type(node).__name__}")
    return node


def _window(front: Node | None, arriving: StreamOrder) -> Window | None:
    if isinstance(front, Conv2D):
        return window(front, arriving)
    return peak_window(front, arriving) if isinstance(front, Detect) else None


def _factors(graph: Graph, total: GlobalSum) -> tuple[Node, ...]:
    """From a GlobalSum to the node before the Gate that gates what was summed."""
    found: list[Node] = [total]
    while len(readers := graph.readers(found[-1].name)) == 1:
        (reader,) = readers
        if isinstance(reader, Gate) and reader.inputs == (total.inputs[0], found[-1].name) and len(found) > 1:
            return tuple(found)
        if not isinstance(reader, ChannelConv | HardSigmoid | Requantise):
            break
        found.append(reader)
    raise InputError(f"{total.name}: the open RTL has a block for a GlobalSum only where its map is gated by it")


def _follower(graph: Graph, node: Node) -> Node | None:
    """The node that joins the layer of `node`: its only reader, where that needs one pixel of it alone."""
    readers = graph.readers(node.name)
    joins = len(readers) == 1 and type(readers[0]) in POINTWISE and readers[0].inputs == (node.name,)
    return readers[0] if joins else None


def _leaving(node: Node, arriving: StreamOrder) -> StreamOrder:
    if isinstance(node, AveragePool):
        rows, columns = node.shape[:2]
        waits = arriving.first > 0 and (arriving.first + node.padding) % 2
        first = (arriving.first + node.padding) // 2 + waits if arriving.first else 0
        return StreamOrder(rows, columns, first % columns, max(1, arriving.lanes // 4))
    return arriving

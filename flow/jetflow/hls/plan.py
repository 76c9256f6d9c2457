"""Which hardware layers a graph becomes: a Requantise joins the layer before it, some nodes take several layers."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from jetflow.errors import InputError
from jetflow.graph import (
    Add,
    AveragePool,
    ChannelConv,
    Concatenate,
    Conv2D,
    Detect,
    FixedPoint,
    Gate,
    GlobalSum,
    Graph,
    HardSigmoid,
    Input,
    Node,
    Output,
    PhiPadding,
    PReLU,
    Requantise,
    ScaleBias,
)
from jetflow.graph.nodes import Shape

__all__ = ["Inner", "Kind", "Layer", "Plan", "make_plan"]

MOST_READERS = 7  # of hls4ml's clone_stream


class Kind(StrEnum):
    """What a hardware layer does."""

    INPUT = "input"
    PADDING = "padding"
    CONV = "conv"
    SCALE_BIAS = "scale_bias"
    PRELU = "prelu"
    POOL = "pool"
    REQUANTISE = "requantise"
    ADD = "add"
    CONCATENATE = "concatenate"
    GLOBAL_SUM = "global_sum"
    CHANNEL_CONV = "channel_conv"
    HARD_SIGMOID = "hard_sigmoid"
    GATE = "gate"
    CANDIDATES = "candidates"
    PEAKS = "peaks"
    CLONE = "clone"


_KINDS: dict[type[Node], Kind] = {
    Conv2D: Kind.CONV,
    ScaleBias: Kind.SCALE_BIAS,
    PReLU: Kind.PRELU,
    AveragePool: Kind.POOL,
    Requantise: Kind.REQUANTISE,
    Add: Kind.ADD,
    Concatenate: Kind.CONCATENATE,
    GlobalSum: Kind.GLOBAL_SUM,
    ChannelConv: Kind.CHANNEL_CONV,
    HardSigmoid: Kind.HARD_SIGMOID,
    Gate: Kind.GATE,
    Detect: Kind.PEAKS,
}


@dataclass(frozen=True, eq=False)
class Inner(Node):
    """A tensor between two hardware layers of one node: not in the graph, so nothing compares it."""


@dataclass(frozen=True, eq=False)
class Layer:
    """One hardware layer: it reads the streams of `sources` and writes one of `shape` (rows, columns, channels).

    `incoming`: the formats of the words that it reads, by source (of an input: that it is).
    `node` says what it computes. `result` is the node whose tensor it writes: `node`, or the Requantise that it
    rounds by, or for padding and clones the node whose tensor passes through, or an Inner.
    """

    name: str
    kind: Kind
    sources: tuple[str, ...]
    incoming: tuple[FixedPoint, ...]
    node: Node
    result: Node
    shape: Shape

    @property
    def source(self) -> str:
        """The first source, "" for the input."""
        return self.sources[0] if self.sources else ""

    @property
    def compared(self) -> bool:
        """Whether its stream is a node's tensor, so that a trace can be compared with the reference."""
        return self.kind not in (Kind.INPUT, Kind.PADDING, Kind.CLONE) and not isinstance(self.result, Inner)

    @property
    def padding(self) -> tuple[tuple[int, int, int, int], PhiPadding]:
        """What a padding layer adds: rows and columns (before eta, after eta, before phi, after phi); what in phi."""
        if isinstance(self.node, Conv2D):
            return self.node.padding, self.node.phi
        return (1, 1, 1, 1), PhiPadding.CIRCULAR  # the neighbours of a Detect's cells


@dataclass(frozen=True, eq=False)
class Plan:
    """The hardware layers in order; `outputs` maps each Output node's name to the layer that writes it."""

    graph: Graph
    layers: tuple[Layer, ...]
    outputs: dict[str, str]

    @property
    def top(self) -> str:
        """Name of the top function: the graph's name as a C++ identifier."""
        name = re.sub(r"\W", "_", self.graph.name)
        return name if name.isidentifier() else f"net_{name}"

    def __getitem__(self, name: str) -> Layer:
        return next(layer for layer in self.layers if layer.name == name)

    def readers(self, name: str) -> tuple[Layer, ...]:
        """The layers that read the stream of `name`."""
        return tuple(layer for layer in self.layers if name in layer.sources)

    def with_clones(self) -> "Plan":
        """The same plan with the clones that hls4ml inserts where a stream has several readers."""
        layers: list[Layer] = []
        renamed: dict[str, str] = {}
        for layer in self.layers:
            layers.append(replace(layer, sources=tuple(renamed.get(name, name) for name in layer.sources)))
            if len(self.readers(layer.name)) > 1:
                clone, format = f"clone_{layer.name}", (layer.result.format,)
                layers.append(replace(layer, name=clone, kind=Kind.CLONE, sources=(layer.name,), incoming=format))
                renamed[layer.name] = clone
        return Plan(self.graph, tuple(layers), self.outputs)


def make_plan(graph: Graph) -> Plan:
    """Plan the hardware layers of `graph`. Raises InputError for what the back ends cannot express."""
    layers: list[Layer] = []
    writer: dict[str, str] = {}  # node -> the layer that writes its tensor
    outputs: dict[str, str] = {}
    for node in graph:
        sources = tuple(writer[name] for name in node.inputs)
        incoming = tuple(graph[name].format for name in node.inputs)
        if isinstance(node, Input):
            name = "image" if node.name.lower() == "input" else node.name  # hls4ml reserves `input`
            layers.append(Layer(name, Kind.INPUT, (), (node.format,), node, node, node.shape))
            writer[node.name] = name
        elif isinstance(node, Output):
            name = sources[0]
            if not _alone(graph, node) or isinstance(graph.parent(node), Input):
                name = node.name
                layers.append(Layer(name, Kind.REQUANTISE, sources, incoming, node, node, node.shape))
            outputs[node.name] = writer[node.name] = name
        elif node.name not in writer:
            result = _following(graph, node)
            found = _layers(graph, node, result, sources, incoming)
            layers += found
            writer[node.name] = writer[result.name] = found[-1].name
    plan = Plan(graph, tuple(layers), outputs)
    _check(plan)
    return plan


def _layers(
    graph: Graph, node: Node, result: Node, sources: tuple[str, ...], incoming: tuple[FixedPoint, ...]
) -> list[Layer]:
    """The layers of `node`, the last of which writes `result`."""
    if type(node) not in _KINDS:
        raise InputError(f"{graph.name}: {node.name}: the HLS back end has no layer for {type(node).__name__}")
    found: list[Layer] = []
    if isinstance(node, Conv2D):
        if node.kernel.shape[0] == 1 < node.kernel.shape[1] and node.stride[0] > 1:
            raise InputError(f"{graph.name}: {node.name}: hls4ml ignores the eta stride of a kernel with one row")
        if any(node.padding):
            found.append(_padding(graph, node, graph.parent(node), sources))
    elif isinstance(node, Detect):
        inner = _candidates(graph, node)
        found.append(Layer(inner.name, Kind.CANDIDATES, sources, incoming, node, inner, inner.shape))
        found.append(_padding(graph, node, inner, (inner.name,)))
    elif isinstance(node, Concatenate):
        while len(sources) > 2:  # hls4ml's writer, as ours, joins two streams
            channels = sum(graph[name].shape[2] for name in node.inputs[: len(found) + 2])
            inner = Inner(f"{node.name}_{len(found) + 2}", (), (*node.shape[:2], channels), node.format)
            found.append(Layer(inner.name, Kind.CONCATENATE, sources[:2], incoming[:2], node, inner, inner.shape))
            sources, incoming = (inner.name, *sources[2:]), (inner.format, *incoming[2:])
    if found and not isinstance(node, Concatenate):
        sources, incoming = (found[-1].name,), (found[-1].result.format,)
    return [*found, Layer(result.name, _KINDS[type(node)], sources, incoming, node, result, node.shape)]


def _alone(graph: Graph, output: Output) -> bool:
    return graph.readers(output.inputs[0]) == (output,)


def _following(graph: Graph, node: Node) -> Node:
    """The Requantise that alone reads `node`, else `node` itself: the tensor that the layer writes."""
    readers = graph.readers(node.name)
    alone = len(readers) == 1 and isinstance(readers[0], Requantise) and not isinstance(node, Requantise)
    return readers[0] if alone else node


def _padding(graph: Graph, node: Node, passing: Node, sources: tuple[str, ...]) -> Layer:
    """The layer that pads the tensor of `passing` as `node` wants it."""
    rows, columns, channels = passing.shape
    layer = Layer(f"{node.name}_padding", Kind.PADDING, sources, (passing.format,), node, passing, passing.shape)
    top, bottom, left, right = layer.padding[0]
    if max(left, right) > columns:
        raise InputError(f"{graph.name}: {node.name}: pads phi by {max(left, right)}, more than its {columns} columns")
    return replace(layer, shape=(rows + top + bottom, columns + left + right, channels))


def _candidates(graph: Graph, node: Detect) -> Inner:
    """One candidate a cell: its score and class, then its offsets and regression, as integers of one width."""
    offsets, classes, regression = (graph.intervals[name] for name in node.inputs)
    lowest = int(classes.low[1:].max() - classes.high[0])
    highest = max(int(classes.high[1:].max() - classes.low[0]), classes.low.size - 1)
    lows = [lowest, *offsets.low.tolist(), *regression.low.tolist()]
    highs = [highest, *offsets.high.tolist(), *regression.high.tolist()]
    shape = (*node.map, 2 + offsets.low.size + regression.low.size)
    return Inner(f"{node.name}_candidates", (), shape, FixedPoint.covering(min(*lows, -1), max(highs), 0))


def _check(plan: Plan) -> None:
    names = [layer.name.lower() for layer in plan.with_clones().layers]
    for layer in plan.layers:
        where = f"{plan.graph.name}: {layer.name}"
        if not re.fullmatch(r"[A-Za-z]\w*", layer.name):
            raise InputError(f"{where}: not a C++ identifier: rename the node (letters, digits, underscores)")
        if names.count(layer.name.lower()) > 1:
            raise InputError(f"{where}: two layers have this name but for upper and lower case: rename one node")
        if len(plan.readers(layer.name)) > MOST_READERS:
            raise InputError(
                f"{where}: has {len(plan.readers(layer.name))} readers, at most {MOST_READERS} are allowed"
            )

"""Which hardware layers a graph becomes: convolutions get a padding layer, a Requantise joins the layer before it."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from jetflow.errors import InputError
from jetflow.graph import (
    AveragePool,
    Conv2D,
    FixedPoint,
    Graph,
    Input,
    Node,
    Output,
    PReLU,
    Requantise,
    ScaleBias,
)
from jetflow.graph.nodes import Shape

__all__ = ["Kind", "Layer", "Plan", "make_plan"]

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
    CLONE = "clone"


_KINDS: dict[type[Node], Kind] = {
    Conv2D: Kind.CONV,
    ScaleBias: Kind.SCALE_BIAS,
    PReLU: Kind.PRELU,
    AveragePool: Kind.POOL,
    Requantise: Kind.REQUANTISE,
}


@dataclass(frozen=True, eq=False)
class Layer:
    """One hardware layer: it reads the stream of `source` and writes one of `shape` (rows, columns, channels).

    `incoming`: the format of the words that it reads (of an input: that it is).
    `node` says what it computes. `result` is the graph node whose tensor it writes: `node`, or the Requantise that
    it rounds by, or for padding and clones the node whose tensor passes through.
    """

    name: str
    kind: Kind
    source: str
    incoming: FixedPoint
    node: Node
    result: Node
    shape: Shape

    @property
    def compared(self) -> bool:
        """Whether its stream is a node's tensor, so that a trace can be compared with the reference."""
        return self.kind not in (Kind.INPUT, Kind.PADDING, Kind.CLONE)


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
        return tuple(layer for layer in self.layers if layer.source == name and layer.kind is not Kind.INPUT)

    def with_clones(self) -> "Plan":
        """The same plan with the clones that hls4ml inserts where a stream has several readers."""
        layers: list[Layer] = []
        renamed: dict[str, str] = {}
        for layer in self.layers:
            source = renamed.get(layer.source, layer.source) if layer.kind is not Kind.INPUT else layer.source
            layers.append(replace(layer, source=source))
            if len(self.readers(layer.name)) > 1:
                clone = f"clone_{layer.name}"
                layers.append(replace(layer, name=clone, kind=Kind.CLONE, source=layer.name))
                renamed[layer.name] = clone
        return Plan(self.graph, tuple(layers), self.outputs)


def make_plan(graph: Graph) -> Plan:
    """Plan the hardware layers of `graph`. Raises InputError for what the back ends cannot express."""
    layers: list[Layer] = []
    writer: dict[str, str] = {}  # node -> the layer that writes its tensor
    outputs: dict[str, str] = {}
    for node in graph:
        source = writer.get(node.inputs[0], "") if node.inputs else ""
        if isinstance(node, Input):
            name = "image" if node.name.lower() == "input" else node.name  # hls4ml reserves `input`
            layers.append(Layer(name, Kind.INPUT, "", node.format, node, node, node.shape))
            writer[node.name] = name
        elif isinstance(node, Output):
            if not _alone(graph, node) or isinstance(graph.parent(node), Input):
                layers.append(Layer(node.name, Kind.REQUANTISE, source, node.format, node, node, node.shape))
                source = node.name
            outputs[node.name] = writer[node.name] = source
        elif node.name not in writer:
            if type(node) not in _KINDS:
                raise InputError(f"{graph.name}: {node.name}: the HLS back end has no layer for {type(node).__name__}")
            if isinstance(node, Conv2D) and node.kernel.shape[0] == 1 < node.kernel.shape[1] and node.stride[0] > 1:
                raise InputError(f"{graph.name}: {node.name}: hls4ml ignores the eta stride of a kernel with one row")
            if isinstance(node, Conv2D) and any(node.padding):
                layers.append(_padding(graph, node, source))
                source = layers[-1].name
            result, incoming = _following(graph, node), graph.parent(node).format
            layers.append(Layer(result.name, _KINDS[type(node)], source, incoming, node, result, node.shape))
            writer[node.name] = writer[result.name] = result.name
    plan = Plan(graph, tuple(layers), outputs)
    _check(plan)
    return plan


def _alone(graph: Graph, output: Output) -> bool:
    return graph.readers(output.inputs[0]) == (output,)


def _following(graph: Graph, node: Node) -> Node:
    """The Requantise that alone reads `node`, else `node` itself: the tensor that the layer writes."""
    readers = graph.readers(node.name)
    alone = len(readers) == 1 and isinstance(readers[0], Requantise) and not isinstance(node, Requantise)
    return readers[0] if alone else node


def _padding(graph: Graph, node: Conv2D, source: str) -> Layer:
    parent = graph.parent(node)
    rows, columns, channels = parent.shape
    top, bottom, left, right = node.padding
    if max(left, right) > columns:
        raise InputError(f"{graph.name}: {node.name}: pads phi by {max(left, right)}, more than its {columns} columns")
    shape = (rows + top + bottom, columns + left + right, channels)
    return Layer(f"{node.name}_padding", Kind.PADDING, source, parent.format, node, parent, shape)


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

"""The integer dataflow graph: nodes in order, checked for what every back end relies on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from jetflow.graph.fixed_point import FixedPoint
from jetflow.graph.intervals import Interval, interval
from jetflow.graph.nodes import ChannelConv, Conv2D, Detect, Input, Node, Output, PReLU, ScaleBias, Shape
from jetflow.graph.shapes import output_shape, weight_shapes

__all__ = [
    "EXACT_BITS",
    "SCALE_BITS",
    "WIDE_BITS",
    "Graph",
    "GraphError",
    "check_result",
    "check_weights",
    "checked_interval",
    "checked_shape",
]

EXACT_BITS = 24  # what float32 holds without rounding: the 24-bit rule of the graph
WIDE_BITS = 32  # of sums of products with weights of more than two bits, up to their Requantise: int32 holds them
SCALE_BITS = 6  # a scale's mantissa, so that one small multiplier a channel is enough


class GraphError(ValueError):
    """A graph that breaks a rule; the message names the node."""


def checked_shape(node: Node, *inputs: Shape) -> Shape:
    """Shape of the node's output. Raises GraphError where inputs or weights do not fit."""
    try:
        if isinstance(node, Conv2D) and node.kernel.ndim != 4:
            raise ValueError(f"kernel has shape {node.kernel.shape}, four sizes are needed")
        for key, shape in (weight_shapes(node, inputs[0]) if inputs else {}).items():
            if getattr(node, key).shape != shape:
                raise ValueError(f"{key} has shape {getattr(node, key).shape}, {shape} is needed")
        if len(set(node.inputs)) < len(node.inputs):
            raise ValueError("reads one tensor twice")
        return output_shape(node, *inputs)
    except ValueError as error:
        raise GraphError(f"{node.name}: {error}") from error


def checked_interval(node: Node, known: Mapping[str, Interval]) -> Interval:
    """Worst case of the node's output. Raises GraphError where its inputs' formats do not fit its operation."""
    try:
        return interval(node, known)
    except ValueError as error:
        raise GraphError(f"{node.name}: {error}") from error


def check_weights(node: Node) -> None:
    """Raise GraphError for weights that a back end has no room for, or that interval arithmetic in int64 has not."""
    for key in node.arrays:
        low, high = int(getattr(node, key).min()), int(getattr(node, key).max())
        if not FixedPoint(True, EXACT_BITS, 0).holds(low, high):
            raise GraphError(f"{node.name}: {key} {low}..{high} needs more than {EXACT_BITS} signed bits")
    if isinstance(node, Conv2D | ChannelConv) and not node.weights.holds(
        int(node.kernel.min()), int(node.kernel.max())
    ):
        raise GraphError(f"{node.name}: a weight does not fit {node.weights}")
    if isinstance(node, ScaleBias) and not FixedPoint(True, SCALE_BITS, 0).holds(
        int(node.scale.min()), int(node.scale.max())
    ):
        raise GraphError(f"{node.name}: a scale mantissa needs more than {SCALE_BITS} signed bits")
    shifts = node.shift.tolist() if isinstance(node, ScaleBias) else []
    shifts += [node.slope_fraction] if isinstance(node, PReLU) else []
    if wrong := [shift for shift in shifts if not 0 <= shift <= EXACT_BITS]:
        raise GraphError(f"{node.name}: shifts by {wrong[0]}, 0 to {EXACT_BITS} are allowed")


def check_result(node: Node, known: Mapping[str, Interval]) -> None:
    """Raise GraphError where the node's worst case in `known` breaks its format or the 24-bit rule."""
    bounds = known[node.name]
    low, high = int(bounds.low.min()), int(bounds.high.max())
    if not node.format.holds(low, high) or node.format.fraction != bounds.fraction:
        need = FixedPoint.covering(low, high, bounds.fraction)
        raise GraphError(f"{node.name}: {node.format} does not hold its worst case {low}..{high}, {need}")
    most = WIDE_BITS if _wide(node, known) else EXACT_BITS
    if not FixedPoint(True, most, 0).holds(low, high):
        raise GraphError(
            f"{node.name}: worst case {low}..{high} needs {FixedPoint.covering(low, high, 0).bits} bits, "
            f"{most} signed bits are allowed: use narrower activations, scales or weights"
        )


def _wide(node: Node, known: Mapping[str, Interval]) -> bool:
    """Whether the node may exceed the 24-bit rule: a sum of products with wide weights, or scale and bias of such."""
    if isinstance(node, ScaleBias):
        source = known[node.inputs[0]]
        return not FixedPoint(True, EXACT_BITS, 0).holds(int(source.low.min()), int(source.high.max()))
    return isinstance(node, Conv2D) and not node.ternary


@dataclass(frozen=True, eq=False)
class Graph:
    """Nodes in topological order; `name` becomes the firmware's name. Raises GraphError where a rule is broken."""

    name: str
    nodes: tuple[Node, ...]

    def __post_init__(self) -> None:
        seen: dict[str, Node] = {}
        for node in self.nodes:
            if node.name in seen:
                raise GraphError(f"{node.name}: the name stands twice")
            if missing := [name for name in node.inputs if name not in seen]:
                raise GraphError(f"{node.name}: reads {', '.join(missing)}, which no earlier node makes")
            if not isinstance(node, Output) and any(isinstance(seen[name], Detect) for name in node.inputs):
                raise GraphError(f"{node.name}: reads the boxes of a Detect, which only an Output may")
            seen[node.name] = node
        if [type(node) for node in self.nodes].count(Input) != 1 or not self.outputs:
            raise GraphError("a graph has one Input and at least one Output")
        known: dict[str, Interval] = {}
        for node in self.nodes:
            shape = checked_shape(node, *(seen[name].shape for name in node.inputs))
            if shape != node.shape:
                raise GraphError(f"{node.name}: its shape is {node.shape}, its inputs give {shape}")
            check_weights(node)
            known[node.name] = checked_interval(node, known)
            check_result(node, known)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def __getitem__(self, name: str) -> Node:
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, Node]:
        return {node.name: node for node in self.nodes}

    @cached_property
    def input(self) -> Input:
        """The one Input."""
        return next(node for node in self.nodes if isinstance(node, Input))

    @cached_property
    def outputs(self) -> tuple[Output, ...]:
        """The heads: offsets (eta, phi), class scores, regression."""
        return tuple(node for node in self.nodes if isinstance(node, Output))

    @cached_property
    def intervals(self) -> dict[str, Interval]:
        """Worst-case bounds of every node."""
        known: dict[str, Interval] = {}
        for node in self.nodes:
            known[node.name] = interval(node, known)
        return known

    def parent(self, node: Node) -> Node:
        """The node that a one-input node reads."""
        return self[node.inputs[0]]

    def readers(self, name: str) -> tuple[Node, ...]:
        """The nodes that read `name`, in order."""
        return tuple(node for node in self.nodes if name in node.inputs)

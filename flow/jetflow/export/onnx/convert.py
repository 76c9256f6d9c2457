"""The integer graph as an ONNX model, node by node."""

from pathlib import Path

import onnx

from jetflow.atomic import write_bytes
from jetflow.errors import InputError
from jetflow.export.onnx.dialects import DIALECTS
from jetflow.export.onnx.emitter import Emitter
from jetflow.export.onnx.rules import RULES
from jetflow.graph import EXACT_BITS, FixedPoint, Graph, Node

__all__ = ["FORMATS", "to_onnx", "write_onnx"]

FORMATS = tuple(DIALECTS)


def to_onnx(graph: Graph, format: str) -> onnx.ModelProto:
    """The model of `graph` in `format` (one of FORMATS). It reads real values and gives them, float32.

    The image is called `input/value` after the graph's input, outputs have their nodes' names; both are (batch,
    channels, rows, columns), and their descriptions give the factor to mantissas. Raises InputError for an unknown
    format or a node that ONNX cannot express.
    """
    if format not in DIALECTS:
        raise InputError(f"--format {format}: not known; allowed are {', '.join(FORMATS)}")
    dialect, emit = DIALECTS[format], Emitter(graph)
    for node in graph:
        _check_width(graph, node)
        try:
            RULES[type(node)](emit, dialect, node)
        except ValueError as error:
            raise InputError(f"{graph.name}: {node.name}: has no float32 form ({error}): use another format") from error
    model = emit.model(dialect.batch, dialect.opsets)
    return _with_shapes(model) if format == "qonnx" else model


def _check_width(graph: Graph, node: Node) -> None:
    """Raise InputError for a node whose worst case float32 rounds: nothing here would be exact any more."""
    bounds = graph.intervals[node.name]
    low, high = int(bounds.low.min()), int(bounds.high.max())
    if not FixedPoint(True, EXACT_BITS, 0).holds(low, high):
        raise InputError(
            f"{graph.name}: {node.name}: worst case {low}..{high}, ONNX models hold {EXACT_BITS} signed bits: "
            "use narrower activations or weights"
        )


def write_onnx(graph: Graph, format: str, path: Path) -> None:
    """Write the model to `path`, atomically; equal graphs give equal bytes."""
    write_bytes(path, to_onnx(graph, format).SerializeToString(deterministic=True))


def _with_shapes(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with the shape of every tensor, without which QONNX's tools refuse it.

    They are taken over from QONNX's own inference, which knows its operations but gives constants random names.
    """
    from qonnx.core.modelwrapper import ModelWrapper
    from qonnx.transformation.infer_shapes import InferShapes

    known = {info.name: info for info in ModelWrapper(model).transform(InferShapes()).graph.value_info}
    outputs = {info.name for info in model.graph.output}
    names = [name for node in model.graph.node for name in node.output if name not in outputs]
    model.graph.value_info.extend(known[name] for name in names)
    return model

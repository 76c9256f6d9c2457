"""Collects the nodes and constants of an ONNX model, and writes them out the same way every time."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from jetflow import __version__
from jetflow.graph import Graph, Node

__all__ = ["Emitter"]

IR_VERSION = 10  # of ONNX 1.16: the first with 16-bit QuantizeLinear


class Emitter:
    """An ONNX model in the making. Tensors are float32 (batch, channels, rows, columns) of real values.

    The tensor of a graph node has the node's name; what lies between two of them is called `node/part`.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def op(
        self, kind: str, inputs: list[str], output: str, domain: str = "", more: Sequence[str] = (), **attributes: Any
    ) -> str:
        """Add the operation `kind`, whose output is called `output` (then `more`); returns that name."""
        outputs = [output, *more]
        self._nodes.append(helper.make_node(kind, inputs, outputs, name=output, domain=domain, **attributes))
        return output

    def constant(self, name: str, values: NDArray[Any]) -> str:
        """Add a constant; returns its name."""
        self._constants[name] = numpy_helper.from_array(np.asarray(values, order="C"), name)
        return name

    def scalar(self, value: float, dtype: type[np.generic] = np.float32) -> str:
        """A scalar of `dtype`, stored once however often it is used. Raises ValueError where `dtype` rounds it."""
        array = np.asarray(value, dtype)
        if float(array) != value or (value != 0 and abs(value) < np.finfo(np.float32).tiny):
            raise ValueError(f"{value!r} is no {np.dtype(dtype).name}")
        return self.constant(f"{array.dtype}:{value:g}" if value == float(f"{value:g}") else value.hex(), array)

    def integers(self, *values: int) -> str:
        """A one-dimensional int64 constant: sizes, axes, bounds of slices."""
        return self.constant(f"int64:{','.join(map(str, values))}", np.array(values, np.int64))

    def per_channel(self, name: str, mantissas: NDArray[np.int64], fraction: int) -> str:
        """Real values a channel, float32 (channels, 1, 1): mantissas of at most 24 bits, so that they are exact."""
        values = np.ldexp(mantissas.astype(np.float64), -fraction)
        return self.constant(name, values.astype(np.float32).reshape(-1, 1, 1))

    def model(self, batch: int | str, opsets: Mapping[str, int]) -> onnx.ModelProto:
        """The model for `batch` images at a time (a name leaves the number open)."""
        graph = self.graph
        inputs = [_value_info(graph.input, f"{graph.input.name}/value", batch)]
        outputs = [_value_info(node, node.name, batch) for node in graph.outputs]
        body = helper.make_graph(self._nodes, graph.name, inputs, outputs, list(self._constants.values()))
        imports = [helper.make_opsetid(domain, version) for domain, version in opsets.items()]
        return helper.make_model(
            body, opset_imports=imports, ir_version=IR_VERSION, producer_name="jetflow", producer_version=__version__
        )


def _value_info(node: Node, name: str, batch: int | str) -> onnx.ValueInfoProto:
    rows, columns, channels = node.shape
    text = f"{node.format}: mantissa = value * 2**{node.format.fraction}; rows are eta, columns phi"
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [batch, channels, rows, columns], text)

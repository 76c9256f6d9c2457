"""What every layer of a graph stores and computes: counted, not estimated."""

from dataclasses import dataclass

import numpy as np

from jetflow.graph import AveragePool, Conv2D, Graph, Node, PReLU, ScaleBias

__all__ = ["Workload", "graph_workload"]


@dataclass(frozen=True)
class Workload:
    """One node. `operations` are multiply-accumulates of a convolution (padded cells included), else one an output.

    `multiplications` are products by a stored constant that is not 0 or a power of two in size: none in ternary layers.
    """

    node: str
    type: str
    shape: tuple[int, int, int]
    format: str
    weights: int
    weight_format: str
    zero_fraction: float | None
    multiplications: int
    operations: int


def graph_workload(graph: Graph) -> list[Workload]:
    """The nodes in order, without the Output nodes, which compute nothing."""
    return [_workload(node) for node in graph if node not in graph.outputs]


def _workload(node: Node) -> Workload:
    cells = node.shape[0] * node.shape[1]
    constants = _constants(node)
    zero_fraction = float(np.mean(constants == 0)) if isinstance(node, Conv2D) else None
    if isinstance(node, Conv2D):
        operations = cells * constants.size
    elif isinstance(node, AveragePool):
        operations = 4 * cells * node.shape[2]
    else:
        operations = cells * node.shape[2] if node.inputs else 0
    return Workload(
        node.name,
        type(node).__name__,
        node.shape,
        str(node.format),
        sum(getattr(node, name).size for name in node.arrays),
        ("ternary" if node.ternary else str(node.weights)) if isinstance(node, Conv2D) else "",
        zero_fraction,
        cells * int((~_free(constants)).sum()),
        operations,
    )


def _constants(node: Node) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """The constants that a node multiplies by, once an output cell."""
    if isinstance(node, Conv2D):
        return node.kernel
    if isinstance(node, ScaleBias):
        return node.scale
    if isinstance(node, PReLU):
        return node.slope
    return np.zeros(0, np.int64)


def _free(
    constants: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Where the product needs no multiplier: by 0, 1 or a power of two, of either sign."""
    size = abs(constants)
    free: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = (size & (size - 1)) == 0
    return free

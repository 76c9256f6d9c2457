"""Puts a Detect node behind the heads of a graph, so that the firmware emits boxes instead of maps."""

import math
from dataclasses import replace

from jetflow.graph.graph import Graph, GraphError
from jetflow.graph.intervals import interval
from jetflow.graph.nodes import BOX_FIELDS, Detect, Output

__all__ = ["BOXES", "with_boxes"]

BOXES = "boxes"  # name of the output


def with_boxes(graph: Graph, threshold: float, top: int) -> Graph:
    """`graph` with one output, `boxes`, in place of its three heads.

    `threshold`: a box's class logit minus background's is above it, as a real number; brought down to the logits'
    grid, which changes no decision. Raises GraphError where the outputs are not offsets, class logits, regression.
    """
    if len(graph.outputs) != 3:
        raise GraphError(
            f"{graph.name}: has {len(graph.outputs)} outputs, boxes need offsets, class logits, regression"
        )
    heads = tuple(graph.parent(output).name for output in graph.outputs)
    logits = graph[heads[1]]
    mantissa = math.floor(math.ldexp(threshold, logits.format.fraction))
    channels = len(BOX_FIELDS) + graph[heads[0]].shape[2] + graph[heads[2]].shape[2]
    node = Detect("detect", heads, (top, 1, channels), logits.format, mantissa, top, logits.shape[:2])
    node = replace(node, format=interval(node, graph.intervals).covering())
    body = tuple(other for other in graph if other not in graph.outputs)
    return Graph(graph.name, (*body, node, Output(BOXES, (node.name,), node.shape, node.format)))

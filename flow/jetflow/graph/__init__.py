"""The integer dataflow graph: the one definition of the arithmetic that every back end reads."""

from jetflow.graph.builder import TERNARY, GraphBuilder
from jetflow.graph.detection import BOXES, with_boxes
from jetflow.graph.fast import FastReference, expected_words, predict
from jetflow.graph.fixed_point import FixedPoint, Overflow, Rounding, requantise
from jetflow.graph.graph import EXACT_BITS, Graph, GraphError
from jetflow.graph.intervals import Interval
from jetflow.graph.nodes import (
    BOX_FIELDS,
    Add,
    AveragePool,
    ChannelConv,
    Concatenate,
    Conv2D,
    Detect,
    Gate,
    GlobalSum,
    HardSigmoid,
    Input,
    Node,
    Output,
    PhiPadding,
    PReLU,
    Requantise,
    ScaleBias,
)
from jetflow.graph.reference import check_images, execute
from jetflow.graph.serialise import graph_digest, load_graph, save_graph

__all__ = [
    "BOXES",
    "BOX_FIELDS",
    "EXACT_BITS",
    "TERNARY",
    "Add",
    "AveragePool",
    "ChannelConv",
    "Concatenate",
    "Conv2D",
    "Detect",
    "FastReference",
    "FixedPoint",
    "Gate",
    "GlobalSum",
    "Graph",
    "GraphBuilder",
    "GraphError",
    "HardSigmoid",
    "Input",
    "Interval",
    "Node",
    "Output",
    "Overflow",
    "PReLU",
    "PhiPadding",
    "Requantise",
    "Rounding",
    "ScaleBias",
    "check_images",
    "execute",
    "expected_words",
    "graph_digest",
    "load_graph",
    "predict",
    "requantise",
    "save_graph",
    "with_boxes",
]

"""Detect as ONNX operations: the best class of every cell, the maxima of 3 x 3 cells, the best of these.

A cell's score and its place make one key, so that no two cells are equal: score * cells + (cells - 1 - cell), a whole
number below 2**53, so double holds it. The larger key wins everywhere, which settles ties by row, then column.
"""

import numpy as np
from onnx import TensorProto

from jetflow.export.onnx.emitter import Emitter
from jetflow.graph.nodes import Detect

__all__ = ["emit_detect"]

_NOTHING = -(2.0**60)  # less than any key


def emit_detect(emit: Emitter, node: Detect) -> str:
    """The tensor of `node`, (batch, channels of a box, top, 1): whole numbers, mantissas on each source's own grid."""
    name = node.name
    offsets, classes, regression = (emit.graph[x] for x in node.inputs)
    rows, columns, logits = classes.shape

    mantissas = _whole(emit, classes.name, classes.format.fraction, f"{name}/logits")
    jets = _part(emit, mantissas, f"{name}/jets", 1, 1, logits)
    largest = emit.op("ArgMax", [jets], f"{name}/largest", axis=1, keepdims=1, select_last_index=0)
    highest = emit.op("GatherElements", [jets, largest], f"{name}/highest", axis=1)
    background = _part(emit, mantissas, f"{name}/background", 1, 0, 1)
    score = emit.op("Sub", [highest, background], f"{name}/score")
    number = emit.op("Cast", [largest], f"{name}/number", to=TensorProto.FLOAT)
    kind = emit.op("Add", [number, emit.scalar(1.0)], f"{name}/class")

    maps = [
        kind,
        score,
        _whole(emit, offsets.name, offsets.format.fraction, f"{name}/offsets"),
        _whole(emit, regression.name, regression.format.fraction, f"{name}/regression"),
    ]
    values = emit.op("Concat", maps, f"{name}/values", axis=1)
    candidates = _candidates(emit, node, score, rows, columns)
    return _boxes(emit, node, candidates, values, rows * columns, columns)


def _whole(emit: Emitter, x: str, fraction: int, name: str) -> str:
    return emit.op("Mul", [x, emit.scalar(2.0**fraction)], name)


def _part(emit: Emitter, x: str, name: str, axis: int, start: int, end: int) -> str:
    return emit.op("Slice", [x, emit.integers(start), emit.integers(end), emit.integers(axis)], name)


def _candidates(emit: Emitter, node: Detect, score: str, rows: int, columns: int) -> str:
    """Keys of the cells above the threshold that beat their neighbours, elsewhere _NOTHING; double."""
    name, cells = node.name, rows * columns
    ranks = np.arange(cells - 1, -1, -1, dtype=np.float64).reshape(1, 1, rows, columns)
    wide = emit.op("Cast", [score], f"{name}/wide", to=TensorProto.DOUBLE)
    spread = emit.op("Mul", [wide, emit.scalar(float(cells), np.float64)], f"{name}/spread")
    key = emit.op("Add", [spread, emit.constant(f"{name}/ranks", ranks)], f"{name}/key")
    last = _part(emit, key, f"{name}/last", 3, columns - 1, columns)
    first = _part(emit, key, f"{name}/first", 3, 0, 1)
    around = emit.op("Concat", [last, key, first], f"{name}/around", axis=3)
    best = emit.op("MaxPool", [around], f"{name}/best", kernel_shape=[3, 3], strides=[1, 1], pads=[1, 0, 1, 0])
    wins = emit.op("Equal", [best, key], f"{name}/wins")
    above = emit.op("Greater", [score, emit.scalar(float(node.threshold))], f"{name}/above")
    kept = emit.op("And", [wins, above], f"{name}/kept")
    return emit.op("Where", [kept, key, emit.scalar(_NOTHING, np.float64)], f"{name}/candidates")


def _boxes(emit: Emitter, node: Detect, candidates: str, values: str, cells: int, columns: int) -> str:
    name, found = node.name, min(node.top, cells)
    channels = node.shape[2] - 2  # without row and column
    line = emit.op("Reshape", [candidates, emit.integers(0, 1, cells)], f"{name}/line")
    keys = emit.op(
        "TopK", [line, emit.integers(found)], f"{name}/keys", more=[f"{name}/places"], axis=2, largest=1, sorted=1
    )
    lines = emit.op("Reshape", [values, emit.integers(0, channels, cells)], f"{name}/lines")
    index = emit.op("Expand", [f"{name}/places", emit.integers(1, channels, 1)], f"{name}/index")
    taken = emit.op("GatherElements", [lines, index], f"{name}/taken", axis=2)
    place = {}
    for part, operation in (("row", "Div"), ("column", "Mod")):
        whole = emit.op(operation, [f"{name}/places", emit.integers(columns)], f"{name}/{part}_number")
        place[part] = emit.op("Cast", [whole], f"{name}/{part}", to=TensorProto.FLOAT)
    kind = _part(emit, taken, f"{name}/kinds", 1, 0, 1)
    rest = _part(emit, taken, f"{name}/rest", 1, 1, channels)
    boxes = emit.op("Concat", [kind, place["row"], place["column"], rest], f"{name}/all", axis=1)
    real = emit.op("Greater", [keys, emit.scalar(_NOTHING, np.float64)], f"{name}/real")
    mask = emit.op("Cast", [real], f"{name}/mask", to=TensorProto.FLOAT)
    boxes = emit.op("Mul", [boxes, mask], f"{name}/masked")
    if found < node.top:
        boxes = emit.op("Pad", [boxes, emit.integers(0, 0, 0, 0, 0, node.top - found)], f"{name}/padded")
    return emit.op("Reshape", [boxes, emit.integers(0, channels + 2, node.top, 1)], node.name)

"""Boxes from the heads as one layer: the best class and score of a cell, maxima of 3 x 3 cells, the best of these."""

import numpy as np

from jetflow.graph import Detect, Graph
from jetflow.graph.nodes import BOX_FIELDS
from jetflow.rtl.area import Area, datapath_area, memory_area
from jetflow.rtl.datapath import Datapath, DatapathBuilder, Field
from jetflow.rtl.emit import datapath_module
from jetflow.rtl.layers import LEVELS, read_streams
from jetflow.rtl.plan import Layer
from jetflow.rtl.ports import LAYER_HEAD
from jetflow.rtl.schedule import schedule

__all__ = ["detect_cost", "detect_modules"]

_LAYER = (
    """\
// Layer of graph {graph}: {nodes}.
"""
    + LAYER_HEAD
    + """\
    // ---- the best class of a cell but background, and by how much it is above background
    logic cell_moves, cell_valid, cell_ready;
    logic [{cell_top}:0] cell_data;  // score, class, offsets, regression; the first lowest
    assign cell_moves = !cell_valid || cell_ready;
    assign in_ready   = cell_moves;
    {name}_datapath candidate (
        .clk, .rst, .advance(cell_moves), .in_valid, .in_data, .out_valid(cell_valid), .out_data(cell_data)
    );

    // ---- which cells are boxes
    logic advance, peak_valid, peak_found, peak_last, peak_ready;
    logic [{row_top}:0] peak_row, row;
    logic [{column_top}:0] peak_column, column;
    logic signed [{score_top}:0] peak_score, score;
    logic [{rest_top}:0] peak_rest, rest;
    assign advance = !peak_valid || peak_ready;
    peak_cells #(
        .SCORE_BITS({score_bits}), .REST_BITS({rest_bits}), .ROWS({rows}), .COLUMNS({columns}), .FIRST({first}),
        .THRESHOLD({threshold})
    ) peaks (
        .clk, .rst, .advance, .in_valid(cell_valid), .in_ready(cell_ready),
        .in_score(cell_data[{score_top}:0]), .in_rest(cell_data[{cell_top}:{score_bits}]),
        .out_valid(peak_valid), .out_found(peak_found), .out_last(peak_last),
        .out_row(peak_row), .out_column(peak_column), .out_score(peak_score), .out_rest(peak_rest)
    );

    // ---- the best of them
    box_list #(
        .TOP({top}), .SCORE_BITS({score_bits}), .ROW_BITS({row_bits}), .COLUMN_BITS({column_bits}),
        .REST_BITS({rest_bits})
    ) boxes (
        .clk, .rst, .in_valid(peak_valid), .in_ready(peak_ready), .in_found(peak_found), .in_last(peak_last),
        .in_row(peak_row), .in_column(peak_column), .in_score(peak_score), .in_rest(peak_rest),
        .out_valid, .out_ready, .out_row(row), .out_column(column), .out_score(score), .out_rest(rest)
    );
    // regression, offsets, score, column, row, class
    assign out_data = {{{fields}}};
endmodule
"""
)


def detect_modules(graph: Graph, layer: Layer) -> dict[str, str]:
    """The SystemVerilog of a layer that finds boxes by module name."""
    node, spot, datapath = layer.front, layer.window, detect_datapath(graph, layer)
    assert isinstance(node, Detect) and spot is not None
    rows, columns = node.map
    score, *rest = (field.bits for field in datapath.outputs)
    row_bits, column_bits = max(1, (rows - 1).bit_length()), (columns - 1).bit_length()
    nodes = ", ".join(f"{each.name} ({type(each).__name__})" for each in layer.nodes)
    text = _LAYER.format(
        graph=graph.name,
        nodes=nodes,
        name=layer.name,
        in_top=datapath.in_bits - 1,
        out_top=node.format.bits * node.shape[2] - 1,
        cell_top=datapath.out_bits - 1,
        row_top=row_bits - 1,
        column_top=column_bits - 1,
        score_top=score - 1,
        rest_top=sum(rest) - 1,
        row_bits=row_bits,
        column_bits=column_bits,
        score_bits=score,
        rest_bits=sum(rest),
        rows=rows,
        columns=columns,
        first=layer.arriving.first,
        threshold=node.threshold,
        top=node.top,
        fields=_fields(graph, node, rest),
    )
    inner = f"{layer.name}_datapath"
    return {layer.name: text, inner: datapath_module(inner, f"Scores of {nodes}.", datapath, LEVELS)}


def detect_datapath(graph: Graph, layer: Layer) -> Datapath:
    """From the heads' channels of a cell to its score, class, offsets and regression."""
    node, builder = layer.front, DatapathBuilder()
    assert isinstance(node, Detect)
    values, bits = read_streams(builder, graph, layer)
    offsets, classes, regression = (graph[name] for name in node.inputs)
    first, count = offsets.shape[2], classes.shape[2]
    background, best, *others = values[first : first + count]
    kind = builder.constant(1)
    for number, logit in enumerate(others, 2):
        ahead = builder.sum(best, logit, minus=True)  # of equals the first stays
        a, b = builder[best], builder[logit]
        best = builder.select(ahead, best, logit, max(a.low, b.low), max(a.high, b.high))
        kind = builder.select(ahead, kind, builder.constant(number), 1, number)
    score = builder.sum(best, background, minus=True)
    fields = [Field(score, max(2, builder[score].width)), Field(kind, (count - 1).bit_length())]
    fields += [Field(value, offsets.format.bits) for value in values[:first]]
    fields += [Field(value, regression.format.bits) for value in values[first + count :]]
    return builder.finished(fields, bits)


def detect_cost(graph: Graph, layer: Layer) -> tuple[Area, int]:
    """Cells of `layer`, and clocks through it behind its window: those of the scores, and two more for the peaks."""
    node, datapath = layer.front, detect_datapath(graph, layer)
    assert isinstance(node, Detect)
    rows, cell, box = node.map[0], datapath.out_bits + 1, datapath.out_bits + 12  # with row and column
    plan = schedule(datapath, LEVELS)
    lines = memory_area(rows, cell).times(2) + memory_area(2 * rows, cell) + Area(9 * cell, 18 * cell)
    return datapath_area(datapath, plan) + lines + Area(3 * box // 2, box).times(node.top), plan.stages + 2


def _fields(graph: Graph, node: Detect, rest: list[int]) -> str:
    """The channels of a box from what box_list.sv gives, the last one first."""
    bits = node.format.bits
    heads = [graph[node.inputs[0]]] * graph[node.inputs[0]].shape[2]
    heads += [graph[node.inputs[2]]] * graph[node.inputs[2]].shape[2]
    ends = np.cumsum(rest).tolist()
    found = [f"rest[{ends[0] - 1}:0]", "row", "column", "$signed(score)"]
    assert len(found) == len(BOX_FIELDS)
    for head, low, end in zip(heads, ends[:-1], ends[1:], strict=True):
        field = f"rest[{end - 1}:{low}]"
        found.append(f"$signed({field})" if head.format.signed else field)
    return ", ".join(f"{bits}'({field})" for field in reversed(found))

"""SystemVerilog of a layer in multipliers: what feeds its chains, the chains, and what follows."""

from jetflow.graph import Graph
from jetflow.rtl.emit import datapath_module
from jetflow.rtl.fields import widened
from jetflow.rtl.geometry import Window
from jetflow.rtl.layers import LEVELS
from jetflow.rtl.multiplied import Chains, chains, sums_wait
from jetflow.rtl.plan import Layer
from jetflow.rtl.ports import LAYER_HEAD
from jetflow.rtl.tail import tail_datapath

__all__ = ["multiplied_modules"]

_HEAD = (
    """\
// Layer of graph {graph}: {nodes}.
// In multipliers: {clocks} clocks a pixel.
"""
    + LAYER_HEAD
    + """\
    logic advance;  // the whole layer moves, or waits for its reader
    assign advance = !out_valid || out_ready;

"""
)

_WINDOW_FIRST = """\
    // ---- the window, its sums, and what follows
    logic window_valid, sums_valid;
    logic [{window_top}:0] window;
    logic [{data_top}:0] data;
    logic [{sums_top}:0] sums;
    line_window #({settings}) front (
        .clk, .rst, .advance, .in_valid, .in_ready, .in_data, .out_valid(window_valid), .out_window(window)
    );
    assign data = {data};
    {name}_products products (
        .clk, .rst, .advance, .in_valid(window_valid), .in_part(1'b0), .in_data(data),
        .out_valid(sums_valid), .out_sums(sums)
    );
    {name}_datapath datapath (
        .clk, .rst, .advance, .in_valid(sums_valid), .in_data(sums), .out_valid, .out_data
    );
endmodule
"""

_SUMS_WAIT = """\
    // ---- a part of a pixel's channels a clock, and zeros for the pixels beyond the image
    logic next_first, first_part, last_part, part_valid;
    logic [{part_top}:0] part;
    logic [{data_top}:0] data;
    digit_window #({settings}) pixels (
        .clk, .rst, .advance, .in_valid, .in_ready, .in_data({data}),
        .next_first, .out_first(first_part), .out_last(last_part), .out_digits(data)
    );
    always_ff @(posedge clk)
        if (rst) part_valid <= 1'b0;
        else if (advance) part_valid <= next_first || (part_valid && !last_part);
    always_ff @(posedge clk) if (advance) part <= next_first ? '0 : part + 1'b1;

    // ---- their products with every tap, the sums of windows, and what follows
    logic products_valid, sums_valid;
    logic [{products_top}:0] products;
    logic [{sums_top}:0] sums;
    {name}_products products_i (
        .clk, .rst, .advance, .in_valid(part_valid), .in_part(part), .in_data(data),
        .out_valid(products_valid), .out_sums(products)
    );
    window_sums #({sum_settings}) windows (
        .clk, .rst, .advance, .in_valid(products_valid), .in_sums(products), .out_valid(sums_valid), .out_sums(sums)
    );
    {name}_datapath datapath (
        .clk, .rst, .advance, .in_valid(sums_valid), .in_data(sums), .out_valid, .out_data
    );
    wire unused = &{{1'b0, first_part}};
endmodule
"""

_PRODUCTS = """\
// Products of {nodes}: {outputs} chains of {length} multipliers.
module {name} (
    input  logic clk,
    input  logic rst,
    input  logic advance,
    input  logic in_valid,
    input  logic [{part_top}:0] in_part,
    input  logic [{data_top}:0] in_data,
    output logic out_valid,
    output logic [{sums_top}:0] out_sums
);
    logic [{last}:0] valid;  // of the word at each multiplier's input, and of the sums
    assign out_valid = valid[{last}];
    always_ff @(posedge clk)
        if (rst) valid <= '0;
        else if (advance) valid <= {{valid[{below}:0], in_valid}};
    logic [{data_top}:0] data;
    logic [{parts_top}:0] parts;
    skew #(.LENGTH({length}), .BITS({bits})) skewed (.clk, .advance, .in_words(in_data), .out_words(data));
    skew #(.LENGTH({length}), .BITS({part_bits})) skewed_parts (
        .clk, .advance, .in_words({{{length}{{in_part}}}}), .out_words(parts)
    );
"""

_CHAIN = """\
    multiply_chain #(
        .LENGTH({length}), .DATA_BITS({bits}), .WEIGHT_BITS({weight_bits}), .SUM_BITS({sum_bits}), .PARTS({parts}),
        .WEIGHTS({weights})
    ) chain{number} (
        .clk, .advance, .in_parts(parts), .in_data(data), .out_sum(out_sums[{number}*{sum_bits}+:{sum_bits}])
    );
"""


def multiplied_modules(graph: Graph, layer: Layer) -> dict[str, str]:
    """The SystemVerilog of a layer in multipliers by module name."""
    spot, source, made = layer.window, graph[layer.sources[0]], chains(graph, layer)
    assert spot is not None
    nodes = ", ".join(f"{node.name} ({type(node).__name__})" for node in layer.nodes)
    tail, (length, parts, _) = tail_datapath(graph, layer, made.sum_bits), made.weights.shape
    fields = {
        "graph": graph.name,
        "nodes": nodes,
        "name": layer.name,
        "clocks": parts,
        "in_top": source.format.bits * source.shape[2] - 1,
        "out_top": tail.out_bits - 1,
        "data_top": length * made.bits - 1,
        "sums_top": tail.in_bits - 1,
        "window_top": length * source.format.bits - 1,
        "part_top": made.part_bits - 1,
        "products_top": made.weights.shape[2] * made.sum_bits - 1,
    }
    if sums_wait(graph, layer):
        fields["settings"] = _settings(_fed(spot) | {"CHANNELS": length, "BITS": parts * made.bits} | _digits(made))
        fields["sum_settings"] = _settings(
            spot.parameters | {"CHANNELS": tail.in_bits // made.sum_bits, "BITS": made.sum_bits, "PARTS": parts}
        )
        fields["data"] = widened("in_data", source.shape[2], source.format, made.bits, length * parts)
        text = _HEAD + _SUMS_WAIT
    else:
        fields["settings"] = _settings(spot.parameters | {"WIDTH": source.format.bits * source.shape[2]})
        fields["data"] = widened("window", length, source.format, made.bits)
        text = _HEAD + _WINDOW_FIRST
    tail_name = f"{layer.name}_datapath"
    return {
        layer.name: text.format(**fields),
        f"{layer.name}_products": _products(f"{layer.name}_products", nodes, made),
        tail_name: datapath_module(tail_name, f"What follows in {nodes}.", tail, LEVELS),
    }


def _digits(made: Chains) -> dict[str, int]:
    """digit_window.sv gives out a whole channel where another layer gets a digit of one."""
    return {"DIGIT": made.bits, "CLOCKS": int(made.weights.shape[1])}


def _fed(spot: Window) -> dict[str, int]:
    """digit_window.sv as what brings single pixels, and those beyond the image, in the steps of window_sums.sv."""
    return {
        "ROWS": spot.arriving.rows,
        "COLUMNS": spot.arriving.columns,
        "KERNEL_ROWS": 1,
        "KERNEL_COLUMNS": 1,
        "TOP": 0,
        "LEFT": 0,
        "OUT_ROWS": spot.steps,
        "OUT_COLUMNS": spot.skipped + spot.out_columns + (spot.lag > 0),
    }


def _settings(parameters: dict[str, int]) -> str:
    return "\n        " + ", ".join(f".{key}({value})" for key, value in parameters.items()) + "\n    "


def _products(name: str, nodes: str, made: Chains) -> str:
    length, parts, outputs = made.weights.shape
    lines = [
        _PRODUCTS.format(
            nodes=nodes,
            name=name,
            outputs=outputs,
            length=length,
            bits=made.bits,
            part_bits=made.part_bits,
            part_top=made.part_bits - 1,
            parts_top=length * made.part_bits - 1,
            data_top=length * made.bits - 1,
            sums_top=outputs * made.sum_bits - 1,
            last=made.depth - 1,
            below=made.depth - 2,
        )
    ]
    for number in range(outputs):
        word = 0
        for place, weight in enumerate(made.weights[:, :, number].ravel().tolist()):
            word |= (weight % (1 << made.weight_bits)) << (place * made.weight_bits)
        lines.append(
            _CHAIN.format(
                length=length,
                bits=made.bits,
                weight_bits=made.weight_bits,
                sum_bits=made.sum_bits,
                parts=parts,
                number=number,
                weights=f"{length * parts * made.weight_bits}'h{word:x}",
            )
        )
    return "".join([*lines, "endmodule\n"])

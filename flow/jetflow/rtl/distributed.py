"""A convolution in distributed arithmetic: a digit of every activation goes through the parallel adder graph a clock.

The sums of the digits are accumulated; few units compute what follows, channel after channel in the clocks of a pixel.
An adder graph of narrow inputs has narrow adders: with two bits a clock it takes half of the LUTs.
"""

from dataclasses import dataclass
from pathlib import Path

from jetflow.graph import Conv2D, FixedPoint, Graph
from jetflow.rtl.datapath import Datapath, DatapathBuilder, Field
from jetflow.rtl.digits import matrix_of, token_bits, window_instance
from jetflow.rtl.emit import datapath_module
from jetflow.rtl.implementation import Implementation, Style
from jetflow.rtl.layers import LEVELS, read_pixels
from jetflow.rtl.plan import Layer
from jetflow.rtl.pointwise import matrix_product
from jetflow.rtl.ports import LAYER_HEAD
from jetflow.rtl.tail import total_bits
from jetflow.rtl.units import Units, layer_units

__all__ = ["Parts", "distributed_implementation", "distributed_modules", "layer_parts"]

DIGITS = (2, 4)  # bits of an activation a clock, the cheapest first; by single bits serial sums are far smaller

_LAYER = (
    """\
// Layer of graph {graph}: {nodes}.
// Distributed arithmetic: {clocks} clocks a pixel; bits of every activation a clock: {digit}.
"""
    + LAYER_HEAD
    + """\
    logic advance;  // the whole layer moves, or waits for its reader
    assign advance = !out_valid || out_ready;

{window}
    // ---- the sums of a digit: two's complement in the last one, counting from 0 in the others
    logic digit_valid;
    always_ff @(posedge clk)
        if (rst) digit_valid <= 1'b0;
        else if (advance) digit_valid <= next_first || (digit_valid && !last_digit);
    logic [{signed_top}:0] signed_digits;
    for (genvar i = 0; i < {inputs}; i++) begin : extended
        assign signed_digits[i*{wide}+:{wide}] =
            {{last_digit && digits[i*{digit}+{digit}-1], digits[i*{digit}+:{digit}]}};
    end
    logic sums_valid;
    logic [{sums_top}:0] sums;
    {name}_sums adders (
        .clk, .rst, .advance, .in_valid(digit_valid), .in_data(signed_digits), .out_valid(sums_valid), .out_data(sums)
    );

    // ---- their totals
    logic totals_valid;
    logic [{totals_top}:0] totals;
    digit_accumulator #(
        .CHANNELS({channels}), .IN_BITS({sum_bits}), .DIGIT({digit}), .DIGITS({digits}), .OUT_BITS({bits})
    ) accumulator (
        .clk, .rst, .advance, .in_valid(sums_valid), .in_data(sums), .out_valid(totals_valid), .out_data(totals)
    );
{units}    wire unused = &{{1'b0, first_digit}};
endmodule
"""
)


@dataclass(frozen=True, eq=False)
class Parts:
    """`sums`: of one digit, of `sum_bits` bits each. `units`: what follows the totals, of `bits` bits each."""

    sums: Datapath
    sum_bits: int
    units: Units
    bits: int


def distributed_implementation(graph: Graph, layer: Layer, clocks: int) -> Implementation | None:
    """The form of `layer` that takes the fewest bits a clock at `clocks` clocks a pixel; None where there is none."""
    if not isinstance(layer.front, Conv2D) or layer.arriving.lanes > 1:
        return None
    for digit in DIGITS:
        count = token_bits(graph, layer, digit) // digit
        if 2 <= count <= clocks:
            return Implementation(Style.DISTRIBUTED, count, digit)
    return None


def distributed_modules(graph: Graph, layer: Layer, cache: Path) -> dict[str, str]:
    """The SystemVerilog of a layer in distributed arithmetic by module name."""
    digit, source = layer.implementation.digit, graph[layer.sources[0]]
    parts, count = layer_parts(graph, layer, cache), token_bits(graph, layer, digit) // digit
    assert isinstance(layer.front, Conv2D)
    channels, inputs = layer.front.shape[2], parts.sums.in_bits // (digit + 1)
    nodes = ", ".join(f"{node.name} ({type(node).__name__})" for node in layer.nodes)
    text = _LAYER.format(
        graph=graph.name,
        nodes=nodes,
        digit=digit,
        clocks=layer.implementation.clocks,
        name=layer.name,
        in_top=source.format.bits * source.shape[2] - 1,
        out_top=channels * layer.result.format.bits - 1,
        window=window_instance(graph, layer),
        inputs=inputs,
        wide=digit + 1,
        signed_top=parts.sums.in_bits - 1,
        sums_top=parts.sums.out_bits - 1,
        channels=channels,
        sum_bits=parts.sum_bits,
        digits=count,
        bits=parts.bits,
        totals_top=channels * parts.bits - 1,
        units=parts.units.text("totals_valid", "totals"),
    )
    sums = f"{layer.name}_sums"
    modules = {
        layer.name: text,
        sums: datapath_module(sums, f"Sums of {layer.front.name}, of one digit.", parts.sums, LEVELS),
    }
    return modules | parts.units.modules(nodes)


def layer_parts(graph: Graph, layer: Layer, cache: Path) -> Parts:
    """The sums and units of a layer in distributed arithmetic; adder graphs are kept in the folder `cache`."""
    digit = layer.implementation.digit
    sums, sum_bits = _sums(graph, layer, cache)
    count = token_bits(graph, layer, digit) // digit
    bits = max((count - 1) * digit + 1, total_bits(graph, layer))
    return Parts(sums, sum_bits, layer_units(graph, layer, bits), bits)


def _sums(graph: Graph, layer: Layer, cache: Path) -> tuple[Datapath, int]:
    """The adder graph for one digit of every input, that of the unrolled layer, and the bits of its widest sum.

    A graph made for digits is within 1% of it in area, and would be one more to search for a digit.
    """
    digit = layer.implementation.digit
    *bounds, matrix = matrix_of(graph, layer)
    builder, format = DatapathBuilder(), FixedPoint(True, digit + 1, 0)
    low, high = [-(1 << (digit - 1))] * len(matrix), [(1 << digit) - 1] * len(matrix)
    reads = read_pixels(builder, format, low, high)
    assert isinstance(layer.front, Conv2D)
    if layer.front.depthwise:
        channels = matrix.shape[1]
        values = []
        for c in range(channels):
            own = slice(c, None, channels)
            ends = [each[own] for each in bounds]
            values += matrix_product(builder, matrix[own, [c]], reads[own], cache, ends)
    else:
        values = matrix_product(builder, matrix, reads, cache, bounds)
    bits = max(builder[value].width for value in values)
    return builder.finished([Field(value, bits) for value in values], len(matrix) * (digit + 1)), bits

"""A convolution in serial arithmetic: activations enter a digit a clock, few units compute all channels after it.

The window gives out digits of one or a few bits, a graph of serial adders sums them, whole sums are collected and go,
channel after channel, through the units of jetflow.rtl.units.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jetflow.graph import Conv2D, Graph
from jetflow.rtl.digits import matrix_of, token_bits, window_instance
from jetflow.rtl.implementation import Implementation, Style
from jetflow.rtl.plan import Layer
from jetflow.rtl.planes import planes, sum_bits
from jetflow.rtl.ports import LAYER_HEAD
from jetflow.rtl.serial_graph import SerialGraph, serial_graph
from jetflow.rtl.serial_sums import sums_module
from jetflow.rtl.units import layer_units

__all__ = ["SERIAL_DIGITS", "LayerSums", "layer_sums", "serial_implementation", "serial_modules"]

Integers = NDArray[np.int64]
WIDEST = 64  # bits of a sum
SERIAL_DIGITS = (1, 2, 4)  # bits of an activation a clock, the cheapest first

_LAYER = (
    """\
// Layer of graph {graph}: {nodes}.
// Serial: {clocks} clocks a pixel; bits of every activation a clock: {digit}.
"""
    + LAYER_HEAD
    + """\
    logic advance;  // the whole layer moves, or waits for its reader
    assign advance = !out_valid || out_ready;

{window}
    // ---- {words} sums of {bits} bits, a digit a clock
    logic sums_first;
    logic [{sums_top}:0] sums;
    {name}_sums adders (
        .clk, .rst, .advance, .next_first, .in_digits(digits), .out_first(sums_first), .out_digits(sums)
    );
    logic words_valid;
    logic [{slot_top}:0] slot;
    logic [{words_top}:0] words;
    word_collector #(.LANES({lanes}), .SLOTS({slots}), .BITS({bits}), .DIGIT({digit})) collector (
        .clk, .rst, .advance, .in_first(sums_first), .in_digits(sums),
        .out_valid(words_valid), .out_slot(slot), .out_words(words)
    );

{computed}    wire unused = &{{1'b0, last_digit, first_digit}};
endmodule
"""
)


@dataclass(frozen=True, eq=False)
class LayerSums:
    """`matrix`: ternary, an output a word; word p of channel c is number c * planes + p. `shifts`: by plane.

    `bits`: of a word, whole digits.
    """

    matrix: Integers
    shifts: tuple[int, ...]
    bits: int


def serial_implementation(graph: Graph, layer: Layer, clocks: int, digit: int) -> Implementation | None:
    """The form of `layer` by digits of `digit` bits at `clocks` clocks a pixel or less; None where there is none."""
    if not isinstance(layer.front, Conv2D) or layer.arriving.lanes > 1:
        return None
    digits = token_bits(graph, layer, digit) // digit
    if clocks < digits or layer_sums(graph, layer, WIDEST, 1).bits > clocks * digit + 1:
        return None  # sums that are two bits too wide would be cut in four: a wider digit takes fewer adders
    sums = layer_sums(graph, layer, clocks, digit).bits // digit
    return Implementation(Style.SERIAL, max(digits, sums), digit) if 1 < max(digits, sums) <= clocks else None


def layer_sums(graph: Graph, layer: Layer, clocks: int, digit: int) -> LayerSums:
    """The sums of a folded layer, none of more than `clocks` digits of `digit` bits."""
    low, high, matrix = matrix_of(graph, layer)
    parts = planes(matrix, low, high, clocks * digit)
    bits = max(2, *(sum_bits(part.matrix, low, high) for part in parts))
    words = np.stack([part.matrix for part in parts], axis=-1)  # inputs, channels, planes
    return LayerSums(
        words.reshape(len(matrix), -1),
        tuple(part.shift for part in parts),
        -(-bits // digit) * digit,
    )


def serial_modules(graph: Graph, layer: Layer, cache: Path) -> dict[str, str]:
    """The SystemVerilog of a serial layer by module name; solved graphs are kept in the folder `cache`."""
    assert isinstance(layer.front, Conv2D)
    clocks, digit = layer.implementation.clocks, layer.implementation.digit
    sums = layer_sums(graph, layer, clocks, digit)
    units = layer_units(graph, layer, sums.bits, sums.shifts)
    channels, slots = units.channels, units.slots
    adders = serial_graph(sums.matrix, cache)
    nodes = ", ".join(f"{node.name} ({type(node).__name__})" for node in layer.nodes)
    lanes, source = units.count * len(sums.shifts), graph[layer.sources[0]]
    text = _LAYER.format(
        graph=graph.name,
        nodes=nodes,
        clocks=clocks,
        digit=digit,
        name=layer.name,
        in_top=source.format.bits * source.shape[2] - 1,
        out_top=channels * layer.result.format.bits - 1,
        window=window_instance(graph, layer),
        words=sums.matrix.shape[1],
        bits=sums.bits,
        sums_top=lanes * slots * digit - 1,
        slot_top=max(1, (slots - 1).bit_length()) - 1,
        words_top=lanes * sums.bits - 1,
        lanes=lanes,
        slots=slots,
        computed=units.computed(),
    )
    return {
        layer.name: text,
        f"{layer.name}_sums": sums_module(
            f"{layer.name}_sums",
            f"Sums of {layer.front.name}.",
            _ordered(adders, channels, len(sums.shifts), slots),
            digit,
        ),
        **units.modules(nodes),
    }


def _ordered(graph: SerialGraph, channels: int, count: int, slots: int) -> SerialGraph:
    """The outputs as word_collector.sv wants them: by unit, plane and slot; -1 where there is no channel."""
    units = -(-channels // slots)
    outputs = []
    for u in range(units):
        for p in range(count):
            for c in range(u * slots, (u + 1) * slots):
                outputs.append(graph.outputs[c * count + p] if c < channels else -1)
    return SerialGraph(graph.inputs, graph.nodes, tuple(outputs))

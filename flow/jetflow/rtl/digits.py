"""What the folded layers have in common: the matrix behind a convolution, and the window that gives out digits."""

import numpy as np
from numpy.typing import NDArray

from jetflow.graph import Conv2D, Graph
from jetflow.rtl.area import Area, memory_area
from jetflow.rtl.fields import widened
from jetflow.rtl.implementation import Style
from jetflow.rtl.plan import Layer

__all__ = ["LEAST_SHIFT", "SHIFT", "digit_window_area", "matrix_of", "token_bits", "window_digits", "window_instance"]

Integers = NDArray[np.int64]
SHIFT = 16  # bits of a register that moves on in one LUT
LEAST_SHIFT = 3  # bits from which on Yosys makes one of a register
_COUNTERS = 60  # LUTs of a window that are there whatever it holds


def token_bits(graph: Graph, layer: Layer, digit: int) -> int:
    """Bits of an activation in two's complement, in whole digits."""
    format = graph[layer.sources[0]].format
    return -(-(format.bits + (not format.signed)) // digit) * digit


def window_digits(graph: Graph, layer: Layer) -> int:
    """Digits of an activation that the window of a folded `layer` holds.

    Serial adders read an activation's sign until their sums are whole. The last digit stands that long, and is the sign
    where it has one bit; wider ones are held sign-extended.
    """
    choice = layer.implementation
    extended = choice.style is Style.SERIAL and choice.digit > 1
    return choice.clocks if extended else token_bits(graph, layer, choice.digit) // choice.digit


def matrix_of(graph: Graph, layer: Layer) -> tuple[Integers, Integers, Integers]:
    """Least and largest value of every input of the window, which include zero, and the matrix (inputs, channels)."""
    assert layer.window is not None and isinstance(layer.front, Conv2D)
    bounds, kernel = graph.intervals[layer.sources[0]].with_zero(), layer.window.kernel
    taps, channels = kernel.shape[0] * kernel.shape[1], bounds.low.size
    if layer.front.depthwise:
        matrix = np.zeros((taps, channels, channels), np.int64)
        matrix[:, np.arange(channels), np.arange(channels)] = kernel.reshape(taps, channels)
    else:
        matrix = kernel.reshape(taps, channels, -1)
    return np.tile(bounds.low, taps), np.tile(bounds.high, taps), matrix.reshape(taps * channels, -1)


def window_instance(graph: Graph, layer: Layer) -> str:
    """digit_window.sv with the signals `digits`, `next_first`, `first_digit` and `last_digit`."""
    spot, source, choice = layer.window, graph[layer.sources[0]], layer.implementation
    assert spot is not None
    bits, (tall, wide) = window_digits(graph, layer) * choice.digit, spot.kernel.shape[:2]
    parameters = {
        "CHANNELS": source.shape[2],
        "BITS": bits,
        "DIGIT": choice.digit,
        "CLOCKS": choice.clocks,
        **spot.parameters,
    }
    data = widened("in_data", source.shape[2], source.format, bits)
    settings = ", ".join(f".{key}({value})" for key, value in parameters.items())
    return f"""\
    // ---- the window; bits of every activation a clock: {choice.digit}
    logic next_first, first_digit, last_digit;
    logic [{tall * wide * source.shape[2] * choice.digit - 1}:0] digits;
    digit_window #(
        {settings}
    ) window (
        .clk, .rst, .advance, .in_valid, .in_ready, .in_data({data}),
        .next_first, .out_first(first_digit), .out_last(last_digit), .out_digits(digits)
    );
"""


def digit_window_area(graph: Graph, layer: Layer) -> Area:
    """digit_window.sv: counters, the choice of a digit, memories of a column and of the columns that are played again,
    rows that wait, the digits. What no weight reads is left out, of a depthwise kernel a good part.
    """
    spot, digit = layer.window, layer.implementation.digit
    assert spot is not None
    read = spot.kernel.any(axis=3)  # rows, columns, channels
    (tall, wide), first = read.shape[:2], read.argmax(axis=0)  # of the rows that are read
    digits, width = window_digits(graph, layer), digit * graph[layer.sources[0]].shape[2]
    area = memory_area(spot.arriving.rows * digits, (wide - 1) * width) if wide > 1 else Area()
    if spot.wrap and wide > 1:
        area += memory_area((wide - 1) * spot.arriving.rows * digits, width) + Area(width)
    chosen = -(-(digits - 1) // 3) * width  # four of a bit's digits in a LUT
    waiting = int(((tall - 1 - first) * read.any(axis=0)).sum()) * digit
    moved = Area(waiting * -(-digits // SHIFT)) if digits >= LEAST_SHIFT else Area(0, waiting * digits)
    return area + moved + Area(_COUNTERS + chosen, int(read.sum()) * digit)

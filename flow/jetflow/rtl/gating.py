"""A channel gate as one layer: the factors come of the whole map, which waits in a buffer until they are known.

Of several pixels a clock each has multipliers of its own; all have the same factors.

Nodes: GlobalSum, ChannelConv, HardSigmoid and what stands between them and the Gate. The sums leave one channel a
clock, so one small datapath computes all factors; a window of the channel and its neighbours stands in front of it.
"""

from pathlib import Path

from jetflow.errors import InputError
from jetflow.graph import ChannelConv, FixedPoint, Gate, Graph, HardSigmoid, Node
from jetflow.rtl.datapath import Datapath, DatapathBuilder, Field
from jetflow.rtl.emit import datapath_module
from jetflow.rtl.layers import LEVELS, read_pixels
from jetflow.rtl.plan import Layer
from jetflow.rtl.pointwise import apply, matrix_product
from jetflow.rtl.ports import LAYER_HEAD
from jetflow.rtl.schedule import schedule

__all__ = ["SLACK", "gate_datapaths", "gate_modules", "product_stages"]

SLACK = 4  # words of the next image that the buffer takes while the sums of this one leave

_LAYER = (
    """\
// Layer of graph {graph}: {nodes}.
"""
    + LAYER_HEAD
    + """\
    // ---- every pixel is summed, and waits
    logic sum_takes, buffer_takes, to_sum, to_buffer;
    stream_fork #(.READERS(2)) both (
        .clk, .rst, .in_valid, .in_ready, .out_valid({{to_buffer, to_sum}}), .out_ready({{buffer_takes, sum_takes}})
    );
    logic sum_valid, sum_ready;
    logic [{sum_top}:0] sum;
    channel_sums #(
        .CHANNELS({channels}), .BITS({bits}), .SIGNED({signed}), .SUM_BITS({sum_bits}), .LANES({lanes}),
        .ROWS({rows}), .COLUMNS({columns})
    ) summed (
        .clk, .rst, .in_valid(to_sum), .in_ready(sum_takes), .in_data,
        .out_valid(sum_valid), .out_ready(sum_ready), .out_data(sum)
    );
    logic pixel_valid, pixel_ready;
    logic [{in_top}:0] pixel;
    frame_buffer #(.WIDTH({beat_bits}), .DEPTH({depth})) waiting (
        .clk, .rst, .in_valid(to_buffer), .in_ready(buffer_takes), .in_data,
        .out_valid(pixel_valid), .out_ready(pixel_ready), .out_data(pixel)
    );

    // ---- the factors, channel after channel, until all are on the shelf
    logic loaded, released, factor_moves, window_valid, factor_valid;
    logic [{window_top}:0] window;
    logic [{factor_top}:0] factor;
    logic [{factors_top}:0] factors;
    assign factor_moves = !loaded || released;
    line_window #(
        .WIDTH({sum_bits}), .ROWS({channels}), .COLUMNS(1), .KERNEL_ROWS({taps}), .KERNEL_COLUMNS(1),
        .TOP({top}), .LEFT(0), .OUT_ROWS({channels}), .OUT_COLUMNS(1)
    ) neighbours (
        .clk, .rst, .advance(factor_moves), .in_valid(sum_valid), .in_ready(sum_ready), .in_data(sum),
        .out_valid(window_valid), .out_window(window)
    );
    {name}_factor factor_i (
        .clk, .rst, .advance(factor_moves), .in_valid(window_valid), .in_data(window),
        .out_valid(factor_valid), .out_data(factor)
    );
    word_shelf #(.LANES(1), .SLOTS({channels}), .BITS({factor_bits})) shelf (
        .clk, .rst, .advance(factor_moves), .in_valid(factor_valid), .in_words(factor),
        .out_valid(loaded), .out_data(factors)
    );

    // ---- the pixels times the factors
    logic advance, last;
    assign advance     = !out_valid || out_ready;
    assign pixel_ready = advance && loaded;
    assign released    = pixel_ready && pixel_valid && last;
    frame_last #(.BEATS({beats})) frame (.clk, .rst, .valid(pixel_valid), .ready(pixel_ready), .last);
    logic [{last_lane}:0] lane_valid;
    for (genvar lane = 0; lane < {lanes}; lane++) begin : lanes
        {name}_datapath datapath (
            .clk, .rst, .advance, .in_valid(pixel_valid && loaded),
            .in_data({{factors, pixel[lane*{pixel_bits}+:{pixel_bits}]}}),
            .out_valid(lane_valid[lane]), .out_data(out_data[lane*{out_bits}+:{out_bits}])
        );
    end
    assign out_valid = &lane_valid;  // they all move together
endmodule
"""
)


def gate_modules(graph: Graph, layer: Layer, cache: Path) -> dict[str, str]:
    """The SystemVerilog of a gate's layer by module name; adder graphs are kept in the folder `cache`."""
    (factor, datapath), (total, conv, *_) = gate_datapaths(graph, layer, cache), layer.inner
    assert isinstance(conv, ChannelConv)
    source, last = graph[layer.sources[0]], layer.inner[-1]
    channels, lanes, beats, taps = source.shape[2], layer.arriving.lanes, layer.arriving.beats, conv.kernel.size
    nodes = ", ".join(f"{node.name} ({type(node).__name__})" for node in layer.nodes)
    sum_bits = max(total.format.bits, source.format.bits + 1)
    text = _LAYER.format(
        graph=graph.name,
        nodes=nodes,
        name=layer.name,
        in_top=lanes * channels * source.format.bits - 1,
        out_top=lanes * datapath.out_bits - 1,
        channels=channels,
        bits=source.format.bits,
        signed=int(source.format.signed),
        sum_bits=sum_bits,
        sum_top=sum_bits - 1,
        beats=beats,
        lanes=lanes,
        last_lane=lanes - 1,
        rows=layer.arriving.rows,
        columns=layer.arriving.columns,
        pixel_bits=channels * source.format.bits,
        beat_bits=lanes * channels * source.format.bits,
        out_bits=datapath.out_bits,
        depth=beats + SLACK,
        window_top=taps * sum_bits - 1,
        taps=taps,
        top=taps // 2,
        factor_bits=last.format.bits,
        factor_top=last.format.bits - 1,
        factors_top=channels * last.format.bits - 1,
    )
    inner = {"factor": factor, "datapath": datapath}
    modules = {
        f"{layer.name}_{part}": datapath_module(f"{layer.name}_{part}", f"{part} of {nodes}.", path, LEVELS)
        for part, path in inner.items()
    }
    return {layer.name: text} | modules


def gate_datapaths(graph: Graph, layer: Layer, cache: Path) -> tuple[Datapath, Datapath]:
    """What makes one factor of the sums, and what multiplies a pixel by all of them and follows.

    Raises InputError for a GlobalSum without a ChannelConv behind it.
    """
    conv = layer.inner[1]
    if not isinstance(conv, ChannelConv):
        raise InputError(f"{conv.name}: the open RTL has a block for a GlobalSum with a ChannelConv behind it alone")
    return _factor(graph, layer, conv, cache), _product(graph, layer, graph[layer.sources[0]], layer.inner[-1])


def product_stages(graph: Graph, layer: Layer) -> int:
    """Clocks from a pixel and the factors to what leaves."""
    return schedule(_product(graph, layer, graph[layer.sources[0]], layer.inner[-1]), LEVELS).stages


def _factor(graph: Graph, layer: Layer, conv: ChannelConv, cache: Path) -> Datapath:
    """One channel's factor from the sums of it and its neighbours; bounds are those of the widest channel."""
    builder, total = DatapathBuilder(), graph.parent(conv)
    bounds = graph.intervals[total.name].with_zero()
    bits = max(total.format.bits, graph.parent(total).format.bits + 1)
    low, high = int(bounds.low.min()), int(bounds.high.max())
    sums = FixedPoint(total.format.signed, bits, total.format.fraction)
    taps = conv.kernel.size
    values = read_pixels(builder, sums, [low] * taps, [high] * taps)
    (value,) = matrix_product(builder, conv.kernel[:, None], values, cache)
    for node in layer.inner[2:]:
        if isinstance(node, HardSigmoid):
            value = _hard_sigmoid(builder, node, value)
        else:
            (value,) = apply(builder, graph, node, [value])
    return builder.finished([Field(value, layer.inner[-1].format.bits)], taps * bits)


def _hard_sigmoid(builder: DatapathBuilder, node: HardSigmoid, value: int) -> int:
    one = 1 << node.format.fraction
    raised = builder.offset(value, one // 2)
    above = builder.select(raised, raised, builder.constant(0), 0, max(0, builder[raised].high))
    rest = builder.offset(above, one, minus=True)
    return builder.select(rest, above, builder.constant(one), 0, one)


def _product(graph: Graph, layer: Layer, source: Node, factors: Node) -> Datapath:
    """All channels of a pixel times their factors, and what follows the gate."""
    builder, gate = DatapathBuilder(), layer.front
    assert isinstance(gate, Gate)
    x, f = graph.intervals[source.name], graph.intervals[factors.name]
    channels, bits = source.shape[2], source.format.bits
    pixel = read_pixels(builder, source.format, x.low.tolist(), x.high.tolist())
    values = []
    for c in range(channels):
        position = channels * bits + c * factors.format.bits
        factor = builder.read(position, factors.format, int(f.low[c]), int(f.high[c]))
        bounds = graph.intervals[gate.name]
        product = builder.product(pixel[c], factor)
        values.append(builder.narrow(product, int(bounds.low[c]), int(bounds.high[c])))
    for node in layer.pointwise:
        values = apply(builder, graph, node, values)
    width = channels * (bits + factors.format.bits)
    return builder.finished([Field(value, layer.result.format.bits) for value in values], width)

"""The modules of a layer: what gathers its pixels, and the datapath behind it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from jetflow.graph import AveragePool, Conv2D, FixedPoint, Graph, Node
from jetflow.rtl.datapath import Datapath, DatapathBuilder, Field
from jetflow.rtl.emit import datapath_module
from jetflow.rtl.lanes import datapaths, leaves, split
from jetflow.rtl.plan import Layer
from jetflow.rtl.pointwise import Values, apply, matrix_product
from jetflow.rtl.ports import LAYER_HEAD

__all__ = ["LEVELS", "layer_datapath", "layer_modules", "read_pixels", "read_streams"]

LEVELS = 2  # adders between two registers: 1 costs many registers, 4 half the clock

_LAYER = (
    """\
// Layer of graph {graph}: {nodes}.
"""
    + LAYER_HEAD
    + """\
    logic advance;  // the whole layer moves, or waits for its reader
{advance}{front}
{datapaths}{split}endmodule
"""
)


def layer_modules(graph: Graph, layer: Layer, datapath: Datapath) -> dict[str, str]:
    """The SystemVerilog of a layer by module name: its own, and that of its datapath."""
    source = graph[layer.sources[0]]
    arriving = sum(graph[name].format.bits * graph[name].shape[2] for name in layer.sources)
    nodes = ", ".join(f"{node.name} ({type(node).__name__})" for node in layer.nodes)
    gathers = layer.front is not None and not (layer.window is not None and layer.window.trivial)
    pixel = source.format.bits * source.shape[2]
    front = _FRONTS[type(layer.front)](layer, source, datapath) if gathers else "    assign in_ready = advance;\n"
    text = _LAYER.format(
        graph=graph.name,
        nodes=nodes,
        name=layer.name,
        in_top=arriving * layer.arriving.lanes - 1,
        out_top=datapath.out_bits * layer.leaving.lanes - 1,
        advance=leaves(layer, datapath),
        front=front,
        datapaths=datapaths(layer, datapath, pixel, gathers),
        split=split(layer, datapath),
    )
    comment = f"Datapath of {nodes}."
    inner = f"{layer.name}_datapath"
    return {layer.name: text, inner: datapath_module(inner, comment, datapath, LEVELS)}


def layer_datapath(graph: Graph, layer: Layer, cache: Path) -> Datapath:
    """What a layer computes of the pixels that its front gathers; adder graphs are kept in the folder `cache`."""
    builder, source = DatapathBuilder(), graph[layer.sources[0]]
    if layer.front is None:
        values, bits = read_streams(builder, graph, layer)
    else:
        bounds = graph.intervals[source.name]
        low, high = bounds.low.tolist(), bounds.high.tolist()
        values, bits = _DATAPATHS[type(layer.front)](builder, layer, source, low, high, cache)
    for node in layer.pointwise:
        values = apply(builder, graph, node, values)
    return builder.finished([Field(value, layer.result.format.bits) for value in values], bits)


def read_streams(builder: DatapathBuilder, graph: Graph, layer: Layer) -> tuple[Values, int]:
    """Every channel of a pixel of every stream, the first stream lowest; and the bits of all."""
    values: Values = []
    bits = 0
    for source in (graph[name] for name in layer.sources):
        bounds = graph.intervals[source.name]
        values += read_pixels(builder, source.format, bounds.low.tolist(), bounds.high.tolist(), bits)
        bits += source.format.bits * source.shape[2]
    return values, bits


def read_pixels(
    builder: DatapathBuilder, format: FixedPoint, low: list[int], high: list[int], start: int = 0
) -> Values:
    """Every channel of every pixel, one after the other in the input word from bit `start` on, by their bounds."""
    fields = enumerate(zip(low, high, strict=True))
    return [builder.read(start + i * format.bits, format, *ends) for i, ends in fields]


def _read(builder: DatapathBuilder, format: FixedPoint, low: list[int], high: list[int]) -> tuple[Values, int]:
    """The same, and the bits of all."""
    return read_pixels(builder, format, low, high), len(low) * format.bits


def _convolution(
    builder: DatapathBuilder, layer: Layer, source: Node, low: list[int], high: list[int], cache: Path
) -> tuple[Values, int]:
    assert layer.window is not None and isinstance(layer.front, Conv2D)
    kernel = layer.window.kernel
    taps, channels = kernel.shape[0] * kernel.shape[1], source.shape[2]
    low, high = [min(end, 0) for end in low], [max(end, 0) for end in high]  # padding is zero
    values, bits = _read(builder, source.format, low * taps, high * taps)
    if not layer.front.depthwise:
        return matrix_product(builder, kernel.reshape(taps * channels, -1), values, cache), bits
    columns = kernel.reshape(taps, channels)
    products = [matrix_product(builder, columns[:, [c]], values[c::channels], cache) for c in range(channels)]
    return [product for (product,) in products], bits


def _pooled(
    builder: DatapathBuilder, layer: Layer, source: Node, low: list[int], high: list[int], cache: Path
) -> tuple[Values, int]:
    assert isinstance(layer.front, AveragePool)
    if layer.front.padding:
        low, high = [min(end, 0) for end in low], [max(end, 0) for end in high]
    wide = FixedPoint(source.format.signed, source.format.bits + 2, source.format.fraction + 2)
    return _read(builder, wide, [4 * end for end in low], [4 * end for end in high])


_DATAPATHS: dict[type[Node], Callable[..., tuple[Values, int]]] = {Conv2D: _convolution, AveragePool: _pooled}


def _instance(module: str, parameters: dict[str, int | bool], data: str, bits: int) -> str:
    """A module of hw/rtl in front of the datapath."""
    settings = ", ".join(f".{key}({int(value)})" for key, value in parameters.items())
    return f"""\
    logic gathered_valid;
    logic [{bits - 1}:0] gathered;
    {module} #(
        {settings}
    ) front (
        .clk, .rst, .advance, .in_valid, .in_ready, .in_data, .out_valid(gathered_valid), .{data}(gathered)
    );
"""


def _window_instance(layer: Layer, source: Node, datapath: Datapath) -> str:
    spot = layer.window
    assert spot is not None
    parameters: dict[str, int | bool] = {
        "WIDTH": source.format.bits * source.shape[2],
        "LANES": spot.arriving.lanes,
        **spot.parameters,
    }
    return _instance("line_window", parameters, "out_window", spot.patch_rows * spot.row_bits(parameters["WIDTH"]))


def _pool_instance(layer: Layer, source: Node, datapath: Datapath) -> str:
    assert isinstance(layer.front, AveragePool)
    parameters: dict[str, int | bool] = {
        "CHANNELS": source.shape[2],
        "BITS": source.format.bits,
        "SIGNED": source.format.signed,
        "LANES": layer.arriving.lanes,
        "ROWS": layer.arriving.rows,
        "COLUMNS": layer.arriving.columns,
        "PADDING": layer.front.padding,
        "FIRST": layer.arriving.first,
    }
    return _instance("average_pool", parameters, "out_data", datapath.in_bits * layer.lanes)


_FRONTS: dict[type[Any], Callable[[Layer, Node, Datapath], str]] = {
    Conv2D: _window_instance,
    AveragePool: _pool_instance,
}

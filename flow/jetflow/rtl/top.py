"""The top module: layers, the registers and forks between them, AXI4-Stream at the ends."""

from collections.abc import Mapping

from jetflow.graph import FixedPoint
from jetflow.rtl.joins import beat_bits, join, stream_names
from jetflow.rtl.plan import Layer, Plan, identifier
from jetflow.rtl.queues import Queue, queue_in_front

__all__ = ["lane_bits", "top_module"]

_GUARD = """\
    // ---- the image, always {beats} beats long
    logic {name}_valid, {name}_ready;
    logic [{top}:0] {name}_data;
    frame_guard #(.WIDTH({bits}), .BEATS({beats})) guard (
        .clk(aclk), .rst, .in_valid(s_axis_tvalid), .in_ready(s_axis_tready), .in_last(s_axis_tlast),
        .in_data({{{packed}}}),
        .out_valid({name}_valid), .out_ready({name}_ready), .out_data({name}_data), .error(event_error)
    );
    wire unused = &{{1'b0, s_axis_tdata}};  // the lanes' upper bits

"""

_FORK = """\
    logic [{last}:0] {name}_each_valid, {name}_each_ready;
    stream_fork #(.READERS({readers})) {name}_fork (
        .clk(aclk), .rst, .in_valid({name}_valid), .in_ready({name}_ready),
        .out_valid({name}_each_valid), .out_ready({name}_each_ready)
    );

"""

_STREAMS = """\
    logic {name}_in_valid, {name}_in_ready, {name}_valid, {name}_ready;
    logic [{in_top}:0] {name}_in_data;
    logic [{out_top}:0] {name}_data;
"""

_BUFFER = """\
    {buffer} {name}_buffer (
        .clk(aclk), .rst, .in_valid({valid}), .in_ready({ready}), .in_data({data}),
        .out_valid({name}_in_valid), .out_ready({name}_in_ready), .out_data({name}_in_data)
    );
"""

_INSTANCE = """\
    {name} {name}_i (
        .clk(aclk), .rst, .in_valid({name}_in_valid), .in_ready({name}_in_ready), .in_data({name}_in_data),
        .out_valid({name}_valid), .out_ready({name}_ready), .out_data({name}_data)
    );

"""

_OUTPUT = """\
    // ---- output {output}: {beats} beats, column by column from column {first} on
    assign m_axis_{port}_tvalid = {name}_valid;
    assign {name}_ready = m_axis_{port}_tready;
    assign m_axis_{port}_tdata = {{{lanes}}};
    frame_last #(.BEATS({beats})) {name}_last (
        .clk(aclk), .rst, .valid(m_axis_{port}_tvalid), .ready(m_axis_{port}_tready), .last(m_axis_{port}_tlast)
    );

"""


def lane_bits(format: FixedPoint) -> int:
    """Bits of a channel on an AXI4-Stream: whole bytes."""
    return -(-format.bits // 8) * 8


def top_module(plan: Plan, waiting: Mapping[str, tuple[Queue, ...]]) -> str:
    """The SystemVerilog of the top module; `waiting`: the queues of layers that join streams, as from `queues`."""
    graph = plan.graph
    ports = ["input  logic aclk", "input  logic aresetn"]
    lanes = plan.pixels_per_clock * lane_bits(graph.input.format) * graph.input.shape[2]
    ports += [f"input  logic [{lanes - 1}:0] s_axis_tdata", "input  logic s_axis_tvalid"]
    ports += ["output logic s_axis_tready", "input  logic s_axis_tlast"]
    for output in graph.outputs:
        lanes = plan.output(output.name).leaving.lanes
        port, bits = identifier(output.name), lanes * lane_bits(output.format) * output.shape[2]
        ports += [f"output logic [{bits - 1}:0] m_axis_{port}_tdata", f"output logic m_axis_{port}_tvalid"]
        ports += [f"input  logic m_axis_{port}_tready", f"output logic m_axis_{port}_tlast"]
    ports.append("output logic event_error")
    lines = [
        f"// Graph {graph.name}, {plan.pixels_per_clock} pixels of a column a clock, the first in the lowest bits.\n",
        "// Order: column by column (phi slow, eta fast), from column 0 on. What a column's last beat has beyond\n",
        "// its last row is ignored.\n",
        "// A channel has whole bytes, channel 0 the lowest; outputs are sign-extended.\n",
        f"module {plan.top} (\n    ",
        ",\n    ".join(ports),
        "\n);\n    logic rst;\n    assign rst = !aresetn;\n\n",
        _guard(plan),
    ]
    lines += [_forked(plan, graph.input.name, "image")]
    for layer in plan.layers:
        lines += [_instance(plan, layer, waiting.get(layer.name, ())), _forked(plan, layer.result.name, layer.name)]
    lines += [_output(plan.output(output.name)) for output in graph.outputs]
    return "".join([*lines, "endmodule\n"])


def _guard(plan: Plan) -> str:
    image = plan.graph.input
    lane, bits, fields = lane_bits(image.format), image.format.bits, image.shape[2] * plan.pixels_per_clock
    packed = ", ".join(f"s_axis_tdata[{c * lane + bits - 1}:{c * lane}]" for c in reversed(range(fields)))
    return _GUARD.format(
        beats=plan.input_order.beats, name="image", top=bits * fields - 1, bits=bits * fields, packed=packed
    )


def _forked(plan: Plan, node: str, name: str) -> str:
    readers = len(plan.readers(node))
    return _FORK.format(name=name, readers=readers, last=readers - 1) if readers > 1 else ""


def _instance(plan: Plan, layer: Layer, waiting: tuple[Queue, ...]) -> str:
    in_bits, out = sum(beat_bits(plan, source) for source in layer.sources), layer.result
    head = f"    // ---- {layer.name}: {len(layer.nodes)} nodes, {layer.leaving}\n" + _STREAMS.format(
        name=layer.name,
        in_top=in_bits - 1,
        out_top=layer.leaving.lanes * out.format.bits * out.shape[2] - 1,
    )
    if waiting:
        front = join(plan, layer, waiting)
    else:
        names = stream_names(plan, layer, layer.sources[0])
        front = _BUFFER.format(name=layer.name, buffer=_buffer(plan, layer, in_bits), **names)
    return head + front + _INSTANCE.format(name=layer.name)


def _buffer(plan: Plan, layer: Layer, bits: int) -> str:
    """What stands in front of a layer of one stream."""
    queue = queue_in_front(plan, layer)
    return queue.fifo(bits) if layer.implementation.folded else queue.module(bits)


def _output(layer: Layer) -> str:
    node, bits = layer.result, layer.result.format.bits
    extra = lane_bits(node.format) - bits
    lanes = []
    for field in reversed(range(node.shape[2] * layer.leaving.lanes)):
        low, high = field * bits, field * bits + bits - 1
        sign = f"{layer.name}_data[{high}]" if node.format.signed else "1'b0"
        lanes.append((f"{{{extra}{{{sign}}}}}, " if extra else "") + f"{layer.name}_data[{high}:{low}]")
    return _OUTPUT.format(
        output=node.name,
        port=identifier(node.name),
        name=layer.name,
        beats=layer.leaving.beats,
        first=layer.leaving.first,
        lanes=", ".join(lanes),
    )

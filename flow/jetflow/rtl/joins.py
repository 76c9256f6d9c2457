"""The top module's text in front of a layer that joins streams: what turns each into one order, and where it waits."""

from jetflow.rtl.plan import Layer, Plan, identifier
from jetflow.rtl.queues import Queue

__all__ = ["beat_bits", "join", "stream_names"]

_STREAM = """\
    logic {to}_valid, {to}_ready;
    logic [{top}:0] {to}_data;
    {module} {to}_{role} (
        .clk(aclk), .rst, .in_valid({valid}), .in_ready({ready}), .in_data({data}),
        .out_valid({to}_valid), .out_ready({to}_ready), .out_data({to}_data)
    );
"""

_JOIN = """\
    stream_join #(.SOURCES({count})) {name}_join (
        .in_valid({{{valid}}}), .in_ready({{{ready}}}),
        .out_valid({name}_in_valid), .out_ready({name}_in_ready)
    );
    assign {name}_in_data = {{{data}}};
"""


def beat_bits(plan: Plan, node: str) -> int:
    """Bits of a word of the stream of `node`."""
    made = plan.graph[node]
    return plan.order(node).lanes * made.format.bits * made.shape[2]


def stream_names(plan: Plan, layer: Layer, node: str) -> dict[str, str]:
    """`valid`, `ready` and `data` of the stream of `node` where `layer` reads it: perhaps one branch of a fork."""
    readers = plan.readers(node)
    source = "image" if node == plan.graph.input.name else f"layer_{identifier(node)}"
    each = f"_each_{{}}[{readers.index(layer)}]" if len(readers) > 1 else "_{}"
    return {"valid": source + each.format("valid"), "ready": source + each.format("ready"), "data": f"{source}_data"}


def join(plan: Plan, layer: Layer, waiting: tuple[Queue, ...]) -> str:
    """All sources of `layer` as one stream: in each lane a pixel of every one, that of the first lowest."""
    text, fields, lanes = "", [], layer.arriving.lanes
    for number, (source, queue) in enumerate(zip(layer.sources, waiting, strict=True)):
        names, bits, held = stream_names(plan, layer, source), beat_bits(plan, source), plan.held(layer, source)
        text += f"    // stream of {source}: {_waits(queue, held)}\n"
        parts = [(queue.module(bits), "queue", f"{layer.name}_from{number}")]
        if held:  # its first columns come too early
            beats = layer.arriving.beats
            turn = f"stream_rotate #(.WIDTH({bits}), .BEATS({beats}), .HELD({held}))"
            parts.insert(0, (turn, "turn", f"{layer.name}_turned{number}"))
        for module, role, to in parts:
            text += _STREAM.format(to=to, top=bits - 1, module=module, role=role, **names)
            names = {port: f"{to}_{port}" for port in names}
        width = bits // lanes
        fields.append([f"{names['data']}[{(lane + 1) * width - 1}:{lane * width}]" for lane in range(lanes)])
    last_first = [f"{layer.name}_from{number}" for number in reversed(range(len(layer.sources)))]
    return text + _JOIN.format(
        name=layer.name,
        count=len(last_first),
        valid=", ".join(f"{stream}_valid" for stream in last_first),
        ready=", ".join(f"{stream}_ready" for stream in last_first),
        data=", ".join(field[lane] for lane in reversed(range(lanes)) for field in reversed(fields)),
    )


def _waits(queue: Queue, held: int) -> str:
    kept = f"the first {held} words of an event are taken last, " if held else ""
    return f"{kept}{queue.depth} words wait for the other streams"

"""SystemVerilog text of a graph of serial adders: an instance a node, registers where operands wait."""

from jetflow.rtl.serial_graph import SerialGraph

__all__ = ["sums_module"]

_HEADER = """\
module {name} (
    input  logic clk,
    input  logic rst,
    input  logic advance,
    input  logic next_first,
    input  logic [{in_top}:0] in_digits,
    output logic out_first,
    output logic [{out_top}:0] out_digits
);
    // ---- restart[k]: the first digits come in the next clock to the adders of level k + 1
    logic [{depth}:0] restart;
    logic [{depth}:1] restart_later;
    assign restart = {{restart_later, next_first}};
    always_ff @(posedge clk)
        if (rst) restart_later <= '0;
        else if (advance) restart_later <= restart[{below}:0];
    always_ff @(posedge clk)
        if (rst) out_first <= 1'b0;
        else if (advance) out_first <= restart[{depth}];

"""


def sums_module(name: str, comment: str, graph: SerialGraph, digit: int) -> str:
    """The module `name`. In and out: `digit` bits a clock, the lowest first, of every input and output of the graph.

    `next_first` is high in the clock before the first digits; `out_first` with the first digits of the sums.
    """
    levels = graph.levels()
    depth = max(1, *levels)
    waiting = graph.waits()
    used = {i for node in graph.nodes for i, _ in node.operands} | set(graph.outputs)

    def value(i: int, level: int) -> str:
        """Value `i`, that of an adder of `level`, in the clock in which the adders of the next level read it."""
        waits = level - levels[i]
        return f"v{i}" if not waits else f"v{i}_later[{waits}]"

    header = _HEADER.format(
        name=name, in_top=graph.inputs * digit - 1, out_top=len(graph.outputs) * digit - 1, depth=depth, below=depth - 1
    )
    lines = [f"// {comment}\n", header]
    for i in sorted(used - {-1}):
        given = f" = in_digits[{i * digit}+:{digit}]" if i < graph.inputs else ""
        lines.append(f"    wire [{digit - 1}:0] v{i}{given};\n")
        if waits := waiting[i]:
            before = f"{{v{i}_later[{waits - 1}:1], v{i}}}" if waits > 1 else f"v{i}"
            lines.append(f"    logic [{waits}:1][{digit - 1}:0] v{i}_later;\n")
            lines.append(f"    always_ff @(posedge clk) if (advance) v{i}_later <= {before};\n")
    for number, node in enumerate(graph.nodes, graph.inputs):
        operands = ", ".join(value(i, levels[number] - 1) for i, _ in reversed(node.operands))
        minus = "".join("1" if negative else "0" for _, negative in reversed(node.operands))
        count = len(node.operands)
        lines.append(
            f"    serial_adder #(.OPERANDS({count}), .DIGIT({digit}), .MINUS({count}'b{minus})) a{number} "
            f"(.clk, .advance, .restart(restart[{levels[number] - 1}]), .operands({{{operands}}}), .sum(v{number}));\n"
        )
    for k, i in enumerate(graph.outputs):
        sum_of = value(i, depth) if i >= 0 else "'0"
        lines.append(f"    assign out_digits[{k * digit}+:{digit}] = {sum_of};\n")
    if unused := sorted(set(range(graph.inputs)) - used):
        lines.append(f"    wire unused = &{{1'b0, {', '.join(f'in_digits[{i * digit}+:{digit}]' for i in unused)}}};\n")
    return "".join([*lines, "endmodule\n"])

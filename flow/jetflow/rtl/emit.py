"""SystemVerilog text of a datapath: one clocked block a pipeline stage, which computes only when it has a word."""

from jetflow.rtl.datapath import Datapath
from jetflow.rtl.schedule import Schedule, schedule

__all__ = ["datapath_module"]

_PORTS = """\
    input  logic clk,
    input  logic rst,
    input  logic advance,
    input  logic in_valid,
    input  logic [{in_top}:0] in_data,
    output logic out_valid,
    output logic [{out_top}:0] out_data
"""


def datapath_module(name: str, comment: str, datapath: Datapath, levels_per_stage: int) -> str:
    """The module `name`: in_data of one pixel to out_data, `levels_per_stage` levels of logic between registers.

    It moves in the clocks in which `advance` is high. `comment` says which layers it computes.
    """
    plan = schedule(datapath, levels_per_stage)
    lines = [f"// {line}" for line in comment.splitlines()]
    lines += ["// verilator lint_off UNUSEDSIGNAL", "// (rounding and clipping drop bits)"]
    lines += [f"module {name} (", _PORTS.format(in_top=datapath.in_bits - 1, out_top=datapath.out_bits - 1) + ");"]
    lines += [f"    logic [{plan.stages}:0] valid;  // of the word in front of each stage, and of the output"]
    lines += ["    assign valid[0] = in_valid;", f"    assign out_valid = valid[{plan.stages}];"]
    lines += ["    always_ff @(posedge clk)", f"        if (rst) valid[{plan.stages}:1] <= '0;"]
    lines += [f"        else if (advance) valid[{plan.stages}:1] <= valid[{plan.stages - 1}:0];", ""]
    for stage in range(plan.stages):
        lines += _stage(datapath, plan, stage)
    return "\n".join([*lines, "endmodule", "// verilator lint_on UNUSEDSIGNAL", ""])


def _stage(datapath: Datapath, plan: Schedule, stage: int) -> list[str]:
    """Registers behind a stage, and the block that fills them."""
    operations = datapath.operations
    kept = [i for i in range(len(operations)) if plan.kept(i, stage)]
    computed = [i for i in range(len(operations)) if plan.stage[i] == stage]
    read_here = {j for i in computed for j in operations[i].reads} | set(kept)
    if stage == plan.stages - 1:
        read_here |= {field.value for field in datapath.outputs}
    computed = [i for i in computed if i in read_here or plan.last[i] > stage]
    lines = [f"    logic signed [{operations[i].width - 1}:0] {_register(i, stage)};" for i in kept]
    lines += [f"    always_ff @(posedge clk)\n        if (advance && valid[{stage}]) begin : stage_{stage}"]
    lines += [f"            logic signed [{operations[i].width - 1}:0] v{i};" for i in computed]

    def operand(i: int) -> str:
        return f"v{i}" if plan.stage[i] == stage else _register(i, stage - 1)

    for i in computed:
        names = [operand(j) for j in operations[i].reads]
        widths = [operations[j].width for j in operations[i].reads]
        lines.append(f"            v{i} = {operations[i].verilog(names, widths)};")
    lines += [f"            {_register(i, stage)} <= {operand(i)};" for i in kept]
    if stage == plan.stages - 1:
        position = 0
        for field in datapath.outputs:
            span = f"{position + field.bits - 1}:{position}"
            lines.append(f"            out_data[{span}] <= {field.bits}'({operand(field.value)});")
            position += field.bits
    return [*lines, "        end", ""]


def _register(value: int, stage: int) -> str:
    return f"r{stage}_{value}"

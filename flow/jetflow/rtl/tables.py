"""SystemVerilog text of a table of constants."""

from collections.abc import Sequence

__all__ = ["table_module"]


def table_module(name: str, comment: str, rows: Sequence[Sequence[int]], bits: int) -> str:
    """The module `name`: `slot` to the row of constants of `bits` bits each, the first lowest."""
    width, slot_bits = bits * len(rows[0]), max(1, (len(rows) - 1).bit_length())
    lines = [
        f"// {comment}\n",
        f"module {name} (\n    input  logic [{slot_bits - 1}:0] slot,\n    output logic [{width - 1}:0] row\n);\n",
        "    always_comb\n        case (slot)\n",
    ]
    for slot, row in enumerate(rows):
        word = sum(constant << (i * bits) for i, constant in enumerate(row))
        lines.append(f"            {slot_bits}'d{slot}: row = {width}'h{word:x};\n")
    lines += [f"            default: row = {width}'h0;\n        endcase\nendmodule\n"]
    return "".join(lines)

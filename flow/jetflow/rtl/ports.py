"""The ports that every layer has, whatever is inside: one stream in, one stream out."""

__all__ = ["LAYER_HEAD"]

LAYER_HEAD = """\
module {name} (
    input  logic clk,
    input  logic rst,
    input  logic in_valid,
    output logic in_ready,
    input  logic [{in_top}:0] in_data,
    output logic out_valid,
    input  logic out_ready,
    output logic [{out_top}:0] out_data
);
"""  # a template: the module's name, and the highest bits of the two streams' words

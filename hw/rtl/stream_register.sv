// SPDX-License-Identifier: Apache-2.0
// One word between two blocks, for a reader that takes several clocks a word: a word in at most every second clock.
module stream_register #(
    parameter int WIDTH = 8
) (
    input  logic             clk,
    input  logic             rst,
    input  logic             in_valid,
    output logic             in_ready,
    input  logic [WIDTH-1:0] in_data,
    output logic             out_valid,
    input  logic             out_ready,
    output logic [WIDTH-1:0] out_data
);
    assign in_ready = !out_valid;

    always_ff @(posedge clk)
        if (rst) out_valid <= 1'b0;
        else out_valid <= out_valid ? !out_ready : in_valid;
    always_ff @(posedge clk) if (!out_valid) out_data <= in_data;
endmodule

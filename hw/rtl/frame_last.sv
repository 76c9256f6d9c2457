// SPDX-License-Identifier: Apache-2.0
// Marks the last of every BEATS words: tlast of an AXI4-Stream.
module frame_last #(
    parameter int BEATS = 16
) (
    input  logic clk,
    input  logic rst,
    input  logic valid,
    input  logic ready,
    output logic last
);
    localparam int COUNT_BITS = $clog2(BEATS + 1);
    logic [COUNT_BITS-1:0] count;

    assign last = int'(count) == BEATS - 1;

    always_ff @(posedge clk)
        if (rst) count <= '0;
        else if (valid && ready) count <= last ? '0 : count + 1'b1;
endmodule

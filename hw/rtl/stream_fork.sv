// SPDX-License-Identifier: Apache-2.0
// Gives every word to READERS readers; each takes it when it can, the next word comes when all have it.
module stream_fork #(
    parameter int READERS = 2
) (
    input  logic               clk,
    input  logic               rst,
    input  logic               in_valid,
    output logic               in_ready,
    output logic [READERS-1:0] out_valid,
    input  logic [READERS-1:0] out_ready
);
    logic [READERS-1:0] taken;

    assign out_valid = {READERS{in_valid}} & ~taken;
    assign in_ready  = &(taken | out_ready);

    always_ff @(posedge clk)
        if (rst || (in_valid && in_ready)) taken <= '0;
        else taken <= taken | (out_valid & out_ready);
endmodule

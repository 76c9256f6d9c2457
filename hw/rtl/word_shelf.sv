// SPDX-License-Identifier: Apache-2.0
// Puts words that come LANES a clock, for SLOTS clocks, side by side again: word number s of lane l leaves at
// [(l * SLOTS + s) * BITS +: BITS].
module word_shelf #(
    parameter int LANES = 1,
    parameter int SLOTS = 2,
    parameter int BITS = 8
) (
    input  logic                        clk,
    input  logic                        rst,
    input  logic                        advance,
    input  logic                        in_valid,
    input  logic [LANES*BITS-1:0]       in_words,
    output logic                        out_valid,
    output logic [LANES*SLOTS*BITS-1:0] out_data
);
    localparam int SLOT_BITS = SLOTS > 1 ? $clog2(SLOTS) : 1;
    logic [SLOT_BITS-1:0] slot;
    logic                 last_slot;
    assign last_slot = int'(slot) == SLOTS - 1;

    always_ff @(posedge clk)
        if (rst) begin
            slot      <= '0;
            out_valid <= 1'b0;
        end else if (advance) begin
            out_valid <= in_valid && last_slot;
            if (in_valid) slot <= last_slot ? '0 : slot + 1'b1;
        end

    for (genvar l = 0; l < LANES; l++) begin : lane
        logic [SLOTS*BITS-1:0] words;
        always_ff @(posedge clk)
            if (advance && in_valid) words <= (SLOTS*BITS)'({in_words[l*BITS+:BITS], words} >> BITS);
        assign out_data[l*SLOTS*BITS+:SLOTS*BITS] = words;
    end
endmodule

// SPDX-License-Identifier: Apache-2.0
// Words that come side by side leave one after the other: LANES of them a clock, for SLOTS clocks. Word number s of lane
// l comes at [(l * SLOTS + s) * BITS +: BITS]; the next words may follow after SLOTS clocks.
module word_selector #(
    parameter int LANES = 1,
    parameter int SLOTS = 2,
    parameter int BITS = 8,
    localparam int SLOT_BITS = SLOTS > 1 ? $clog2(SLOTS) : 1
) (
    input  logic                        clk,
    input  logic                        rst,
    input  logic                        advance,
    input  logic                        in_valid,
    input  logic [LANES*SLOTS*BITS-1:0] in_words,
    output logic                        out_valid,
    output logic [SLOT_BITS-1:0]        out_slot,
    output logic [LANES*BITS-1:0]       out_words
);
    logic [LANES*SLOTS*BITS-1:0] waiting;
    logic                        leaving;
    logic [SLOT_BITS-1:0]        slot;

    always_ff @(posedge clk)
        if (rst) begin
            leaving   <= 1'b0;
            out_valid <= 1'b0;
        end else if (advance) begin
            leaving   <= in_valid || (leaving && int'(slot) != SLOTS - 1);
            out_valid <= leaving;
        end
    always_ff @(posedge clk)
        if (advance) begin
            if (in_valid) waiting <= in_words;
            slot     <= in_valid ? '0 : slot + 1'b1;
            out_slot <= slot;
        end
    for (genvar l = 0; l < LANES; l++) begin : lane
        for (genvar b = 0; b < BITS; b++) begin : place
            logic [SLOTS-1:0] choices;  // this bit of the words of all slots
            for (genvar s = 0; s < SLOTS; s++) begin : in_slot
                assign choices[s] = waiting[(l*SLOTS+s)*BITS+b];
            end
            always_ff @(posedge clk) if (advance && leaving) out_words[l*BITS+b] <= choices[slot];
        end
    end
endmodule

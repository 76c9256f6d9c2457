// SPDX-License-Identifier: Apache-2.0
// From words that come side by side, DIGIT bits of each a clock, the lowest first, to whole words that leave one after
// the other: LANES of them a clock, for SLOTS clocks. Word number s of lane l comes in
// in_digits[(l * SLOTS + s) * DIGIT +: DIGIT].
//
// `in_first` marks the first digits; the next ones may follow after max(BITS / DIGIT, SLOTS) clocks.
module word_collector #(
    parameter int LANES = 1,
    parameter int SLOTS = 2,
    parameter int BITS = 8,
    parameter int DIGIT = 1,  // divides BITS
    localparam int SLOT_BITS = SLOTS > 1 ? $clog2(SLOTS) : 1
) (
    input  logic                         clk,
    input  logic                         rst,
    input  logic                         advance,
    input  logic                         in_first,
    input  logic [LANES*SLOTS*DIGIT-1:0] in_digits,
    output logic                         out_valid,
    output logic [SLOT_BITS-1:0]         out_slot,
    output logic [LANES*BITS-1:0]        out_words
);
    localparam int DIGITS = BITS / DIGIT;
    localparam int AGE_BITS = $clog2(DIGITS + 1);

    // ---- which digit comes: the first, or number `age`
    logic [AGE_BITS-1:0] age;
    logic                coming, last_digit;
    assign last_digit = in_first ? DIGITS == 1 : coming && int'(age) == DIGITS - 1;
    always_ff @(posedge clk)
        if (rst) coming <= 1'b0;
        else if (advance) begin
            coming <= (in_first || coming) && !last_digit;
            age    <= in_first ? AGE_BITS'(1) : age + 1'b1;
        end

    // ---- the words: they shift in, and wait for their slots while the next ones come
    logic [LANES*SLOTS*BITS-1:0] waiting;
    for (genvar i = 0; i < LANES * SLOTS; i++) begin : word
        logic [BITS-1:0] shifted, bits;
        assign shifted = BITS'({in_digits[i*DIGIT+:DIGIT], bits} >> DIGIT);
        always_ff @(posedge clk)
            if (advance) begin
                bits <= shifted;
                if (last_digit) waiting[i*BITS+:BITS] <= shifted;
            end
        wire unused = &{1'b0, bits[DIGIT-1:0]};
    end

    // ---- the slots
    logic                 leaving;
    logic [SLOT_BITS-1:0] slot;
    always_ff @(posedge clk)
        if (rst) leaving <= 1'b0;
        else if (advance) begin
            leaving <= last_digit || (leaving && int'(slot) != SLOTS - 1);
            slot    <= last_digit ? '0 : slot + 1'b1;
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
    always_ff @(posedge clk)
        if (rst) out_valid <= 1'b0;
        else if (advance) begin
            out_valid <= leaving;
            out_slot  <= slot;
        end
endmodule

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
    logic [LANES*SLOTS*BITS-1:0] words;
    for (genvar i = 0; i < LANES * SLOTS; i++) begin : word
        logic [BITS-1:0] shifted, bits;
        assign shifted = BITS'({in_digits[i*DIGIT+:DIGIT], bits} >> DIGIT);
        assign words[i*BITS+:BITS] = shifted;
        always_ff @(posedge clk) if (advance) bits <= shifted;
        wire unused = &{1'b0, bits[DIGIT-1:0]};
    end
    word_selector #(.LANES(LANES), .SLOTS(SLOTS), .BITS(BITS)) selector (
        .clk, .rst, .advance, .in_valid(last_digit), .in_words(words), .out_valid, .out_slot, .out_words
    );
endmodule

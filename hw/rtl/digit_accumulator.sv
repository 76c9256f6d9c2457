// SPDX-License-Identifier: Apache-2.0
// Sums over digits that come one after the other, the lowest first: total = sum of digit k's sum << (k * DIGIT), for
// every channel. The lowest DIGIT bits are final with every digit, so only the rest is added to.
//
// The sums of DIGITS digits come in as many words without another one between them; pauses may.
module digit_accumulator #(
    parameter int CHANNELS = 1,
    parameter int IN_BITS = 8,    // of a sum, signed
    parameter int DIGIT = 1,
    parameter int DIGITS = 8,     // at least 2
    parameter int OUT_BITS = 16   // of a total, signed; more than (DIGITS - 1) * DIGIT
) (
    input  logic                         clk,
    input  logic                         rst,
    input  logic                         advance,
    input  logic                         in_valid,
    input  logic [CHANNELS*IN_BITS-1:0]  in_data,
    output logic                         out_valid,
    output logic [CHANNELS*OUT_BITS-1:0] out_data
);
    localparam int LOW = (DIGITS - 1) * DIGIT;  // bits that are final before the last digit
    localparam int WIDE = OUT_BITS - LOW;       // of the last sum with its carries
    localparam int HIGH = (WIDE > IN_BITS ? WIDE : IN_BITS) + 1;
    localparam int COUNT_BITS = $clog2(DIGITS);
    logic [COUNT_BITS-1:0] count;
    logic                  last;
    assign last = int'(count) == DIGITS - 1;

    always_ff @(posedge clk)
        if (rst) begin
            count     <= '0;
            out_valid <= 1'b0;
        end else if (advance) begin
            out_valid <= in_valid && last;
            if (in_valid) count <= last ? '0 : count + 1'b1;
        end

    for (genvar c = 0; c < CHANNELS; c++) begin : channel
        logic signed [HIGH-1:0] high, carried;
        logic signed [IN_BITS-1:0] digit_sum;
        logic [LOW-1:0] low;
        assign digit_sum = in_data[c*IN_BITS+:IN_BITS];
        assign carried   = high >>> DIGIT;
        always_ff @(posedge clk)
            if (advance && in_valid) begin
                high <= (count == '0 ? $signed(HIGH'(0)) : carried) + HIGH'(digit_sum);
                low  <= LOW'({high[DIGIT-1:0], low} >> DIGIT);
            end
        assign out_data[c*OUT_BITS+:OUT_BITS] = {high[WIDE-1:0], low};
        wire unused = &{1'b0, high};
    end
endmodule

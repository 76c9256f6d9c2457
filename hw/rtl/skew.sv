// SPDX-License-Identifier: Apache-2.0
// Delays word number n of LENGTH words by n clocks in which `advance` is high.
module skew #(
    parameter int LENGTH = 4,
    parameter int BITS = 8
) (
    input  logic                   clk,
    input  logic                   advance,
    input  logic [LENGTH*BITS-1:0] in_words,
    output logic [LENGTH*BITS-1:0] out_words
);
    assign out_words[BITS-1:0] = in_words[BITS-1:0];
    if (LENGTH == 1) begin : alone
        wire unused = &{1'b0, clk, advance};
    end
    for (genvar n = 1; n < LENGTH; n++) begin : word
        logic [n*BITS-1:0] later;
        always_ff @(posedge clk) if (advance) later <= (n*BITS)'({later, in_words[n*BITS+:BITS]});
        assign out_words[n*BITS+:BITS] = later[(n-1)*BITS+:BITS];
    end
endmodule

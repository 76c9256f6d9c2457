// SPDX-License-Identifier: Apache-2.0
// The sum of 1 to 4 operands that come one bit a clock, the lowest first; MINUS marks those that are subtracted, not all
// four of them. The sum comes a clock later. `restart` is high in the clock before the operands' first bits.
module serial_adder #(
    parameter int OPERANDS = 2,
    parameter bit [OPERANDS-1:0] MINUS = '0
) (
    input  logic                clk,
    input  logic                advance,
    input  logic                restart,
    input  logic [OPERANDS-1:0] operands,
    output logic                sum
);
    localparam logic [1:0] ONES = 2'($countones(MINUS));  // -x = ~x + 1
    logic [3:0] x;  // what is added
    assign x = 4'(operands ^ MINUS);

    generate
        if (OPERANDS <= 2) begin : one_carry
            logic carry;
            always_ff @(posedge clk)
                if (advance) begin
                    sum   <= x[0] ^ x[1] ^ carry;
                    carry <= restart ? ONES[0] : (x[0] & x[1]) | (carry & (x[0] ^ x[1]));
                end
            wire unused = &{1'b0, x[3:2], ONES[1]};
        end else begin : two_carries
            logic [1:0] carry;  // 0 to 3
            logic part, part_carry, last_carry;
            assign part       = x[0] ^ x[1] ^ x[2];
            assign part_carry = (x[0] & x[1]) | (x[2] & (x[0] ^ x[1]));
            assign last_carry = (part & x[3]) | (carry[0] & (part ^ x[3]));
            always_ff @(posedge clk)
                if (advance) begin
                    sum   <= part ^ x[3] ^ carry[0];
                    carry <= restart ? ONES
                             : {(part_carry & last_carry) | (carry[1] & (part_carry ^ last_carry)),
                                part_carry ^ last_carry ^ carry[1]};
                end
        end
    endgenerate
endmodule

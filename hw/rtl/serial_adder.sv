// SPDX-License-Identifier: Apache-2.0
// The sum of 1 to 4 operands that come DIGIT bits a clock, the lowest first; MINUS marks those that are subtracted, not
// all four of them. The sum comes a clock later. `restart` is high in the clock before the operands' first digits.
module serial_adder #(
    parameter int OPERANDS = 2,
    parameter int DIGIT = 1,
    parameter bit [OPERANDS-1:0] MINUS = '0
) (
    input  logic                      clk,
    input  logic                      advance,
    input  logic                      restart,
    input  logic [OPERANDS*DIGIT-1:0] operands,  // operand after operand
    output logic [DIGIT-1:0]          sum
);
    localparam logic [1:0] ONES = 2'($countones(MINUS));  // -x = ~x + 1
    logic [1:0]       carry;              // 0 to 3, from one digit to the next
    logic [1:0]       carries [DIGIT+1];  // and from one bit to the next
    logic [DIGIT-1:0] total;
    assign carries[0] = carry;

    for (genvar k = 0; k < DIGIT; k++) begin : place
        logic [OPERANDS-1:0] bits;
        logic [3:0]          x;  // what is added
        for (genvar i = 0; i < OPERANDS; i++) begin : operand
            assign bits[i] = operands[i*DIGIT+k];
        end
        assign x = 4'(bits ^ MINUS);
        if (OPERANDS <= 2) begin : one_carry
            assign total[k]     = x[0] ^ x[1] ^ carries[k][0];
            assign carries[k+1] = {1'b0, (x[0] & x[1]) | (carries[k][0] & (x[0] ^ x[1]))};
            wire unused = &{1'b0, x[3:2], carries[k][1]};
        end else begin : two_carries
            logic part, part_carry, last_carry;
            assign part         = x[0] ^ x[1] ^ x[2];
            assign part_carry   = (x[0] & x[1]) | (x[2] & (x[0] ^ x[1]));
            assign last_carry   = (part & x[3]) | (carries[k][0] & (part ^ x[3]));
            assign total[k]     = part ^ x[3] ^ carries[k][0];
            assign carries[k+1] = {(part_carry & last_carry) | (carries[k][1] & (part_carry ^ last_carry)),
                                   part_carry ^ last_carry ^ carries[k][1]};
        end
    end
    always_ff @(posedge clk)
        if (advance) begin
            sum   <= total;
            carry <= restart ? ONES : carries[DIGIT];
        end
endmodule

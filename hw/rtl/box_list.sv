// SPDX-License-Identifier: Apache-2.0
// The TOP best of the boxes that come, by falling score, of equals the lower row, then the lower column. After the
// last one (in_last) the list leaves, a slot a clock; a slot without a box is all zero. Nothing is taken meanwhile.
module box_list #(
    parameter int TOP = 4,
    parameter int SCORE_BITS = 8,  // signed
    parameter int ROW_BITS = 4,
    parameter int COLUMN_BITS = 4,
    parameter int REST_BITS = 8
) (
    input  logic                         clk,
    input  logic                         rst,
    input  logic                         in_valid,
    output logic                         in_ready,
    input  logic                         in_found,  // whether it is a box
    input  logic                         in_last,
    input  logic [ROW_BITS-1:0]          in_row,
    input  logic [COLUMN_BITS-1:0]       in_column,
    input  logic signed [SCORE_BITS-1:0] in_score,
    input  logic [REST_BITS-1:0]         in_rest,
    output logic                         out_valid,
    input  logic                         out_ready,
    output logic [ROW_BITS-1:0]          out_row,
    output logic [COLUMN_BITS-1:0]       out_column,
    output logic signed [SCORE_BITS-1:0] out_score,
    output logic [REST_BITS-1:0]         out_rest
);
    // The better of two boxes has the larger key, as an unsigned number; that of an empty slot is zero.
    localparam int KEY_BITS = 1 + SCORE_BITS + ROW_BITS + COLUMN_BITS;
    localparam int COUNT_BITS = $clog2(TOP + 1);

    logic [KEY_BITS-1:0]   keys [TOP];
    logic [REST_BITS-1:0]  rests [TOP];
    logic [KEY_BITS-1:0]   key;
    logic [TOP-1:0]        below;  // the slots that the new box is better than: all behind the first of them, too
    logic [COUNT_BITS-1:0] count;  // slots that left
    logic                  leaving, inserts, shifts;

    assign key      = {1'b1, ~in_score[SCORE_BITS-1], in_score[SCORE_BITS-2:0], ~in_row, ~in_column};
    assign in_ready = !leaving;
    assign inserts  = in_valid && in_ready && in_found;
    assign shifts   = leaving && out_ready;

    for (genvar i = 0; i < TOP; i++) begin : slot
        logic [KEY_BITS-1:0]  key_before, key_behind;
        logic [REST_BITS-1:0] rest_before, rest_behind;
        logic                 before_is_below;
        assign below[i]        = key > keys[i];
        assign before_is_below = i > 0 && below[i>0?i-1:0];
        assign key_before      = before_is_below ? keys[i>0?i-1:0] : key;
        assign rest_before     = before_is_below ? rests[i>0?i-1:0] : in_rest;
        assign key_behind      = i < TOP - 1 ? keys[i<TOP-1?i+1:i] : '0;
        assign rest_behind     = rests[i<TOP-1?i+1:i];
        always_ff @(posedge clk)
            if (rst) keys[i] <= '0;
            else if (shifts) keys[i] <= key_behind;
            else if (inserts && below[i]) keys[i] <= key_before;
        always_ff @(posedge clk)
            if (shifts) rests[i] <= rest_behind;
            else if (inserts && below[i]) rests[i] <= rest_before;
    end

    always_ff @(posedge clk)
        if (rst) begin
            leaving <= 1'b0;
            count   <= '0;
        end else if (!leaving) begin
            leaving <= in_valid && in_last;
        end else if (out_ready) begin
            leaving <= int'(count) != TOP - 1;
            count   <= int'(count) != TOP - 1 ? count + 1'b1 : '0;
        end

    logic                  filled, sign;
    logic [SCORE_BITS-2:0] magnitude;
    logic [ROW_BITS-1:0]    row;
    logic [COLUMN_BITS-1:0] column;
    assign {filled, sign, magnitude, row, column} = keys[0];
    assign out_valid  = leaving;
    assign out_score  = filled ? {~sign, magnitude} : '0;
    assign out_row    = filled ? ~row : '0;
    assign out_column = filled ? ~column : '0;
    assign out_rest   = filled ? rests[0] : '0;
endmodule

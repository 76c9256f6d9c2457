// SPDX-License-Identifier: Apache-2.0
// Which cells of a map are boxes: those whose score is above THRESHOLD and that no cell of their 3 x 3 neighbourhood
// beats. The higher score wins, on ties the lower row, then the lower column. Columns go around the cylinder, rows end.
//
// Order: column by column, from column FIRST on; cells leave from the column behind it on, two clocks after the last of
// their neighbours came in. All leave: out_found says which are boxes, out_last which is the last of the map.
//
// The block moves in the clocks in which `advance` is high.
module peak_cells #(
    parameter int SCORE_BITS = 8,  // signed
    parameter int REST_BITS = 8,   // of what belongs to a cell besides its score
    parameter int ROWS = 4,
    parameter int COLUMNS = 4,     // at least 3
    parameter int FIRST = 0,
    parameter int THRESHOLD = 0,
    localparam int ROW_BITS = ROWS > 1 ? $clog2(ROWS) : 1,
    localparam int COLUMN_BITS = $clog2(COLUMNS)
) (
    input  logic                         clk,
    input  logic                         rst,
    input  logic                         advance,
    input  logic                         in_valid,
    output logic                         in_ready,
    input  logic signed [SCORE_BITS-1:0] in_score,
    input  logic [REST_BITS-1:0]         in_rest,
    output logic                         out_valid,
    output logic                         out_found,
    output logic                         out_last,
    output logic [ROW_BITS-1:0]          out_row,
    output logic [COLUMN_BITS-1:0]       out_column,
    output logic signed [SCORE_BITS-1:0] out_score,
    output logic [REST_BITS-1:0]         out_rest
);
    localparam int WIDTH = REST_BITS + SCORE_BITS + 1;  // the last bit is 0 beyond the first and the last row
    localparam int START = (FIRST + 1) % COLUMNS;       // the first column that has both its neighbours

    logic                 window_valid;
    logic [9*WIDTH-1:0]   window;  // of row i, column j at [(i * 3 + j) * WIDTH +: WIDTH]
    line_window #(
        .WIDTH(WIDTH), .ROWS(ROWS), .COLUMNS(COLUMNS), .OUT_ROWS(ROWS), .OUT_COLUMNS(COLUMNS),
        .WRAP(1'b1), .ZERO_PHI(1'b0), .FIRST(FIRST)
    ) neighbours (
        .clk, .rst, .advance, .in_valid, .in_ready, .in_data({in_rest, in_score, 1'b1}),
        .out_valid(window_valid), .out_window(window)
    );

    // ---- where the window's centre lies
    logic [ROW_BITS-1:0]    row;
    logic [COLUMN_BITS-1:0] column;
    logic                   last_row;
    assign last_row = int'(row) == ROWS - 1;
    always_ff @(posedge clk)
        if (rst) begin
            row    <= '0;
            column <= COLUMN_BITS'(START);
        end else if (advance && window_valid) begin
            row <= last_row ? '0 : row + 1'b1;
            if (last_row) column <= int'(column) == COLUMNS - 1 ? '0 : column + 1'b1;
        end

    // ---- which neighbours beat it
    logic signed [SCORE_BITS-1:0] score;
    logic [8:0]                   beats;
    assign score = window[4*WIDTH+1+:SCORE_BITS];
    for (genvar i = 0; i < 3; i++) begin : neighbour_row
        for (genvar j = 0; j < 3; j++) begin : neighbour
            if (i == 1 && j == 1) begin : itself
                assign beats[4] = 1'b0;
            end else begin : other
                logic signed [SCORE_BITS-1:0] theirs;
                logic                         exists, earlier;
                assign exists = window[(i*3+j)*WIDTH];
                assign theirs = window[(i*3+j)*WIDTH+1+:SCORE_BITS];
                if (i != 1) begin : of_another_row
                    assign earlier = i == 0;
                end else begin : of_the_same_row
                    assign earlier = j == 0 ? column != '0 : int'(column) == COLUMNS - 1;
                end
                assign beats[i*3+j] = exists && (theirs > score || (theirs == score && earlier));
            end
        end
    end
    wire unused = &{1'b0, window};  // of the neighbours' rest nothing is needed

    always_ff @(posedge clk)
        if (rst) out_valid <= 1'b0;
        else if (advance) out_valid <= window_valid;
    always_ff @(posedge clk)
        if (advance) begin
            out_found  <= int'(score) > THRESHOLD && beats == '0;
            out_last   <= last_row && int'(column) == (START + COLUMNS - 1) % COLUMNS;
            out_row    <= row;
            out_column <= column;
            out_score  <= score;
            out_rest   <= window[4*WIDTH+1+SCORE_BITS+:REST_BITS];
        end
endmodule

// SPDX-License-Identifier: Apache-2.0
// A window of KERNEL_ROWS x KERNEL_COLUMNS pixels that slides over an image.
//
// Order: the image arrives column by column (columns are phi, the slow axis; rows are eta, the fast one), and windows
// leave column by column. Rows beyond the image are zeros. Beyond its first and last column there are
//   - zeros, where the image starts with column 0 (WRAP = 0), or
//   - the columns of the other side (WRAP = 1): the first KERNEL_COLUMNS - 1 columns that arrive are kept and played
//     again after the last one, so the first window is that of the first column that has all its neighbours, and the
//     windows that were left out come last. With ZERO_PHI = 1 what lies beyond column 0 or the last is zero all the
//     same: for an image that does not start with column 0.
//
// One pixel goes in with every step; the window of the step is in the output register one clock later. out_window holds
// the pixel of kernel row i, kernel column j at [(i * KERNEL_COLUMNS + j) * WIDTH +: WIDTH].
//
// The reader's pipeline moves in the clocks in which `advance` is high; out_valid and out_window are its first stage.
module line_window #(
    parameter int WIDTH = 8,           // bits of a pixel, all channels
    parameter int ROWS = 4,            // of the image
    parameter int COLUMNS = 4,
    parameter int KERNEL_ROWS = 3,
    parameter int KERNEL_COLUMNS = 3,
    parameter int TOP = 1,             // rows of padding before the image, less than KERNEL_ROWS
    parameter int LEFT = 1,            // columns of padding, less than KERNEL_COLUMNS
    parameter int OUT_ROWS = 4,        // windows in a column before ROW_STEP leaves some out
    parameter int OUT_COLUMNS = 4,     // columns of windows before COLUMN_STEP leaves some out
    parameter int ROW_STEP = 1,
    parameter int COLUMN_STEP = 1,
    parameter bit WRAP = 1'b0,
    parameter bit ZERO_PHI = 1'b1,
    parameter int FIRST = 0            // number of the column that arrives first; not 0 only where WRAP = 1
) (
    input  logic                                         clk,
    input  logic                                         rst,
    input  logic                                         advance,
    input  logic                                         in_valid,
    output logic                                         in_ready,
    input  logic [WIDTH-1:0]                             in_data,
    output logic                                         out_valid,
    output logic [KERNEL_ROWS*KERNEL_COLUMNS*WIDTH-1:0]  out_window
);
    // The window of the pixel that arrives ends LAG steps behind it, in the column before for the first LAG rows.
    localparam int LAG = KERNEL_ROWS - 1 - TOP;
    localparam int SKIPPED = WRAP ? KERNEL_COLUMNS - 1 : KERNEL_COLUMNS - 1 - LEFT;  // columns in before the first out
    localparam int WINDOW_COLUMNS = SKIPPED + OUT_COLUMNS;
    localparam int TALLEST = ROWS > OUT_ROWS ? ROWS : OUT_ROWS;
    localparam int STEPS = TALLEST > LAG + 1 ? TALLEST : LAG + 2;  // in a column; at least 2, for the memories below
    localparam int LAST_COLUMN = LAG > 0 ? WINDOW_COLUMNS : WINDOW_COLUMNS - 1;
    localparam int LAST_ROW = LAG > 0 ? LAG - 1 : STEPS - 1;
    localparam int ROW_BITS = $clog2(STEPS);
    localparam int COLUMN_BITS = $clog2(WINDOW_COLUMNS + KERNEL_COLUMNS + 1);

    // ---- which pixel arrives: row and column of the step
    logic [ROW_BITS-1:0]    row, next_row;
    logic [COLUMN_BITS-1:0] column;
    logic                   wanted, step, last_row, last_step;

    assign wanted    = int'(row) < ROWS && int'(column) < COLUMNS;
    assign in_ready  = advance && wanted;
    assign step      = advance && (in_valid || !wanted);
    assign last_row  = int'(row) == STEPS - 1;
    assign last_step = int'(row) == LAST_ROW && int'(column) == LAST_COLUMN;
    assign next_row  = (last_row || last_step) ? '0 : row + 1'b1;

    always_ff @(posedge clk)
        if (rst) begin
            row    <= '0;
            column <= '0;
        end else if (step) begin
            row    <= next_row;
            column <= last_step ? '0 : last_row ? column + 1'b1 : column;
        end

    // ---- which window leaves: its row and column
    logic                  behind;  // it belongs to the column before
    logic [ROW_BITS-1:0]   out_row;
    logic [COLUMN_BITS-1:0] out_order, out_column;
    logic                  emitted;

    assign behind    = int'(row) < LAG;
    assign out_row   = behind ? row + ROW_BITS'(STEPS - LAG) : row - ROW_BITS'(LAG);
    assign out_order = column - COLUMN_BITS'(SKIPPED) - COLUMN_BITS'(behind);
    generate
        if (WRAP) begin : rotated
            localparam int START = (FIRST + LEFT) % COLUMNS;
            assign out_column = int'(out_order) < COLUMNS - START ? out_order + COLUMN_BITS'(START)
                                                                  : out_order - COLUMN_BITS'(COLUMNS - START);
        end else begin : in_order
            assign out_column = out_order;
        end
    endgenerate
    assign emitted = int'(column) >= SKIPPED + int'(behind) && int'(out_order) < OUT_COLUMNS
                     && int'(out_row) < OUT_ROWS
                     && int'(out_row) % ROW_STEP == 0 && int'(out_column) % COLUMN_STEP == 0;

    // ---- the newest pixel: from the input, or one of the first columns again
    logic [WIDTH-1:0] newest;
    generate
        if (WRAP && KERNEL_COLUMNS > 1) begin : replay
            localparam int KEPT = (KERNEL_COLUMNS - 1) * ROWS;
            localparam int KEPT_BITS = KEPT > 1 ? $clog2(KEPT) : 1;
            logic [WIDTH-1:0]     kept [KEPT];
            logic [WIDTH-1:0]     again;
            logic [KEPT_BITS-1:0] index, next_index;
            logic                 keeping, replaying;
            assign keeping    = wanted && int'(column) < KERNEL_COLUMNS - 1;
            assign replaying  = int'(row) < ROWS && int'(column) >= COLUMNS && int'(column) < WINDOW_COLUMNS;
            assign next_index = !(keeping || replaying) ? index : int'(index) == KEPT - 1 ? '0 : index + 1'b1;
            always_ff @(posedge clk)
                if (rst) index <= '0;
                else if (step) index <= next_index;
            always_ff @(posedge clk)
                if (step) begin
                    if (keeping) kept[index] <= in_data;
                    again <= kept[next_index];
                end
            assign newest = wanted ? in_data : again;
        end else begin : no_replay
            assign newest = in_data;
        end
    endgenerate

    // ---- the pixels of this row in all kernel columns: the columns before the newest come from memories of a column
    logic [WIDTH-1:0] arriving [KERNEL_COLUMNS];
    assign arriving[KERNEL_COLUMNS-1] = newest;
    for (genvar j = 0; j < KERNEL_COLUMNS - 1; j++) begin : line
        logic [WIDTH-1:0] pixels [STEPS];
        logic [WIDTH-1:0] previous;
        always_ff @(posedge clk)
            if (step) begin
                pixels[row] <= arriving[j+1];
                previous    <= pixels[next_row];
            end
        assign arriving[j] = previous;
    end

    // ---- the rows before, and what of the window lies outside the image
    for (genvar j = 0; j < KERNEL_COLUMNS; j++) begin : kernel_column
        logic outside_column;
        if (!ZERO_PHI) begin : around
            assign outside_column = 1'b0;
        end else begin : beside
            assign outside_column = int'(out_column) < LEFT - j || int'(out_column) >= COLUMNS + LEFT - j;
        end
        logic [WIDTH-1:0] rows [KERNEL_ROWS];
        assign rows[KERNEL_ROWS-1] = arriving[j];
        for (genvar i = 0; i < KERNEL_ROWS; i++) begin : kernel_row
            logic [WIDTH-1:0] pixel;
            logic outside;
            assign outside = outside_column || int'(out_row) < TOP - i || int'(out_row) >= ROWS + TOP - i;
            if (i < KERNEL_ROWS - 1) begin : delayed
                logic [WIDTH-1:0] kept;
                always_ff @(posedge clk) if (step) kept <= rows[i+1];
                assign rows[i] = kept;
            end
            always_ff @(posedge clk) if (step && emitted) pixel <= outside ? '0 : rows[i];
            assign out_window[(i*KERNEL_COLUMNS+j)*WIDTH+:WIDTH] = pixel;
        end
    end

    always_ff @(posedge clk)
        if (rst) out_valid <= 1'b0;
        else if (advance) out_valid <= step && emitted;
endmodule

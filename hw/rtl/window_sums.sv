// SPDX-License-Identifier: Apache-2.0
// From the products of every pixel with every tap of a kernel to the sums of its windows: a convolution whose windows
// are summed on the way, so that sums wait in its memories and not pixels. For kernels with few outputs.
//
// Order, padding and WRAP are those of digit_window.sv. Here the pixels beyond the image come as well: STEPS pixels in
// each of STEP_COLUMNS columns, of which those that lie outside the image are zeros, so their products are zero too.
//
// A step is the products of one pixel, in PARTS parts that add up, a part a clock: output channel c of the tap in kernel
// row i, kernel column j at [((i * KERNEL_COLUMNS + j) * CHANNELS + c) * BITS +: BITS]. A window's sums leave two clocks
// after the last part of the pixel that completes it. All sums are modulo 2**BITS.
//
// The block moves in the clocks in which `advance` is high.
module window_sums #(
    parameter int CHANNELS = 2,        // that leave
    parameter int BITS = 24,           // of a sum
    parameter int PARTS = 1,
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
    parameter int FIRST = 0,           // number of the column that arrives first; not 0 only where WRAP = 1
    localparam int TAPS = KERNEL_ROWS * KERNEL_COLUMNS
) (
    input  logic                          clk,
    input  logic                          rst,
    input  logic                          advance,
    input  logic                          in_valid,
    input  logic [TAPS*CHANNELS*BITS-1:0] in_sums,
    output logic                          out_valid,
    output logic [CHANNELS*BITS-1:0]      out_sums
);
    localparam int WORD = CHANNELS * BITS;
    localparam int LAG = KERNEL_ROWS - 1 - TOP;  // as in digit_window.sv, as what follows
    localparam int SKIPPED = WRAP ? KERNEL_COLUMNS - 1 : KERNEL_COLUMNS - 1 - LEFT;
    localparam int TALLEST = ROWS > OUT_ROWS ? ROWS : OUT_ROWS;
    localparam int STEPS = TALLEST > LAG + 1 ? TALLEST : LAG + 2;
    localparam int STEP_COLUMNS = SKIPPED + OUT_COLUMNS + (LAG > 0 ? 1 : 0);
    localparam int ROW_BITS = $clog2(STEPS);
    localparam int COLUMN_BITS = $clog2(STEP_COLUMNS + KERNEL_COLUMNS + 1);
    localparam int PART_BITS = PARTS > 1 ? $clog2(PARTS) : 1;

    // ---- which part of which pixel comes
    logic [ROW_BITS-1:0]    row, next_row;
    logic [COLUMN_BITS-1:0] column;
    logic [PART_BITS-1:0]   part;
    logic                   takes, first_part, last_part, last_row, last_column;

    assign takes       = advance && in_valid;
    assign first_part  = part == '0;
    assign last_part   = int'(part) == PARTS - 1;
    assign last_row    = int'(row) == STEPS - 1;
    assign last_column = int'(column) == STEP_COLUMNS - 1;
    assign next_row    = last_row ? '0 : row + 1'b1;

    always_ff @(posedge clk)
        if (rst) begin
            part   <= '0;
            row    <= '0;
            column <= '0;
        end else if (takes) begin
            part <= last_part ? '0 : part + 1'b1;
            if (last_part) begin
                row <= next_row;
                if (last_row) column <= last_column ? '0 : column + 1'b1;
            end
        end

    // ---- sums over the rows: those up to kernel row i belong to the window TOP - i rows behind the pixel
    logic [KERNEL_COLUMNS*WORD-1:0] over_rows [KERNEL_ROWS];
    for (genvar i = 0; i < KERNEL_ROWS; i++) begin : kernel_row
        localparam int PREVIOUS = i > 0 ? i - 1 : 0;
        logic above;  // the window lies in the column before, this pixel not in the window
        logic begins;  // the window has no row before this one
        localparam int FIRST_BELOW = i > TOP ? i - TOP : 0;  // not below 0: tools differ in the sign of int'()
        assign above  = int'(row) < FIRST_BELOW;
        assign begins = i == 0 || (row == '0 && i <= TOP);
        for (genvar k = 0; k < KERNEL_COLUMNS * CHANNELS; k++) begin : sum_of
            logic [BITS-1:0] base, added;
            assign base  = !first_part ? over_rows[i][k*BITS+:BITS] : begins ? '0 : over_rows[PREVIOUS][k*BITS+:BITS];
            assign added  = above ? '0 : in_sums[(i*KERNEL_COLUMNS*CHANNELS+k)*BITS+:BITS];
            always_ff @(posedge clk) if (takes) over_rows[i][k*BITS+:BITS] <= base + added;
        end
    end

    // ---- the step whose sums over the rows are complete: which windows get them
    logic                   completes;
    logic [ROW_BITS-1:0]    place, out_row;
    logic [COLUMN_BITS-1:0] order, out_order, out_column;  // counted from the first that arrived
    logic                   none_before, behind, emitted;

    assign behind    = int'(place) < LAG;
    assign out_row   = behind ? place + ROW_BITS'(STEPS - LAG) : place - ROW_BITS'(LAG);
    assign out_order = order - COLUMN_BITS'(SKIPPED);
    generate
        if (WRAP) begin : rotated
            localparam int START = (FIRST + LEFT) % COLUMNS;
            assign out_column = int'(out_order) < COLUMNS - START ? out_order + COLUMN_BITS'(START)
                                                                  : out_order - COLUMN_BITS'(COLUMNS - START);
        end else begin : in_order
            assign out_column = out_order;
        end
    endgenerate

    always_ff @(posedge clk)
        if (rst) completes <= 1'b0;
        else if (advance) completes <= in_valid && last_part;
    always_ff @(posedge clk)
        if (takes && last_part) begin
            place       <= row;
            order       <= column - COLUMN_BITS'(int'(row) < LAG);
            none_before <= column == COLUMN_BITS'(int'(row) < LAG);
            emitted     <= int'(column) >= SKIPPED + int'(int'(row) < LAG);  // and, below, whether it is an output
        end

    // ---- sums over the columns: those up to kernel column j wait in a memory for the next column
    logic [KERNEL_COLUMNS*WORD-1:0] waited, over_columns;
    assign waited[WORD-1:0] = '0;
    for (genvar j = 0; j < KERNEL_COLUMNS; j++) begin : kernel_column
        logic outside;  // the window lies on the other side of phi, this pixel not in the window
        if (WRAP && ZERO_PHI) begin : beside
            logic [COLUMN_BITS-1:0] arrived;
            assign arrived = int'(order) < COLUMNS - FIRST ? order + COLUMN_BITS'(FIRST)
                                                           : order - COLUMN_BITS'(COLUMNS - FIRST);
            assign outside = int'(arrived) + LEFT < j || int'(arrived) + LEFT - j >= COLUMNS;
        end else begin : around
            assign outside = 1'b0;
        end
        for (genvar c = 0; c < CHANNELS; c++) begin : sum_of
            logic [BITS-1:0] added;
            assign added = outside ? '0 : over_rows[KERNEL_ROWS-1][(j*CHANNELS+c)*BITS+:BITS];
            assign over_columns[(j*CHANNELS+c)*BITS+:BITS] = waited[(j*CHANNELS+c)*BITS+:BITS] + added;
        end
    end
    generate
        if (KERNEL_COLUMNS > 1) begin : lines
            localparam int LINES = (KERNEL_COLUMNS - 1) * WORD;
            logic [LINES-1:0] sums [STEPS];
            logic [LINES-1:0] previous;
            always_ff @(posedge clk) if (takes && last_part) previous <= sums[row];
            always_ff @(posedge clk) if (advance && completes) sums[place] <= over_columns[LINES-1:0];
            assign waited[KERNEL_COLUMNS*WORD-1:WORD] = none_before ? '0 : previous;
        end else begin : one
            wire unused = &{1'b0, none_before};
        end
    endgenerate

    // ---- the sums of whole windows; those that lack the last columns wait for these
    logic [WORD-1:0] whole, lacked;
    assign whole = over_columns[(KERNEL_COLUMNS-1)*WORD+:WORD];
    generate
        if (WRAP && KERNEL_COLUMNS > 1) begin : replay
            localparam int KEPT = (KERNEL_COLUMNS - 1) * STEPS;
            localparam int KEPT_BITS = $clog2(KEPT);
            logic [WORD-1:0]      kept [KEPT];
            logic [WORD-1:0]      again;
            logic [KEPT_BITS-1:0] index, next_index;
            logic                 keeping, replaying;
            assign keeping    = completes && int'(order) < KERNEL_COLUMNS - 1;
            assign replaying  = completes && int'(order) >= COLUMNS && int'(order) < COLUMNS + KERNEL_COLUMNS - 1;
            assign next_index = !(keeping || replaying) ? index : int'(index) == KEPT - 1 ? '0 : index + 1'b1;
            always_ff @(posedge clk)
                if (rst) index <= '0;
                else if (advance) index <= next_index;
            always_ff @(posedge clk)
                if (advance) begin
                    if (keeping) kept[index] <= whole;
                    again <= kept[next_index];
                end
            assign lacked = replaying ? again : '0;
        end else begin : no_replay
            assign lacked = '0;
        end
    endgenerate

    for (genvar c = 0; c < CHANNELS; c++) begin : sum_that_leaves
        always_ff @(posedge clk)
            if (advance && completes) out_sums[c*BITS+:BITS] <= whole[c*BITS+:BITS] + lacked[c*BITS+:BITS];
    end
    always_ff @(posedge clk)
        if (rst) out_valid <= 1'b0;
        else if (advance)
            out_valid <= completes && emitted && int'(out_order) < OUT_COLUMNS && int'(out_row) < OUT_ROWS
                         && int'(out_row) % ROW_STEP == 0 && int'(out_column) % COLUMN_STEP == 0;
endmodule

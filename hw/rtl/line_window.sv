// SPDX-License-Identifier: Apache-2.0
// A window of KERNEL_ROWS x KERNEL_COLUMNS pixels that slides over an image, LANES rows at a time.
//
// Order: the image arrives column by column (columns are phi, the slow axis; rows are eta, the fast one), and windows
// leave column by column. Rows beyond the image are zeros. Beyond its first and last column there are
//   - zeros, where the image starts with column 0 (WRAP = 0), or
//   - the columns of the other side (WRAP = 1): the first KERNEL_COLUMNS - 1 columns that arrive are kept and played
//     again after the last one, so the first window is that of the first column that has all its neighbours, and the
//     windows that were left out come last. With ZERO_PHI = 1 what lies beyond column 0 or the last is zero all the
//     same: for an image that does not start with column 0.
//
// A group of LANES rows of one column goes in with every step, the first row in the lowest lane; what a column's last
// group has beyond ROWS is not looked at. One clock later the output register has what the windows of a group share:
// PATCH_ROWS x KERNEL_COLUMNS pixels, the pixel of patch row p, kernel column j at
// [(p * KERNEL_COLUMNS + j) * WIDTH +: WIDTH]. The group's k-th window, of every ROW_STEP-th row, starts with patch row
// k * ROW_STEP.
//
// The reader's pipeline moves in the clocks in which `advance` is high; out_valid and out_window are its first stage.
module line_window #(
    parameter int WIDTH = 8,           // bits of a pixel, all channels
    parameter int LANES = 1,
    parameter int ROWS = 4,            // of the image
    parameter int COLUMNS = 4,
    parameter int KERNEL_ROWS = 3,
    parameter int KERNEL_COLUMNS = 3,
    parameter int TOP = 1,             // rows of padding before the image, less than KERNEL_ROWS
    parameter int LEFT = 1,            // columns of padding, less than KERNEL_COLUMNS
    parameter int OUT_ROWS = 4,        // windows in a column before ROW_STEP leaves some out
    parameter int OUT_COLUMNS = 4,     // columns of windows before COLUMN_STEP leaves some out
    parameter int ROW_STEP = 1,        // divides LANES or is a multiple of it
    parameter int COLUMN_STEP = 1,
    parameter bit WRAP = 1'b0,
    parameter bit ZERO_PHI = 1'b1,
    parameter int FIRST = 0,           // number of the column that arrives first; not 0 only where WRAP = 1
    localparam int WINDOWS = LANES > ROW_STEP ? LANES / ROW_STEP : 1,  // of a group
    localparam int PATCH_ROWS = KERNEL_ROWS + (WINDOWS - 1) * ROW_STEP
) (
    input  logic                                        clk,
    input  logic                                        rst,
    input  logic                                        advance,
    input  logic                                        in_valid,
    output logic                                        in_ready,
    input  logic [LANES*WIDTH-1:0]                      in_data,
    output logic                                        out_valid,
    output logic [PATCH_ROWS*KERNEL_COLUMNS*WIDTH-1:0]  out_window
);
    localparam int GROUPS = (ROWS + LANES - 1) / LANES;  // in a column
    localparam int OUT_GROUPS = (OUT_ROWS + LANES - 1) / LANES;
    localparam int GROUP_STEP = ROW_STEP > LANES ? ROW_STEP / LANES : 1;
    localparam int WORD = LANES * WIDTH;
    // The patch of the group that arrives ends LAG steps behind it, in the column before for the first LAG groups, and
    // reaches back BEFORE groups.
    localparam int LAG = (PATCH_ROWS - 1 - TOP) / LANES;
    localparam int BEFORE = (TOP + LANES - 1) / LANES;
    localparam int HELD = BEFORE + LAG + 1;               // groups that a patch reaches into
    localparam int OLDEST = (BEFORE * LANES - TOP) * WIDTH;  // the first bit of them that it needs
    localparam int SKIPPED = WRAP ? KERNEL_COLUMNS - 1 : KERNEL_COLUMNS - 1 - LEFT;  // columns in before the first out
    localparam int WINDOW_COLUMNS = SKIPPED + OUT_COLUMNS;
    localparam int TALLEST = GROUPS > OUT_GROUPS ? GROUPS : OUT_GROUPS;
    localparam int STEPS = TALLEST > LAG + 1 ? TALLEST : LAG + 2;  // in a column; at least 2, for the memories below
    localparam int LAST_COLUMN = LAG > 0 ? WINDOW_COLUMNS : WINDOW_COLUMNS - 1;
    localparam int LAST_GROUP = LAG > 0 ? LAG - 1 : STEPS - 1;
    localparam int GROUP_BITS = $clog2(STEPS);
    localparam int COLUMN_BITS = $clog2(WINDOW_COLUMNS + KERNEL_COLUMNS + 1);

    // ---- which group arrives: its number in the column, and the column
    logic [GROUP_BITS-1:0]  group, next_group;
    logic [COLUMN_BITS-1:0] column;
    logic                   wanted, step, last_group, last_step;

    assign wanted     = int'(group) < GROUPS && int'(column) < COLUMNS;
    assign in_ready   = advance && wanted;
    assign step       = advance && (in_valid || !wanted);
    assign last_group = int'(group) == STEPS - 1;
    assign last_step  = int'(group) == LAST_GROUP && int'(column) == LAST_COLUMN;
    assign next_group = (last_group || last_step) ? '0 : group + 1'b1;

    always_ff @(posedge clk)
        if (rst) begin
            group  <= '0;
            column <= '0;
        end else if (step) begin
            group  <= next_group;
            column <= last_step ? '0 : last_group ? column + 1'b1 : column;
        end

    // ---- which windows leave: their group and column
    logic                   behind;  // they belong to the column before
    logic [GROUP_BITS-1:0]  out_group;
    logic [COLUMN_BITS-1:0] out_order, out_column;
    logic                   emitted;

    assign behind    = int'(group) < LAG;
    assign out_group = behind ? group + GROUP_BITS'(STEPS - LAG) : group - GROUP_BITS'(LAG);
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
                     && int'(out_group) < OUT_GROUPS
                     && int'(out_group) % GROUP_STEP == 0 && int'(out_column) % COLUMN_STEP == 0;

    // ---- the newest group: from the input, or one of the first columns again
    logic [WORD-1:0] newest;
    generate
        if (WRAP && KERNEL_COLUMNS > 1) begin : replay
            localparam int KEPT = (KERNEL_COLUMNS - 1) * GROUPS;
            localparam int KEPT_BITS = KEPT > 1 ? $clog2(KEPT) : 1;
            logic [WORD-1:0]      kept [KEPT];
            logic [WORD-1:0]      again;
            logic [KEPT_BITS-1:0] index, next_index;
            logic                 keeping, replaying;
            assign keeping    = wanted && int'(column) < KERNEL_COLUMNS - 1;
            assign replaying  = int'(group) < GROUPS && int'(column) >= COLUMNS && int'(column) < WINDOW_COLUMNS;
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

    // ---- the pixels of this group in all kernel columns: the columns before the newest come from memories of a column
    logic [WORD-1:0] arriving [KERNEL_COLUMNS];
    assign arriving[KERNEL_COLUMNS-1] = newest;
    for (genvar j = 0; j < KERNEL_COLUMNS - 1; j++) begin : line
        logic [WORD-1:0] pixels [STEPS];
        logic [WORD-1:0] previous;
        always_ff @(posedge clk)
            if (step) begin
                pixels[group] <= arriving[j+1];
                previous      <= pixels[next_group];
            end
        assign arriving[j] = previous;
    end

    // ---- the groups before, and what of the patch lies outside the image
    for (genvar j = 0; j < KERNEL_COLUMNS; j++) begin : kernel_column
        logic outside_column;
        if (!ZERO_PHI) begin : around
            assign outside_column = 1'b0;
        end else begin : beside
            localparam int FIRST_INSIDE = LEFT > j ? LEFT - j : 0;  // not below 0: tools differ in the sign of int'()
            assign outside_column = int'(out_column) < FIRST_INSIDE || int'(out_column) >= COLUMNS + LEFT - j;
        end
        logic [HELD*WORD-1:OLDEST] groups;  // the oldest lowest
        assign groups[(HELD-1)*WORD+:WORD] = arriving[j];
        if (HELD > 1) begin : delayed
            logic [(HELD-1)*WORD-1:OLDEST] kept;
            always_ff @(posedge clk) if (step) kept <= groups[HELD*WORD-1:WORD+OLDEST];
            assign groups[(HELD-1)*WORD-1:OLDEST] = kept;
        end
        wire unused = &{1'b0, groups};  // between the windows of a wide stride there are rows that none has
        for (genvar p = 0; p < PATCH_ROWS; p++) begin : patch_row
            logic [WIDTH-1:0] pixel;
            logic outside;
            localparam int FIRST_INSIDE = TOP > p ? (TOP - p + LANES - 1) / LANES : 0;
            assign outside = outside_column || int'(out_group) < FIRST_INSIDE
                             || int'(out_group) >= (ROWS + TOP - p + LANES - 1) / LANES;
            always_ff @(posedge clk) if (step && emitted) pixel <= outside ? '0 : groups[OLDEST+p*WIDTH+:WIDTH];
            assign out_window[(p*KERNEL_COLUMNS+j)*WIDTH+:WIDTH] = pixel;
        end
    end

    always_ff @(posedge clk)
        if (rst) out_valid <= 1'b0;
        else if (advance) out_valid <= step && emitted;
endmodule

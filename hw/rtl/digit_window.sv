// SPDX-License-Identifier: Apache-2.0
// A window of KERNEL_ROWS x KERNEL_COLUMNS pixels that slides over an image, given out DIGIT bits of every activation a
// clock, the lowest first: the front of a folded layer.
//
// Order, padding and WRAP are those of line_window.sv: the image arrives column by column, windows leave column by
// column. The pixel at the input is held for DIGITS clocks; a step whose window leaves takes CLOCKS clocks, another one
// DIGITS. All memories hold digits, so none is as wide as a pixel.
//
// out_digits holds the digit of channel c at kernel row i, kernel column j at
// [((i * KERNEL_COLUMNS + j) * CHANNELS + c) * DIGIT +: DIGIT]; after the last digit it keeps it, so with DIGIT = 1 the
// sign stands there until the window's CLOCKS are over; wider digits come sign-extended to as many. `out_first` comes
// with the first digit, `out_last` with the last one, `next_first` a clock before the first. In the last digit the top
// bit counts negative.
//
// The block moves in the clocks in which `advance` is high.
module digit_window #(
    parameter int CHANNELS = 2,
    parameter int BITS = 8,            // of an activation, two's complement
    parameter int DIGIT = 1,           // divides BITS
    parameter int CLOCKS = 8,          // of a step whose window leaves, at least BITS / DIGIT
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
    input  logic                            clk,
    input  logic                            rst,
    input  logic                            advance,
    input  logic                            in_valid,
    output logic                            in_ready,
    input  logic [CHANNELS*BITS-1:0]        in_data,
    output logic                            next_first,
    output logic                            out_first,
    output logic                            out_last,
    output logic [TAPS*CHANNELS*DIGIT-1:0]  out_digits
);
    localparam int DIGITS = BITS / DIGIT;
    localparam int WIDTH = CHANNELS * DIGIT;  // of a digit of a pixel
    // The window of the pixel that arrives ends LAG steps behind it, in the column before for the first LAG rows.
    localparam int LAG = KERNEL_ROWS - 1 - TOP;
    localparam int SKIPPED = WRAP ? KERNEL_COLUMNS - 1 : KERNEL_COLUMNS - 1 - LEFT;  // columns in before the first out
    localparam int WINDOW_COLUMNS = SKIPPED + OUT_COLUMNS;
    localparam int TALLEST = ROWS > OUT_ROWS ? ROWS : OUT_ROWS;
    localparam int STEPS = TALLEST > LAG + 1 ? TALLEST : LAG + 2;  // in a column
    localparam int LAST_COLUMN = LAG > 0 ? WINDOW_COLUMNS : WINDOW_COLUMNS - 1;
    localparam int LAST_ROW = LAG > 0 ? LAG - 1 : STEPS - 1;
    localparam int ROW_BITS = $clog2(STEPS);
    localparam int COLUMN_BITS = $clog2(WINDOW_COLUMNS + KERNEL_COLUMNS + 1);
    localparam int PHASE_BITS = CLOCKS > 1 ? $clog2(CLOCKS) : 1;
    localparam int PLACES = STEPS * DIGITS;   // digits of a column
    localparam int PLACE_BITS = $clog2(PLACES);

    // ---- which pixel arrives: row and column of the step, and the clock within the step
    logic [ROW_BITS-1:0]    row;
    logic [COLUMN_BITS-1:0] column;
    logic [PHASE_BITS-1:0]  phase;
    logic                   wanted, emitted, moves, shifts, last_digit, last_phase, last_row, last_step;

    assign wanted     = int'(row) < ROWS && int'(column) < COLUMNS;
    assign moves      = advance && (in_valid || !wanted || int'(phase) >= DIGITS);
    assign shifts     = moves && int'(phase) < DIGITS;
    assign last_digit = int'(phase) == DIGITS - 1;
    assign last_phase = int'(phase) == (emitted ? CLOCKS : DIGITS) - 1;
    assign last_row   = int'(row) == STEPS - 1;
    assign last_step  = int'(row) == LAST_ROW && int'(column) == LAST_COLUMN;
    assign in_ready   = advance && wanted && last_digit;

    always_ff @(posedge clk)
        if (rst) begin
            row    <= '0;
            column <= '0;
            phase  <= '0;
        end else if (moves) begin
            phase <= last_phase ? '0 : phase + 1'b1;
            if (last_phase) begin
                row    <= last_row || last_step ? '0 : row + 1'b1;
                column <= last_step ? '0 : last_row ? column + 1'b1 : column;
            end
        end

    // ---- which window leaves: its row and column
    logic                   behind;  // it belongs to the column before
    logic [ROW_BITS-1:0]    out_row;
    logic [COLUMN_BITS-1:0] out_order, out_column;

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
    assign next_first = shifts && emitted && phase == '0;

    // ---- the digit that arrives, of every channel: of the pixel at the input, or of one of the first columns again
    logic [WIDTH-1:0] arriving_digit, newest;
    for (genvar c = 0; c < CHANNELS; c++) begin : channel
        logic [BITS-1:0] activation;
        assign activation = in_data[c*BITS+:BITS];
        assign arriving_digit[c*DIGIT+:DIGIT] = activation[int'(phase)*DIGIT+:DIGIT];  // matters while phase < DIGITS
    end
    generate
        if (WRAP && KERNEL_COLUMNS > 1) begin : replay
            localparam int KEPT = (KERNEL_COLUMNS - 1) * ROWS * DIGITS;
            localparam int KEPT_BITS = $clog2(KEPT);
            logic [WIDTH-1:0]     kept [KEPT];
            logic [WIDTH-1:0]     again;
            logic [KEPT_BITS-1:0] index, next_index;
            logic                 keeping, replaying;
            assign keeping    = wanted && int'(column) < KERNEL_COLUMNS - 1;
            assign replaying  = int'(row) < ROWS && int'(column) >= COLUMNS && int'(column) < WINDOW_COLUMNS;
            assign next_index = !(keeping || replaying) ? index : int'(index) == KEPT - 1 ? '0 : index + 1'b1;
            always_ff @(posedge clk)
                if (rst) index <= '0;
                else if (shifts) index <= next_index;
            always_ff @(posedge clk)
                if (shifts) begin
                    if (keeping) kept[index] <= arriving_digit;
                    again <= kept[next_index];
                end
            assign newest = wanted ? arriving_digit : again;
        end else begin : no_replay
            assign newest = arriving_digit;
        end
    endgenerate

    // ---- the digits of this row in all kernel columns: those before the newest come from a memory of a column each
    logic [KERNEL_COLUMNS*WIDTH-1:0] arriving;
    assign arriving[(KERNEL_COLUMNS-1)*WIDTH+:WIDTH] = newest;
    generate
        if (KERNEL_COLUMNS > 1) begin : lines
            localparam int LINES = (KERNEL_COLUMNS - 1) * WIDTH;
            logic [LINES-1:0]      digits [PLACES];
            logic [LINES-1:0]      previous;
            logic [PLACE_BITS-1:0] place, next_place;
            assign next_place = last_digit && (last_row || last_step) ? '0 : place + 1'b1;
            always_ff @(posedge clk)
                if (rst) place <= '0;
                else if (shifts) place <= next_place;
            always_ff @(posedge clk)
                if (shifts) begin
                    digits[place] <= arriving[KERNEL_COLUMNS*WIDTH-1:WIDTH];
                    previous      <= digits[next_place];
                end
            assign arriving[LINES-1:0] = previous;
        end
    endgenerate

    // ---- the rows before, a step behind each, and what of the window lies outside the image
    for (genvar j = 0; j < KERNEL_COLUMNS; j++) begin : kernel_column
        logic outside_column;
        if (!ZERO_PHI) begin : around
            assign outside_column = 1'b0;
        end else begin : beside
            localparam int FIRST_INSIDE = LEFT > j ? LEFT - j : 0;  // not below 0: tools differ in the sign of int'()
            assign outside_column = int'(out_column) < FIRST_INSIDE || int'(out_column) >= COLUMNS + LEFT - j;
        end
        logic [WIDTH-1:0] rows [KERNEL_ROWS];
        assign rows[KERNEL_ROWS-1] = arriving[j*WIDTH+:WIDTH];
        for (genvar i = 0; i < KERNEL_ROWS; i++) begin : kernel_row
            logic [WIDTH-1:0] digit;
            logic outside;
            localparam int FIRST_INSIDE = TOP > i ? TOP - i : 0;
            assign outside = outside_column || int'(out_row) < FIRST_INSIDE || int'(out_row) >= ROWS + TOP - i;
            if (i < KERNEL_ROWS - 1) begin : delayed
                logic [WIDTH-1:0] step_before [DIGITS];
                always_ff @(posedge clk)
                    if (shifts) begin
                        step_before[0] <= rows[i+1];
                        for (int k = 1; k < DIGITS; k++) step_before[k] <= step_before[k-1];
                    end
                assign rows[i] = step_before[DIGITS-1];
            end
            always_ff @(posedge clk) if (shifts) digit <= outside ? '0 : rows[i];
            assign out_digits[(i*KERNEL_COLUMNS+j)*WIDTH+:WIDTH] = digit;
        end
    end

    always_ff @(posedge clk)
        if (rst) begin
            out_first <= 1'b0;
            out_last  <= 1'b0;
        end else if (advance) begin
            out_first <= next_first;
            out_last  <= shifts && emitted && last_digit;
        end
endmodule

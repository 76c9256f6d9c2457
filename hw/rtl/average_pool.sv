// SPDX-License-Identifier: Apache-2.0
// Sums of 2 x 2 pixels with stride 2, channel by channel; PADDING = 1 adds a zero row and column on every side.
//
// Order: column by column. The image may start with any column, FIRST: where that is the second of a pair, its sums wait
// for their partner, which comes last. A last odd row or column that fills no window is dropped.
//
// The block moves in the clocks in which `advance` is high; a sum leaves two clocks after the last of its pixels.
module average_pool #(
    parameter int CHANNELS = 1,
    parameter int BITS = 8,          // of a channel in; BITS + 2 out
    parameter bit SIGNED = 1'b1,
    parameter int ROWS = 4,          // of the image
    parameter int COLUMNS = 4,
    parameter bit PADDING = 1'b0,
    parameter int FIRST = 0
) (
    input  logic                          clk,
    input  logic                          rst,
    input  logic                          advance,
    input  logic                          in_valid,
    output logic                          in_ready,
    input  logic [CHANNELS*BITS-1:0]      in_data,
    output logic                          out_valid,
    output logic [CHANNELS*(BITS+2)-1:0]  out_data
);
    localparam int PAD = int'(PADDING);
    localparam int OUT_ROWS = (ROWS + 2 * PAD) / 2;
    localparam int OUT_COLUMNS = (COLUMNS + 2 * PAD) / 2;
    localparam bit ORPHAN = FIRST != 0 && (FIRST + PAD) % 2 == 1;  // the first column's partner comes last
    localparam int ROW_BITS = $clog2(ROWS + 2);
    localparam int COLUMN_BITS = $clog2(COLUMNS + 2);
    localparam int INDEX_BITS = OUT_ROWS > 1 ? $clog2(OUT_ROWS) : 1;
    localparam int SUM = BITS + 2;

    // ---- where the pixel lies
    logic [ROW_BITS-1:0]    row, row_in_pairs;        // row_in_pairs: counted from the padding
    logic [COLUMN_BITS-1:0] column, column_in_pairs;
    logic [ROW_BITS-1:0]    pair_row;
    logic [COLUMN_BITS-1:0] pair_column;
    logic                   started, step, last_row, last_column, first_arrives, last_arrives;

    assign in_ready        = advance;
    assign step            = advance && in_valid;
    assign row_in_pairs    = row + ROW_BITS'(PAD);
    assign column_in_pairs = column + COLUMN_BITS'(PAD);
    assign pair_row        = row_in_pairs >> 1;
    assign pair_column     = column_in_pairs >> 1;
    assign last_row        = int'(row) == ROWS - 1;
    assign last_column     = int'(column) == COLUMNS - 1;
    assign first_arrives   = int'(column) == FIRST && !started;
    assign last_arrives    = int'(column) == (FIRST + COLUMNS - 1) % COLUMNS;

    always_ff @(posedge clk)
        if (rst) begin
            row     <= '0;
            column  <= COLUMN_BITS'(FIRST);
            started <= 1'b0;
        end else if (step) begin
            row <= last_row ? '0 : row + 1'b1;
            if (last_row) begin
                column  <= last_column ? '0 : column + 1'b1;
                started <= !last_arrives;
            end
        end

    // ---- pairs of rows
    logic                     pair_done;
    logic [CHANNELS*BITS-1:0] upper;
    logic [CHANNELS*SUM-1:0]  pair;
    assign pair_done = (row_in_pairs[0] || last_row) && int'(pair_row) < OUT_ROWS;
    always_ff @(posedge clk) if (step) upper <= in_data;
    for (genvar c = 0; c < CHANNELS; c++) begin : pair_of
        logic [SUM-1:0] lower_pixel, upper_pixel;
        assign lower_pixel = {{2{SIGNED & in_data[c*BITS+BITS-1]}}, in_data[c*BITS+:BITS]};
        assign upper_pixel = {{2{SIGNED & upper[c*BITS+BITS-1]}}, upper[c*BITS+:BITS]};
        always_ff @(posedge clk)
            if (step && pair_done)
                pair[c*SUM+:SUM] <= lower_pixel + (row_in_pairs[0] && row != '0 ? upper_pixel : '0);
    end

    // ---- what becomes of the pair: it is kept for its partner column, or leaves with it, or leaves alone
    logic                  pair_valid, keep, leave, partner, orphan;
    logic [INDEX_BITS-1:0] index;
    always_ff @(posedge clk)
        if (rst) pair_valid <= 1'b0;
        else if (advance) pair_valid <= step && pair_done;
    always_ff @(posedge clk)
        if (step && pair_done) begin
            index   <= INDEX_BITS'(pair_row);
            orphan  <= ORPHAN && (first_arrives || last_arrives);
            partner <= ORPHAN && last_arrives || column_in_pairs[0] && column != '0;
            keep    <= ORPHAN && first_arrives || !column_in_pairs[0] && !last_column && !(ORPHAN && last_arrives);
            leave   <= ORPHAN && last_arrives || column_in_pairs[0] && !(ORPHAN && first_arrives)
                       || !column_in_pairs[0] && last_column && int'(pair_column) < OUT_COLUMNS;
        end

    // ---- the sums that wait: those of the pair of columns at hand, and the orphan's
    logic [CHANNELS*SUM-1:0] waiting, waited;
    (* ram_style = "distributed" *)
    logic [CHANNELS*SUM-1:0] sums [OUT_ROWS];
    always_ff @(posedge clk) if (advance && pair_valid && keep && !orphan) sums[index] <= pair;
    generate
        if (ORPHAN) begin : orphans
            (* ram_style = "distributed" *)
            logic [CHANNELS*SUM-1:0] kept [OUT_ROWS];
            always_ff @(posedge clk) if (advance && pair_valid && keep && orphan) kept[index] <= pair;
            assign waited = orphan ? kept[index] : sums[index];
        end else begin : none
            assign waited = sums[index];
        end
    endgenerate
    assign waiting = partner ? waited : '0;

    for (genvar c = 0; c < CHANNELS; c++) begin : sum_of
        always_ff @(posedge clk)
            if (advance && pair_valid && leave) out_data[c*SUM+:SUM] <= pair[c*SUM+:SUM] + waiting[c*SUM+:SUM];
    end
    always_ff @(posedge clk)
        if (rst) out_valid <= 1'b0;
        else if (advance) out_valid <= pair_valid && leave;
endmodule

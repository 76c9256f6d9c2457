// SPDX-License-Identifier: Apache-2.0
// Sums of 2 x 2 pixels with stride 2, channel by channel; PADDING = 1 adds a zero row and column on every side.
//
// Order: column by column. The image may start with any column, FIRST: where that is the second of a pair, its sums wait
// for their partner, which comes last. A last odd row or column that fills no window is dropped.
//
// LANES rows go in with every step, the first in the lowest lane, and OUT_LANES sums leave together; what a column's
// last group has beyond the image means nothing, at both ends.
//
// The block moves in the clocks in which `advance` is high; a sum leaves two clocks after the last of its pixels.
module average_pool #(
    parameter int CHANNELS = 1,
    parameter int BITS = 8,          // of a channel in; BITS + 2 out
    parameter bit SIGNED = 1'b1,
    parameter int LANES = 1,         // 1 or even
    parameter int ROWS = 4,          // of the image
    parameter int COLUMNS = 4,
    parameter bit PADDING = 1'b0,
    parameter int FIRST = 0,
    localparam int OUT_LANES = LANES > 1 ? LANES / 2 : 1
) (
    input  logic                                    clk,
    input  logic                                    rst,
    input  logic                                    advance,
    input  logic                                    in_valid,
    output logic                                    in_ready,
    input  logic [LANES*CHANNELS*BITS-1:0]          in_data,
    output logic                                    out_valid,
    output logic [OUT_LANES*CHANNELS*(BITS+2)-1:0]  out_data
);
    localparam int PAD = int'(PADDING);
    localparam int OUT_ROWS = (ROWS + 2 * PAD) / 2;
    localparam int OUT_COLUMNS = (COLUMNS + 2 * PAD) / 2;
    localparam int GROUPS = (ROWS + LANES - 1) / LANES;  // in a column
    localparam int OUT_GROUPS = (OUT_ROWS + OUT_LANES - 1) / OUT_LANES;
    localparam int STEPS = LANES > 1 && OUT_GROUPS > GROUPS ? OUT_GROUPS : GROUPS;
    localparam bit ORPHAN = FIRST != 0 && (FIRST + PAD) % 2 == 1;  // the first column's partner comes last
    localparam int GROUP_BITS = $clog2(STEPS + 2);
    localparam int COLUMN_BITS = $clog2(COLUMNS + 2);
    localparam int INDEX_BITS = OUT_GROUPS > 1 ? $clog2(OUT_GROUPS) : 1;
    localparam int SUM = BITS + 2;
    localparam int PIXEL = CHANNELS * SUM;

    // ---- where the group lies
    logic [GROUP_BITS-1:0]  group;
    logic [COLUMN_BITS-1:0] column, column_in_pairs;  // counted from the padding
    logic [COLUMN_BITS-1:0] pair_column;
    logic                   started, wanted, step, last_group, last_column, first_arrives, last_arrives;

    assign wanted          = int'(group) < GROUPS;
    assign in_ready        = advance && wanted;
    assign step            = advance && (in_valid || !wanted);
    assign column_in_pairs = column + COLUMN_BITS'(PAD);
    assign pair_column     = column_in_pairs >> 1;
    assign last_group      = int'(group) == STEPS - 1;
    assign last_column     = int'(column) == COLUMNS - 1;
    assign first_arrives   = int'(column) == FIRST && !started;
    assign last_arrives    = int'(column) == (FIRST + COLUMNS - 1) % COLUMNS;

    always_ff @(posedge clk)
        if (rst) begin
            group   <= '0;
            column  <= COLUMN_BITS'(FIRST);
            started <= 1'b0;
        end else if (step) begin
            group <= last_group ? '0 : group + 1'b1;
            if (last_group) begin
                column  <= last_column ? '0 : column + 1'b1;
                started <= !last_arrives;
            end
        end

    // ---- the two pixels of every pair of rows, widened; zero outside the image
    logic                    pair_done;
    logic [INDEX_BITS-1:0]   pair_index;
    logic [OUT_LANES*PIXEL-1:0] upper, lower;
    logic [LANES*PIXEL-1:0]  wide;
    for (genvar l = 0; l < LANES; l++) begin : lane
        logic in_image;
        assign in_image = LANES == 1 || !PADDING || int'(group) < (ROWS - l + LANES - 1) / LANES;
        for (genvar c = 0; c < CHANNELS; c++) begin : channel
            logic [BITS-1:0] field;
            assign field = in_data[(l*CHANNELS+c)*BITS+:BITS];
            assign wide[(l*CHANNELS+c)*SUM+:SUM] = in_image ? {{2{SIGNED & field[BITS-1]}}, field} : '0;
        end
    end
    generate
        if (LANES == 1) begin : one_by_one
            logic [CHANNELS*BITS-1:0] earlier;
            logic [GROUP_BITS-1:0]    row_in_pairs, pair_row;  // counted from the padding
            always_ff @(posedge clk) if (step) earlier <= in_data;
            assign row_in_pairs = group + GROUP_BITS'(PAD);
            assign pair_row     = row_in_pairs >> 1;
            assign pair_index   = INDEX_BITS'(pair_row);
            assign pair_done    = (row_in_pairs[0] || last_group) && int'(pair_row) < OUT_ROWS;
            assign lower        = wide;
            for (genvar c = 0; c < CHANNELS; c++) begin : widened
                logic [BITS-1:0] field;
                assign field = row_in_pairs[0] && group != '0 ? earlier[c*BITS+:BITS] : '0;
                assign upper[c*SUM+:SUM] = {{2{SIGNED & field[BITS-1]}}, field};
            end
        end else begin : side_by_side
            assign pair_index = INDEX_BITS'(group);
            assign pair_done  = int'(group) < OUT_GROUPS;
            for (genvar p = 0; p < OUT_LANES; p++) begin : pair_of
                assign lower[p*PIXEL+:PIXEL] = wide[(2*p+1-PAD)*PIXEL+:PIXEL];
                if (2 * p >= PAD) begin : same_group
                    assign upper[p*PIXEL+:PIXEL] = wide[(2*p-PAD)*PIXEL+:PIXEL];
                end else begin : two_groups  // its upper row came with the group before
                    logic [PIXEL-1:0] earlier;
                    always_ff @(posedge clk) if (step) earlier <= wide[(LANES-1)*PIXEL+:PIXEL];
                    assign upper[p*PIXEL+:PIXEL] = group != '0 ? earlier : '0;
                end
            end
        end
    endgenerate

    logic [OUT_LANES*PIXEL-1:0] pair;
    for (genvar f = 0; f < OUT_LANES * CHANNELS; f++) begin : pair_sum
        always_ff @(posedge clk)
            if (step && pair_done) pair[f*SUM+:SUM] <= lower[f*SUM+:SUM] + upper[f*SUM+:SUM];
    end

    // ---- what becomes of the pair: it is kept for its partner column, or leaves with it, or leaves alone
    logic                  pair_valid, keep, leave, partner, orphan;
    logic [INDEX_BITS-1:0] index;
    always_ff @(posedge clk)
        if (rst) pair_valid <= 1'b0;
        else if (advance) pair_valid <= step && pair_done;
    always_ff @(posedge clk)
        if (step && pair_done) begin
            index   <= pair_index;
            orphan  <= ORPHAN && (first_arrives || last_arrives);
            partner <= ORPHAN && last_arrives || column_in_pairs[0] && column != '0;
            keep    <= ORPHAN && first_arrives || !column_in_pairs[0] && !last_column && !(ORPHAN && last_arrives);
            leave   <= ORPHAN && last_arrives || column_in_pairs[0] && !(ORPHAN && first_arrives)
                       || !column_in_pairs[0] && last_column && int'(pair_column) < OUT_COLUMNS;
        end

    // ---- the sums that wait: those of the pair of columns at hand, and the orphan's
    logic [OUT_LANES*PIXEL-1:0] waiting, waited;
    (* ram_style = "distributed" *)
    logic [OUT_LANES*PIXEL-1:0] sums [OUT_GROUPS];
    always_ff @(posedge clk) if (advance && pair_valid && keep && !orphan) sums[index] <= pair;
    generate
        if (ORPHAN) begin : orphans
            (* ram_style = "distributed" *)
            logic [OUT_LANES*PIXEL-1:0] kept [OUT_GROUPS];
            always_ff @(posedge clk) if (advance && pair_valid && keep && orphan) kept[index] <= pair;
            assign waited = orphan ? kept[index] : sums[index];
        end else begin : none
            assign waited = sums[index];
        end
    endgenerate
    assign waiting = partner ? waited : '0;

    for (genvar f = 0; f < OUT_LANES * CHANNELS; f++) begin : sum_of
        always_ff @(posedge clk)
            if (advance && pair_valid && leave) out_data[f*SUM+:SUM] <= pair[f*SUM+:SUM] + waiting[f*SUM+:SUM];
    end
    always_ff @(posedge clk)
        if (rst) out_valid <= 1'b0;
        else if (advance) out_valid <= pair_valid && leave;
endmodule

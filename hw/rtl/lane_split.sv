// SPDX-License-Identifier: Apache-2.0
// From words of LANES pixels to words of OUT_LANES: what a pool or a stride leaves comes in bursts of half the columns,
// and its readers take the same number of pixels a clock all the time. A queue of DEPTH words holds the burst.
//
// Order: column by column, the first row in the lowest lane. What a column's last word has beyond ROWS is dropped.
module lane_split #(
    parameter int WIDTH = 8,      // of a pixel
    parameter int LANES = 2,
    parameter int OUT_LANES = 1,  // divides LANES
    parameter int ROWS = 4,       // of the image
    parameter int DEPTH = 2
) (
    input  logic                        clk,
    input  logic                        rst,
    input  logic                        in_valid,
    output logic                        in_ready,
    input  logic [LANES*WIDTH-1:0]      in_data,
    output logic                        out_valid,
    input  logic                        out_ready,
    output logic [OUT_LANES*WIDTH-1:0]  out_data
);
    localparam int PARTS = LANES / OUT_LANES;
    localparam int OUT_GROUPS = (ROWS + OUT_LANES - 1) / OUT_LANES;  // in a column
    localparam int PART_BITS = $clog2(PARTS + 1);
    localparam int GROUP_BITS = $clog2(OUT_GROUPS + 1);

    logic [LANES*WIDTH-1:0] word;
    logic [PART_BITS-1:0]   part;
    logic [GROUP_BITS-1:0]  group;
    logic                   moves, last_part, last_group;

    assign moves      = out_valid && out_ready;
    assign last_group = int'(group) == OUT_GROUPS - 1;
    assign last_part  = int'(part) == PARTS - 1 || last_group;
    assign out_data   = word[int'(part)*OUT_LANES*WIDTH+:OUT_LANES*WIDTH];

    stream_fifo #(.WIDTH(LANES * WIDTH), .DEPTH(DEPTH)) queue (
        .clk, .rst, .in_valid, .in_ready, .in_data,
        .out_valid, .out_ready(out_ready && last_part), .out_data(word)
    );

    always_ff @(posedge clk)
        if (rst) begin
            part  <= '0;
            group <= '0;
        end else if (moves) begin
            part  <= last_part ? '0 : part + 1'b1;
            group <= last_group ? '0 : group + 1'b1;
        end
endmodule

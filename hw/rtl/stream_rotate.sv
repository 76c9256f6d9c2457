// SPDX-License-Identifier: Apache-2.0
// Brings the first HELD of every BEATS words to the end: they are kept while the others pass. So a stream that starts
// with column 0 meets one that starts with a later column.
//
// The words that pass go straight through; those of the next event are kept as the ones before them leave.
module stream_rotate #(
    parameter int WIDTH = 8,
    parameter int BEATS = 16,
    parameter int HELD = 4  // at least 1, less than BEATS
) (
    input  logic             clk,
    input  logic             rst,
    input  logic             in_valid,
    output logic             in_ready,
    input  logic [WIDTH-1:0] in_data,
    output logic             out_valid,
    input  logic             out_ready,
    output logic [WIDTH-1:0] out_data
);
    localparam int COUNT_BITS = $clog2(BEATS + 1);
    localparam int DEPTH = HELD + 1;  // one more, so that a word comes in while the first of all leaves

    logic [COUNT_BITS-1:0] in_count, out_count;  // words of the event that came and that left
    logic                  keeping, passing, kept_valid, kept_ready;
    logic [WIDTH-1:0]      kept;

    assign keeping   = int'(in_count) < HELD;
    assign passing   = int'(out_count) < BEATS - HELD;
    assign in_ready  = keeping ? kept_ready : passing && out_ready;
    assign out_valid = passing ? in_valid && !keeping : kept_valid;
    assign out_data  = passing ? in_data : kept;

    always_ff @(posedge clk)
        if (rst) begin
            in_count  <= '0;
            out_count <= '0;
        end else begin
            if (in_valid && in_ready) in_count <= int'(in_count) == BEATS - 1 ? '0 : in_count + 1'b1;
            if (out_valid && out_ready) out_count <= int'(out_count) == BEATS - 1 ? '0 : out_count + 1'b1;
        end

    generate
        if (DEPTH > 64) begin : block
            frame_buffer #(.WIDTH(WIDTH), .DEPTH(DEPTH)) memory (
                .clk, .rst, .in_valid(in_valid && keeping), .in_ready(kept_ready), .in_data,
                .out_valid(kept_valid), .out_ready(out_ready && !passing), .out_data(kept)
            );
        end else begin : distributed
            stream_fifo #(.WIDTH(WIDTH), .DEPTH(DEPTH)) memory (
                .clk, .rst, .in_valid(in_valid && keeping), .in_ready(kept_ready), .in_data,
                .out_valid(kept_valid), .out_ready(out_ready && !passing), .out_data(kept)
            );
        end
    endgenerate
endmodule

// SPDX-License-Identifier: Apache-2.0
// A queue of DEPTH words in block memory, for a stream that waits for what is computed from all of it. A word may go in
// and one come out in every clock.
module frame_buffer #(
    parameter int WIDTH = 8,
    parameter int DEPTH = 16  // at least 2
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
    localparam int INDEX_BITS = $clog2(DEPTH);
    localparam int COUNT_BITS = $clog2(DEPTH + 1);
    (* ram_style = "block" *)
    logic [WIDTH-1:0]      words [DEPTH];
    logic [INDEX_BITS-1:0] write_index, read_index;
    logic [COUNT_BITS-1:0] count;  // words in the memory
    logic                  writes, reads;

    assign in_ready = int'(count) != DEPTH;
    assign writes   = in_valid && in_ready;
    assign reads    = count != '0 && (out_ready || !out_valid);

    always_ff @(posedge clk)
        if (rst) begin
            write_index <= '0;
            read_index  <= '0;
            count       <= '0;
            out_valid   <= 1'b0;
        end else begin
            if (writes) write_index <= int'(write_index) == DEPTH - 1 ? '0 : write_index + 1'b1;
            if (reads) read_index <= int'(read_index) == DEPTH - 1 ? '0 : read_index + 1'b1;
            if (writes != reads) count <= writes ? count + 1'b1 : count - 1'b1;
            out_valid <= reads || (out_valid && !out_ready);
        end
    always_ff @(posedge clk) if (writes) words[write_index] <= in_data;
    always_ff @(posedge clk) if (reads) out_data <= words[read_index];
endmodule

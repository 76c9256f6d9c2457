// SPDX-License-Identifier: Apache-2.0
// A queue of DEPTH words in distributed memory, for a writer that comes in bursts. A word is there one clock after it
// went in; one may go in and one come out in every clock.
module stream_fifo #(
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
    (* ram_style = "distributed" *)
    logic [WIDTH-1:0]      words [DEPTH];
    logic [INDEX_BITS-1:0] write_index, read_index;
    logic                  full, empty, writes, reads;  // neither full nor empty where the indices differ

    function automatic logic [INDEX_BITS-1:0] next(input logic [INDEX_BITS-1:0] index);
        next = int'(index) == DEPTH - 1 ? '0 : index + 1'b1;
    endfunction

    assign empty     = write_index == read_index && !full;
    assign in_ready  = !full;
    assign out_valid = !empty;
    assign out_data  = words[read_index];
    assign writes    = in_valid && in_ready;
    assign reads     = out_valid && out_ready;

    always_ff @(posedge clk)
        if (rst) begin
            write_index <= '0;
            read_index  <= '0;
            full        <= 1'b0;
        end else begin
            if (writes) write_index <= next(write_index);
            if (reads) read_index <= next(read_index);
            if (writes != reads) full <= writes && next(write_index) == read_index;
        end
    always_ff @(posedge clk) if (writes) words[write_index] <= in_data;
endmodule

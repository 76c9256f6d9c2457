// SPDX-License-Identifier: Apache-2.0
// Makes every event BEATS words long, whatever its sender did: one that ends early (in_last) is filled up with zeros, of
// one that is too long the rest is dropped up to its in_last. So one bad event never shifts the next. `error` is high
// for a clock where that happens.
module frame_guard #(
    parameter int WIDTH = 8,
    parameter int BEATS = 16
) (
    input  logic             clk,
    input  logic             rst,
    input  logic             in_valid,
    output logic             in_ready,
    input  logic [WIDTH-1:0] in_data,
    input  logic             in_last,
    output logic             out_valid,
    input  logic             out_ready,
    output logic [WIDTH-1:0] out_data,
    output logic             error
);
    localparam int COUNT_BITS = $clog2(BEATS + 1);
    logic [COUNT_BITS-1:0] count;
    logic                  filling, dropping, last_beat, moves;

    assign last_beat = int'(count) == BEATS - 1;
    assign in_ready  = dropping || (out_ready && !filling);
    assign out_valid = filling || (in_valid && !dropping);
    assign out_data  = filling ? '0 : in_data;
    assign moves     = out_valid && out_ready;

    always_ff @(posedge clk) begin
        error <= 1'b0;
        if (rst) begin
            count    <= '0;
            filling  <= 1'b0;
            dropping <= 1'b0;
        end else if (dropping) begin
            dropping <= !(in_valid && in_last);
        end else if (moves) begin
            count    <= last_beat ? '0 : count + 1'b1;
            filling  <= !last_beat && (filling || in_last);
            dropping <= last_beat && !filling && !in_last;
            error    <= !filling && in_last != last_beat;
        end
    end
endmodule

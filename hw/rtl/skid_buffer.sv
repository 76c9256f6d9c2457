// SPDX-License-Identifier: Apache-2.0
// A register between two blocks that cuts the path of `ready` and still moves a word every clock: a second register
// takes the word that arrives in the clock in which the reader stops.
module skid_buffer #(
    parameter int WIDTH = 8
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
    logic             spare_valid;
    logic [WIDTH-1:0] spare;

    assign in_ready = !spare_valid;

    always_ff @(posedge clk)
        if (rst) begin
            out_valid   <= 1'b0;
            spare_valid <= 1'b0;
        end else if (out_ready || !out_valid) begin
            out_valid   <= spare_valid || in_valid;
            spare_valid <= 1'b0;
        end else if (in_valid) begin
            spare_valid <= 1'b1;
        end

    always_ff @(posedge clk) begin
        if ((out_ready || !out_valid) && (spare_valid || in_valid)) out_data <= spare_valid ? spare : in_data;
        if (in_valid && in_ready) spare <= in_data;
    end
endmodule

// SPDX-License-Identifier: Apache-2.0
// Sums every channel over an image of ROWS x COLUMNS pixels. After the last pixel the sums leave one after the other,
// channel 0 first; no pixel is taken until they have left.
//
// LANES rows of a column come with every beat, the first in the lowest lane; what a column's last beat has beyond ROWS
// is not summed.
module channel_sums #(
    parameter int CHANNELS = 2,
    parameter int BITS = 8,          // of a channel
    parameter bit SIGNED = 1'b1,
    parameter int SUM_BITS = 16,     // hold every sum, and more than BITS
    parameter int LANES = 1,
    parameter int ROWS = 4,
    parameter int COLUMNS = 4
) (
    input  logic                           clk,
    input  logic                           rst,
    input  logic                           in_valid,
    output logic                           in_ready,
    input  logic [LANES*CHANNELS*BITS-1:0] in_data,
    output logic                           out_valid,
    input  logic                           out_ready,
    output logic [SUM_BITS-1:0]            out_data
);
    localparam int GROUPS = (ROWS + LANES - 1) / LANES;  // in a column
    localparam int BEATS = GROUPS * COLUMNS;
    localparam int GROUP_BITS = $clog2(GROUPS + 1);
    localparam int BEAT_BITS = $clog2(BEATS + 1);
    localparam int CHANNEL_BITS = CHANNELS > 1 ? $clog2(CHANNELS) : 1;
    logic [BEAT_BITS-1:0]         beat;
    logic [GROUP_BITS-1:0]        group;
    logic [CHANNEL_BITS-1:0]      channel;
    logic [CHANNELS*SUM_BITS-1:0] sums;
    logic                         takes, last_channel;

    assign in_ready     = !out_valid;
    assign takes        = in_valid && in_ready;
    assign last_channel = int'(channel) == CHANNELS - 1;

    always_ff @(posedge clk)
        if (rst) begin
            beat      <= '0;
            group     <= '0;
            channel   <= '0;
            out_valid <= 1'b0;
        end else begin
            if (takes) begin
                beat      <= int'(beat) == BEATS - 1 ? '0 : beat + 1'b1;
                group     <= int'(group) == GROUPS - 1 ? '0 : group + 1'b1;
                out_valid <= int'(beat) == BEATS - 1;
            end
            if (out_valid && out_ready) begin
                channel   <= last_channel ? '0 : channel + 1'b1;
                out_valid <= !last_channel;
            end
        end

    logic [LANES-1:0] in_image;
    for (genvar l = 0; l < LANES; l++) begin : lane
        assign in_image[l] = l == 0 || int'(group) < (ROWS - l + LANES - 1) / LANES;
    end
    for (genvar c = 0; c < CHANNELS; c++) begin : sum_of
        logic [SUM_BITS-1:0] total;  // of the lanes
        always_comb begin
            total = '0;
            for (int l = 0; l < LANES; l++)
                if (in_image[l])
                    total = total + {
                        {(SUM_BITS-BITS){SIGNED & in_data[(l*CHANNELS+c+1)*BITS-1]}}, in_data[(l*CHANNELS+c)*BITS+:BITS]
                    };
        end
        always_ff @(posedge clk)
            if (takes) sums[c*SUM_BITS+:SUM_BITS] <= (beat == '0 ? '0 : sums[c*SUM_BITS+:SUM_BITS]) + total;
    end
    for (genvar b = 0; b < SUM_BITS; b++) begin : place
        logic [CHANNELS-1:0] choices;  // this bit of all sums
        for (genvar c = 0; c < CHANNELS; c++) begin : of
            assign choices[c] = sums[c*SUM_BITS+b];
        end
        assign out_data[b] = choices[channel];
    end
endmodule

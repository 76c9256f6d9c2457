// SPDX-License-Identifier: Apache-2.0
// Takes one word of each of SOURCES streams at a time: the opposite of a fork. It has no register of its own, so each
// stream comes from one.
module stream_join #(
    parameter int SOURCES = 2
) (
    input  logic [SOURCES-1:0] in_valid,
    output logic [SOURCES-1:0] in_ready,
    output logic               out_valid,
    input  logic               out_ready
);
    assign out_valid = &in_valid;
    assign in_ready  = {SOURCES{out_valid && out_ready}};
endmodule

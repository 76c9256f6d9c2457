"""What Yosys maps is the design: its netlist of cells, simulated in place of the text, gives the reference's words."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jetflow.graph import Graph, PhiPadding
from jetflow.rtl import Design, Stalls, Style, compile_model, simulate, verilator, write_design
from jetflow.rtl.folding import options
from jetflow.rtl.mapping import SYNTHESIS
from jetflow.rtl.plan import make_plan


def netlist(design: Design, folder: Path) -> Design:
    """`design` as one module of Yosys' models of the cells that it is mapped to; it has none of a DSP48E2."""
    mapped, flat = folder / "mapped.v", folder / "rtl" / f"{design.plan.top}.sv"
    flat.parent.mkdir(parents=True)
    commands = [
        f"read_verilog -sv {' '.join(map(str, design.sources))}",
        SYNTHESIS.format(top=design.plan.top) + " -nodsp",
    ]
    commands += [f"write_verilog -noattr {mapped}", "design -reset", f"read_verilog {mapped}"]
    commands += ["read_verilog +/xilinx/cells_sim.v", f"hierarchy -check -top {design.plan.top}"]
    commands += ["proc", "flatten", "opt_clean -purge", f"write_verilog -noattr {flat}"]
    subprocess.run([sys.executable, "-m", "jetflow.rtl.yosys", str(folder / "log"), *commands], check=True)
    return Design(flat.parent, design.plan)


def both(style: Style) -> list[Any]:
    """Unrolled with zero padding in every run, for the others there is the night."""
    quick = style is Style.UNROLLED
    return [
        pytest.param(style, phi, marks=[] if quick and phi is PhiPadding.ZERO else pytest.mark.nightly)
        for phi in PhiPadding
    ]


@pytest.mark.parametrize(("style", "phi"), [case for style in Style for case in both(style)])
def test_the_netlist_equals_the_reference(
    style: Style,
    phi: PhiPadding,
    graphs: dict[str, Callable[..., Graph]],
    images: Callable[..., np.ndarray],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Yosys once took every pixel right of a window's centre and below it for one outside of the image."""
    graph = graphs["network"](6, 12, phi)
    behind = make_plan(graph).layers[2:]  # the first pool's: a pixel has four clocks there and more
    ways = {layer.name: [way for way in options(graph, layer, 16) if way.style is style] for layer in behind}
    choices = {name: found[0] for name, found in ways.items() if found}
    assert choices
    design = write_design(graph, tmp_path / "rtl", tmp_path / "adders", choices)
    monkeypatch.setattr(verilator, "_FLAGS", (*verilator._FLAGS, "-Wno-fatal"))
    cells = netlist(design, tmp_path / "netlist")
    result, _ = simulate(cells, compile_model(cells, tmp_path), images(graph, 4), Stalls(0.3, 0.3, 2), workers=1)
    assert result.differing == 0 and result.events == 4

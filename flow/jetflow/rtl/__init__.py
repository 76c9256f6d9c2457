"""The integer graph as open RTL: streaming SystemVerilog, simulated with Verilator and mapped with Yosys."""

from jetflow.rtl.design import Design, open_design, write_design
from jetflow.rtl.implementation import UNROLLED, Choices, Implementation, Style
from jetflow.rtl.mapping import Mapped, Mapping, map_build, map_design, read_mapping
from jetflow.rtl.packages import check_packages
from jetflow.rtl.simulation import Stalls, Timing, simulate
from jetflow.rtl.timing import read_timing, write_timing
from jetflow.rtl.verilator import Model, compile_model, lint

__all__ = [
    "UNROLLED",
    "Choices",
    "Design",
    "Implementation",
    "Mapped",
    "Mapping",
    "Model",
    "Stalls",
    "Style",
    "Timing",
    "check_packages",
    "compile_model",
    "lint",
    "map_build",
    "map_design",
    "open_design",
    "read_mapping",
    "read_timing",
    "simulate",
    "write_design",
    "write_timing",
]

"""The integer graph as open RTL: streaming SystemVerilog, simulated with Verilator and mapped with Yosys."""

from jetflow.rtl.design import Design, open_design, write_design
from jetflow.rtl.simulation import Stalls, Timing, simulate
from jetflow.rtl.verilator import Model, compile_model, lint

__all__ = [
    "Design",
    "Model",
    "Stalls",
    "Timing",
    "compile_model",
    "lint",
    "open_design",
    "simulate",
    "write_design",
]

"""The integer graph as open RTL: streaming SystemVerilog, simulated with Verilator and mapped with Yosys."""

from jetflow.rtl.area import Area
from jetflow.rtl.design import Design, open_design, write_design
from jetflow.rtl.folding import check_choices
from jetflow.rtl.implementation import UNROLLED, Choices, Implementation, Style, choices_from
from jetflow.rtl.mapping import Mapped, Mapping, map_build, map_design, read_mapping
from jetflow.rtl.options import Caches
from jetflow.rtl.packages import check_packages
from jetflow.rtl.sharing import Sharing, measure_sharing, read_sharing, representative, write_sharing
from jetflow.rtl.simulation import Stalls, simulate
from jetflow.rtl.solver import PIXELS_PER_CLOCK, Point, best, find_front, unbeaten, unrolled_point
from jetflow.rtl.timing import Timing, read_timing, write_timing
from jetflow.rtl.verilator import Model, compile_model, lint

__all__ = [
    "PIXELS_PER_CLOCK",
    "UNROLLED",
    "Area",
    "Caches",
    "Choices",
    "Design",
    "Implementation",
    "Mapped",
    "Mapping",
    "Model",
    "Point",
    "Sharing",
    "Stalls",
    "Style",
    "Timing",
    "best",
    "check_choices",
    "check_packages",
    "choices_from",
    "compile_model",
    "find_front",
    "lint",
    "map_build",
    "map_design",
    "measure_sharing",
    "open_design",
    "read_mapping",
    "read_sharing",
    "read_timing",
    "representative",
    "simulate",
    "unbeaten",
    "unrolled_point",
    "write_design",
    "write_sharing",
    "write_timing",
]

"""AMD's tools where they are installed: run with a timeout, logs kept, reports parsed into one result model."""

from jetflow.vendor.hls import HLS_STEPS, HlsTool, find_hls_tool, run_hls
from jetflow.vendor.result import Result, read_results, write_results
from jetflow.vendor.vivado import run_vivado

__all__ = [
    "HLS_STEPS",
    "HlsTool",
    "Result",
    "find_hls_tool",
    "read_results",
    "run_hls",
    "run_vivado",
    "write_results",
]

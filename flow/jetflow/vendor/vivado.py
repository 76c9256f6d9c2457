"""Vivado on the open RTL: synthesis, placement and routing out of context (hw/vendor/vivado.tcl)."""

from collections.abc import Sequence
from pathlib import Path

from jetflow.checkout import CHECKOUT
from jetflow.vendor.result import Result
from jetflow.vendor.runner import find_program, run_program
from jetflow.vendor.vivado_reports import read_timing, read_utilization

__all__ = ["run_vivado"]


def run_vivado(sources: Sequence[Path], top: str, part: str, clock_ns: float, folder: Path, timeout_s: float) -> Result:
    """Implement the SystemVerilog `sources` in `folder`, which keeps route.log, the reports and the checkpoint.

    Raises MissingToolError without vivado, ToolError where it fails or its reports are not as documented.
    """
    program = find_program(("vivado",))
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("utilization.rpt", "timing.rpt"):
        (folder / name).unlink(missing_ok=True)
    files = " ".join(f"{{{path.resolve()}}}" for path in sources)
    settings = {"top": top, "part": part, "clock_ns": f"{clock_ns:.3f}", "sources": f"[list {files}]"}
    lines = [f"set {name} {value}\n" for name, value in settings.items()]
    script = folder / "route.tcl"
    script.write_text("".join(lines) + f"source {{{CHECKOUT / 'hw' / 'vendor' / 'vivado.tcl'}}}\n")
    arguments = ("-mode", "batch", "-nojournal", "-nolog", "-notrace", "-source", script.name)
    run_program(program, arguments, folder, folder / "route.log", timeout_s)
    version, figures = read_utilization(folder / "utilization.rpt", part)
    slack = read_timing(folder / "timing.rpt")
    return Result("route", "rtl", program.command, version, part, clock_ns, round(clock_ns - slack, 3), figures)

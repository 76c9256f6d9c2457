"""The HLS compilers behind one interface: Vitis HLS by `vitis-run` or `vitis_hls`, Vivado HLS by `vivado_hls`.

All of them take the same Tcl (hw/vendor/hls.tcl) and leave the same reports; only how a script is given differs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from jetflow.errors import ToolError
from jetflow.vendor.hls_reports import read_cosim, read_csynth
from jetflow.vendor.result import Result
from jetflow.vendor.runner import Program, find_program, run_program

__all__ = ["HLS_STEPS", "HlsTool", "find_hls_tool", "run_hls"]

HLS_STEPS = ("csim", "csynth", "cosim", "export")
_COMMANDS = {"vitis": ("vitis-run", "vitis_hls"), "vivado": ("vivado_hls",)}
_ARGUMENTS = {"vitis-run": ("--mode", "hls", "--tcl"), "vitis_hls": ("-f",), "vivado_hls": ("-f",)}


class HlsTool(Protocol):
    """What jetflow asks of an HLS compiler."""

    @property
    def program(self) -> Program:
        """The program that runs."""

    def run(self, script: Path, log: Path, timeout_s: float) -> None:
        """Run the Tcl `script` in its folder. Raises ToolError (see runner.run_program)."""


@dataclass(frozen=True)
class _Script:
    """A compiler that takes a Tcl script on its command line."""

    program: Program

    def run(self, script: Path, log: Path, timeout_s: float) -> None:
        arguments = (*_ARGUMENTS[self.program.command], script.name)
        run_program(self.program, arguments, script.parent, log, timeout_s)


def find_hls_tool(backend: str) -> HlsTool:
    """The compiler of `backend`, vitis or vivado. Raises MissingToolError where none is on PATH."""
    return _Script(find_program(_COMMANDS[backend]))


def run_hls(
    tool: HlsTool, project: Path, top: str, part: str, clock_ns: float, steps: Sequence[str], timeout_s: float
) -> list[Result]:
    """Run `steps` of HLS_STEPS in their order on a copy of a project of ours; each leaves STEP.log in the folder.

    `project` is changed: the tool's own project, TOP_prj, appears in it. `timeout_s` is for each step. Raises ToolError
    where the tool fails or a report is not there or not as documented.
    """
    found = []
    for step in (step for step in HLS_STEPS if step in steps):
        script = project / f"{step}.tcl"
        script.write_text(f"set steps {{{step}}}\nsource build_prj.tcl\n")
        solution = project / f"{top}_prj" / "solution1"
        reports, simulated, exported = solution / "syn/report", solution / "sim/report", solution / "impl/ip"
        stale = {"csynth": (reports, "*.xml"), "cosim": (simulated, "*.rpt"), "export": (exported, "*.zip")}
        if step in stale:
            for path in stale[step][0].glob(stale[step][1]):
                path.unlink()
        tool.run(script, project / f"{step}.log", timeout_s)
        result = Result(step, "hls", tool.program.command, tool.program.version, part, clock_ns)
        if step == "csynth":
            result = read_csynth(reports, top, project / "firmware" / "parameters.h", result)
        elif step == "cosim":
            result = read_cosim(simulated / f"{top}_cosim.rpt", result)
        elif step == "export" and not list(exported.glob("*.zip")):
            raise ToolError(f"{tool.program.command}: export left no IP in {exported}")
        found.append(result)
    return found

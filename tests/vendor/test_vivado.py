"""The open RTL through a fake Vivado: the script that it is given, and its reports as post-route figures."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jetflow.errors import MissingToolError, ToolError
from jetflow.vendor import run_vivado

Fake = Callable[..., Path]
PART = "xcvu13p-flga2577-2-e"


def run(tmp_path: Path) -> object:
    source = tmp_path / "top.sv"
    source.write_text("module top; endmodule\n")
    return run_vivado([source], "top", PART, 3.333, tmp_path / "work", 60)


@pytest.mark.parametrize(("timing", "reached"), [("met", 3.119), ("missed", 3.666)])
def test_a_routed_design(timing: str, reached: float, fake: Fake, reports: Path, tmp_path: Path) -> None:
    copy = f"cp {reports}/vivado-2023.2_utilization.rpt utilization.rpt; cp {reports}/{timing}_timing.rpt timing.rpt"
    fake("vivado", copy)
    result = run_vivado([tmp_path / "a.sv", tmp_path / "b.sv"], "top", PART, 3.333, tmp_path / "work", 60)
    assert (result.step, result.flow, result.version, result.reached_ns) == ("route", "rtl", "2023.2", reached)
    assert result.figures == {"lut": 21034, "ff": 18650, "bram18": 7, "uram": 0, "dsp": 12}
    script = (tmp_path / "work" / "route.tcl").read_text()
    assert f"set part {PART}\nset clock_ns 3.333\nset sources [list {{{tmp_path}/a.sv}} {{{tmp_path}/b.sv}}]" in script
    assert (tmp_path / "work" / "route.log").read_text().startswith("run with -mode batch")


def test_a_run_without_reports_or_without_vivado_is_named(fake: Fake, tmp_path: Path) -> None:
    with pytest.raises(MissingToolError, match="vivado: not found"):
        run(tmp_path)
    fake("vivado", "")
    with pytest.raises(ToolError, match=r"utilization.rpt: missing"):
        run(tmp_path)


def test_reports_of_an_earlier_run_are_not_taken(fake: Fake, reports: Path, tmp_path: Path) -> None:
    fake(
        "vivado", f"cp {reports}/vivado-2023.2_utilization.rpt utilization.rpt; cp {reports}/met_timing.rpt timing.rpt"
    )
    run(tmp_path)
    fake("vivado", "exit 0")
    with pytest.raises(ToolError, match="missing"):
        run(tmp_path)

"""`jetflow synth` on a build, with fake tools: steps, scripts, what the report then says, what is refused."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from jetflow.build import Build, Settings, start_build
from jetflow.cli import app
from jetflow.errors import InputError, MissingToolError, ToolError
from jetflow.graph import TERNARY, FixedPoint, GraphBuilder, PhiPadding, save_graph
from jetflow.hls import make_design, write_project
from jetflow.hls import write_design as write_hls_design
from jetflow.manifest import read_manifest, write_manifest
from jetflow.npz import write_npz
from jetflow.report import Kind, make_report, render
from jetflow.rtl import write_design
from jetflow.synthesis import default_steps, found_results, synthesise

Fake = Callable[..., Path]
PART = "xcvu13p-flga2577-2-e"
IMAGES = np.zeros((2, 4, 6, 2), np.int64)
SOLUTION = "small_prj/solution1"


def quiet(line: str) -> None:
    """Takes an announcement."""


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """A build of one convolution as an HLS project, without its verification."""
    b = GraphBuilder("small")
    x = b.input("image", (4, 6, 2), FixedPoint(False, 6, 3))
    kernel = np.ones((3, 3, 2, 3))
    b.output(b.conv2d(x, "conv", kernel, TERNARY, (1, 1, 1, 1), PhiPadding.CIRCULAR), "out")
    graph = b.graph()
    settings = Settings("small", "twn", "fpga", PART, 300.0, "vitis", 0.5, ("ecal", "hcal"))
    found = start_build(tmp_path / "build", settings)
    save_graph(graph, found.folder)
    design = make_design(graph)
    write_project(graph, found.hls, PART, 300.0, "vitis", design)
    write_hls_design(design, found.design)
    write_manifest(found, "made from")
    return found


def leaves(reports: Path, steps: dict[str, tuple[str, str]]) -> str:
    """A shell script that puts, by the Tcl script it is given, a recorded report where the tool would."""
    lines = ["for script; do :; done  # the last argument", 'grep -q "source build_prj.tcl" $script || exit 5']
    for step, (report, target) in steps.items():
        lines.append(
            f"if [ $script = {step}.tcl ]; then mkdir -p $(dirname {target}) && cp {reports / report} {target}; fi"
        )
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("command", "version"), [("vitis-run", "2024.1"), ("vitis_hls", "2022.2"), ("vitis_hls", "2023.2")]
)
def test_steps_of_the_hls_project(command: str, version: str, build: Build, fake: Fake, reports: Path) -> None:
    steps = {"csynth": (f"{command}-{version}_csynth.xml", f"{SOLUTION}/syn/report/small_csynth.xml")}
    steps["cosim"] = ("vitis_hls-2023.2_cosim.rpt", f"{SOLUTION}/sim/report/small_cosim.rpt")
    steps["export"] = ("module_csynth.xml", f"{SOLUTION}/impl/ip/ip.zip")
    fake(command, leaves(reports, steps), version)
    before = read_manifest(build)["digest"]
    assert default_steps(build) == ("csynth",)
    lines: list[str] = []
    results = synthesise(build, ("export", "cosim", "csynth", "csim"), IMAGES, 60, lines.append)
    assert [result.step for result in results] == ["csim", "csynth", "cosim", "export"]
    assert all((result.tool, result.version) == (command, version) for result in results)
    assert lines[0] == f"csim: {command} {version}, passed" and "14" in lines[1]
    work = build.synthesis / "hls"
    arguments = {"vitis-run": "--mode hls --tcl", "vitis_hls": "-f"}[command]
    assert (work / "cosim.log").read_text() == f"run with {arguments} cosim.tcl\n"
    assert (work / "vectors.bin").read_bytes()[:8] == b"JETSIM01"
    manifest = read_manifest(build)
    assert manifest["digest"] == before and manifest["tools"]["csynth"] == f"{command} {version}"
    assert not (build.hls / "small_prj").exists()  # what is handed over is as it was


def test_vivado_hls_is_taken_for_its_back_end(build: Build, fake: Fake, reports: Path) -> None:
    vivado = start_build(build.folder, replace(build.settings, backend="vivado"))
    write_project(vivado.graph, vivado.hls, PART, 300.0, "vivado")
    fake("vitis_hls", "exit 1")
    with pytest.raises(MissingToolError, match="vivado_hls: not found"):
        synthesise(vivado, ("csynth",), IMAGES, 60, quiet)
    target = f"{SOLUTION}/syn/report/small_csynth.xml"
    fake("vivado_hls", leaves(reports, {"csynth": ("vivado_hls-2020.1_csynth.xml", target)}), "2020.1")
    (result,) = synthesise(vivado, ("csynth",), IMAGES, 60, quiet)
    assert (result.tool, result.version, result.figures["dsp"]) == ("vivado_hls", "2020.1", 21)


def test_the_report_says_what_the_tools_found(build: Build, fake: Fake, reports: Path) -> None:
    assert any(missing.name == "LUT, FF, BRAM, DSP" for missing in make_report(build).missing)
    target = f"{SOLUTION}/syn/report/small_csynth.xml"
    fake("vitis_hls", leaves(reports, {"csynth": ("vitis_hls-2023.2_csynth.xml", target)}))
    synthesise(build, ("csynth",), IMAGES, 60, quiet)
    report = make_report(build)
    lut = report.figure("lut")
    assert lut is not None and (lut.value, lut.kind) == (14555, Kind.CSYNTH)
    assert lut.source == f"vitis_hls 2023.2, HLS project, {PART}, clock 3.33 ns"
    by_kind = {f.kind: f.value for f in report.figures if f.name == "latency_cycles" and f.layer is None}
    assert by_kind[Kind.CSYNTH] == 401 and by_kind[Kind.ESTIMATED] != 401
    assert report.clock == "met: vitis_hls 2023.2 estimates 2.433 ns" and report.clock in render(report)
    assert not report.missing
    manifest = json.loads((build.folder / "manifest.json").read_text())
    (build.folder / "manifest.json").write_text(json.dumps(manifest | {"digest": "of other firmware"}))
    assert found_results(build) == ()
    assert make_report(build).missing


def test_a_step_that_fails_keeps_what_was_found_before(build: Build, fake: Fake, reports: Path) -> None:
    target = f"{SOLUTION}/syn/report/small_csynth.xml"
    script = leaves(reports, {"csynth": ("vitis_hls-2023.2_csynth.xml", target)})
    fake("vitis_hls", script + "\n[ $script = cosim.tcl ] && echo 'ERROR: [COSIM 212-4] mismatch' && exit 1\nexit 0")
    with pytest.raises(ToolError, match=r"exit code 1: ERROR: \[COSIM 212-4\] mismatch; log: .*cosim.log"):
        synthesise(build, ("csynth", "cosim"), IMAGES, 60, quiet)
    assert [result.step for result in found_results(build)] == ["csynth"]


def test_a_tool_that_leaves_no_ip_has_not_exported(build: Build, fake: Fake) -> None:
    fake("vitis_hls", "")
    with pytest.raises(ToolError, match="export left no IP"):
        synthesise(build, ("export",), IMAGES, 60, quiet)


def test_a_report_of_an_earlier_run_is_not_taken(build: Build, fake: Fake, reports: Path) -> None:
    target = f"{SOLUTION}/syn/report/small_csynth.xml"
    fake("vitis_hls", leaves(reports, {"csynth": ("vitis_hls-2023.2_csynth.xml", target)}))
    synthesise(build, ("csynth",), IMAGES, 60, quiet)
    fake("vitis_hls", "")
    with pytest.raises(ToolError, match=r"small_csynth.xml: missing"):
        synthesise(build, ("csynth",), IMAGES, 60, quiet)


def test_the_command(build: Build, fake: Fake, reports: Path) -> None:
    write_npz(build.events, {"images": IMAGES.astype(np.uint16)})
    run = CliRunner().invoke(app, ["synth", str(build.folder)])
    assert isinstance(run.exception, MissingToolError)
    target = f"{SOLUTION}/syn/report/small_csynth.xml"
    fake("vitis_hls", leaves(reports, {"csynth": ("vitis_hls-2022.2_csynth.xml", target)}))
    run = CliRunner().invoke(app, ["synth", str(build.folder), "--steps", "csim,csynth", "--timeout", "0.1"])
    assert run.exit_code == 0, run.output
    assert "csynth: vitis_hls 2022.2, 398 latency_cycles" in run.output
    assert "14,870" in (build.folder / "report.md").read_text()


def test_what_cannot_be_run_is_refused(build: Build, fake: Fake) -> None:
    with pytest.raises(InputError, match=r"--steps simulate: unknown: allowed are csim, .*, route"):
        synthesise(build, ("simulate",), IMAGES, 60, quiet)
    with pytest.raises(InputError, match=r"--steps route: .* has no rtl firmware: build it with .* --flow rtl"):
        synthesise(build, ("route",), IMAGES, 60, quiet)
    with pytest.raises(MissingToolError, match="vitis-run, vitis_hls: not found"):
        synthesise(build, ("csynth",), IMAGES, 60, quiet)


def test_the_open_rtl_is_routed(build: Build, fake: Fake, reports: Path) -> None:
    routed = start_build(build.folder, replace(build.settings, flow="rtl"))
    write_design(routed.graph, routed.rtl, build.folder / "adders")
    write_manifest(routed, "made from")
    assert default_steps(routed) == ("route",)
    copy = f"cp {reports}/vivado-2023.2_utilization.rpt utilization.rpt; cp {reports}/missed_timing.rpt timing.rpt"
    fake("vivado", copy)
    lines: list[str] = []
    synthesise(routed, ("route",), IMAGES, 60, lines.append)
    assert lines == ["route: vivado 2023.2, 21,034 lut, 18,650 ff, 7 bram18, 0 uram, 12 dsp"]
    script = (routed.synthesis / "rtl" / "route.tcl").read_text()
    assert script.startswith("set top small_top\n") and str(routed.rtl / "small_top.sv") in script
    report = make_report(routed)
    (lut,) = (f for f in report.figures if f.name == "lut" and f.kind is Kind.POST_ROUTE)
    assert lut.value == 21034 and lut.source == f"vivado 2023.2, open RTL, {PART}, clock 3.333 ns"
    assert report.clock == "not met: vivado 2023.2 routes 3.666 ns"


def test_new_firmware_forgets_what_was_found(build: Build, fake: Fake) -> None:
    fake("vitis_hls", "")
    synthesise(build, ("csim",), IMAGES, 60, quiet)
    build.forget_results()
    assert not build.synthesis.exists() and not (build.folder / "synthesis.json").exists()

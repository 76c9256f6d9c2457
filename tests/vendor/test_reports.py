"""Reports of several versions into one model; a changed format is named, never a figure guessed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jetflow.errors import ToolError
from jetflow.vendor import Result
from jetflow.vendor.hls_reports import read_cosim, read_csynth
from jetflow.vendor.vivado_reports import read_timing, read_utilization

PART = "xcvu13p-flga2577-2-e"
RESULT = Result("csynth", "hls", "tool", "?", PART, 3.333)


@pytest.fixture
def parameters(tmp_path: Path) -> Path:
    """The names of two layers by their configuration, as hls4ml writes them."""
    path = tmp_path / "parameters.h"
    path.write_text(
        "// conv_padding\nstruct config2 : jetflow::padding_config {\n"
        "// conv\nstruct config3_mult : nnet::dense_config {\n};\n\nstruct config3 : nnet::conv2d_config {\n"
    )
    return path


@pytest.fixture
def syn(tmp_path: Path, reports: Path) -> Callable[[str], Path]:
    """syn(name): a folder of reports with the recorded one as that of the top function `small`."""

    def make(name: str) -> Path:
        folder = tmp_path / "syn"
        folder.mkdir()
        (folder / "small_csynth.xml").write_text((reports / name).read_text())
        return folder

    return make


@pytest.mark.parametrize(
    ("name", "version", "reached", "figures"),
    [
        ("vivado_hls-2020.1_csynth.xml", "2020.1", 2.912, (412, 310, 15300, 9120, 4, 0, 21)),
        ("vitis_hls-2022.2_csynth.xml", "2022.2", 2.433, (398, 308, 14870, 10240, 6, 0, 18)),
        ("vitis_hls-2023.2_csynth.xml", "2023.2", 2.433, (401, 309, 14555, 10101, 6, 0, 17)),
        ("vitis-run-2024.1_csynth.xml", "2024.1", 3.517, (None, None, 14001, 9999, 6, None, 16)),
    ],
)
def test_synthesis_reports(
    name: str,
    version: str,
    reached: float,
    figures: tuple[int | None, ...],
    syn: Callable[[str], Path],
    parameters: Path,
) -> None:
    result = read_csynth(syn(name), "small", parameters, RESULT)
    assert (result.version, result.reached_ns) == (version, reached)
    keys = ("latency_cycles", "ii_cycles", "lut", "ff", "bram18", "uram", "dsp")
    assert tuple(result.figures.get(key) for key in keys) == figures


def test_layers_are_found_by_their_configuration(syn: Callable[[str], Path], reports: Path, parameters: Path) -> None:
    folder, module = syn("vitis_hls-2023.2_csynth.xml"), (reports / "module_csynth.xml").read_text()
    outer, inner = "conv_2d_cl_array_array_ap_fixed_13_9_8u_config3_s", "compute_output_buffer_2d_array_config3_s"
    names = {
        outer: 700,
        inner: 650,
        "dense_latency_wrapper_ap_fixed_config3_mult_s": 900,
        "pad_circular_array_config2_s": 50,
    }
    for name, lut in names.items():
        (folder / f"{name}_csynth.xml").write_text(module.replace("<LUT>700<", f"<LUT>{lut}<"))
    layers = read_csynth(folder, "small", parameters, RESULT).layers
    assert {name: figures["lut"] for name, figures in layers.items()} == {"conv": 700, "conv_padding": 50}
    assert layers["conv"]["latency_cycles"] == 80 and layers["conv"]["dsp"] == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("AreaEstimates", "Area"), "has no AreaEstimates/Resources: this version's format is unknown"),
        (("<LUT>", "<Luts>"), "not XML"),
        (("EstimatedClockPeriod", "ClockEstimate"), "has no .*EstimatedClockPeriod: this version's format"),
        (("Interval-max", "II-max"), "has no .*Interval-max: this version's format"),
        ((">14555<", ">many<"), "LUT is 'many', an integer is needed"),
        ((">2.433<", ">fast<"), "EstimatedClockPeriod is 'fast', a number"),
        (("xcvu13p", "xcvu9p"), f"is for part xcvu9p-flga2577-2-e, the build for {PART}"),
        (("DSP>", "MULT>"), "has no DSP or DSP48E"),
    ],
)
def test_a_changed_format_is_named(
    change: tuple[str, str], message: str, syn: Callable[[str], Path], parameters: Path
) -> None:
    path = syn("vitis_hls-2023.2_csynth.xml") / "small_csynth.xml"
    path.write_text(path.read_text().replace(*change))
    with pytest.raises(ToolError, match=message):
        read_csynth(path.parent, "small", parameters, RESULT)


def test_a_missing_report_is_named(tmp_path: Path, parameters: Path) -> None:
    for read in (
        lambda: read_csynth(tmp_path, "small", parameters, RESULT),
        lambda: read_cosim(tmp_path / "small_cosim.rpt", RESULT),
        lambda: read_utilization(tmp_path / "utilization.rpt", PART),
        lambda: read_timing(tmp_path / "timing.rpt"),
    ):
        with pytest.raises(ToolError, match=r"missing: .* no report"):
            read()


def test_cosimulation_reports(reports: Path, tmp_path: Path) -> None:
    for version in ("2022.2", "2023.2"):
        found = read_cosim(reports / f"vitis_hls-{version}_cosim.rpt", RESULT).figures
        assert found == {"latency_cycles": 415, "ii_cycles": 312}
    with pytest.raises(ToolError, match="ended with 'Fail', Pass is needed"):
        read_cosim(reports / "failing_cosim.rpt", RESULT)
    (tmp_path / "a.rpt").write_text("| Verilog | Pass | 1 |\n")
    with pytest.raises(ToolError, match="no row `Verilog` of 8 columns"):
        read_cosim(tmp_path / "a.rpt", RESULT)


def test_routed_designs(reports: Path, tmp_path: Path) -> None:
    version, figures = read_utilization(reports / "vivado-2023.2_utilization.rpt", PART)
    assert version == "2023.2"
    assert figures == {"lut": 21034, "ff": 18650, "bram18": 7, "uram": 0, "dsp": 12}
    version, figures = read_utilization(reports / "vivado-2020.1_utilization.rpt", "xc7vx690tffg1761-2")
    assert (version, figures) == ("2020.1", {"lut": 1034, "ff": 950, "bram18": 4, "dsp": 0})
    with pytest.raises(ToolError, match="'Synthesized', it must be routed"):
        read_utilization(reports / "synthesised_utilization.rpt", PART)
    with pytest.raises(ToolError, match="is for xcvu13p-flga2577-2-e, the build for xcku15p-ffva1156-2-e"):
        read_utilization(reports / "vivado-2023.2_utilization.rpt", "xcku15p-ffva1156-2-e")
    other = tmp_path / "utilization.rpt"
    other.write_text((reports / "vivado-2023.2_utilization.rpt").read_text().replace("CLB LUTs", "Lookup tables"))
    with pytest.raises(ToolError, match="no row CLB LUTs or Slice LUTs"):
        read_utilization(other, PART)


def test_slack(reports: Path) -> None:
    assert read_timing(reports / "met_timing.rpt") == 0.214
    assert read_timing(reports / "missed_timing.rpt") == -0.333
    with pytest.raises(ToolError, match=r"no value under WNS\(ns\)"):
        read_timing(reports / "unconstrained_timing.rpt")

"""Reports of Vivado HLS 2020.1 and Vitis HLS 2020.1 to 2024.x: csynth.xml and the table of a cosimulation.

The layout is that of TOP_csynth.xml: UserAssignments/{Part, TargetClockPeriod}, ReportVersion/Version,
PerformanceEstimates/SummaryOfTimingAnalysis/EstimatedClockPeriod, PerformanceEstimates/SummaryOfOverallLatency/
{Worst-caseLatency, Interval-max}, AreaEstimates/Resources. DSPs are DSP48E to 2020.1, DSP after it; a latency that the
compiler cannot bound is `undef` or `?`.
"""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

from jetflow.errors import ToolError
from jetflow.vendor.parts import same_part
from jetflow.vendor.result import Result

__all__ = ["read_cosim", "read_csynth"]

RESOURCES = {"lut": ("LUT",), "ff": ("FF",), "bram18": ("BRAM_18K",), "uram": ("URAM",), "dsp": ("DSP", "DSP48E")}
CYCLES = {"latency_cycles": "Worst-caseLatency", "ii_cycles": "Interval-max"}
UNBOUNDED = ("undef", "?", "x", "-")
NONE = "URAM"  # the one resource that families without it leave out


def read_csynth(folder: Path, top: str, parameters: Path, result: Result) -> Result:
    """`result` with the figures of the top function and, where its modules name their configuration, of the layers.

    Raises ToolError where a report is missing, not XML or laid out otherwise.
    """
    path = folder / f"{top}_csynth.xml"
    root = _root(path)
    part = _text(path, root, "UserAssignments/Part")
    if not same_part(part, result.part):
        raise ToolError(f"{path}: is for part {part}, the build for {result.part}: run the step again")
    return replace(
        result,
        version=_text(path, root, "ReportVersion/Version"),
        clock_ns=_number(path, root, "UserAssignments/TargetClockPeriod"),
        reached_ns=_number(path, root, "PerformanceEstimates/SummaryOfTimingAnalysis/EstimatedClockPeriod"),
        figures=_figures(path, root),
        layers=_layers(folder, parameters),
    )


def read_cosim(path: Path, result: Result) -> Result:
    """`result` with latency and interval of a cosimulation. Raises ToolError unless it passed."""
    if not path.is_file():
        raise ToolError(f"{path}: missing: the cosimulation left no report")
    rows = [[cell.strip() for cell in line.strip("| \n").split("|")] for line in path.read_text().splitlines()]
    found = next((row for row in rows if row[0] == "Verilog"), None)
    if found is None or len(found) < 8:
        raise ToolError(f"{path}: has no row `Verilog` of 8 columns: this version's format is unknown to jetflow")
    if found[1].lower() != "pass":
        raise ToolError(f"{path}: the cosimulation ended with {found[1]!r}, Pass is needed")
    figures = {"latency_cycles": found[4], "ii_cycles": found[7]}  # max of min, avg, max
    try:
        return replace(result, figures={name: int(text) for name, text in figures.items() if text != "NA"})
    except ValueError as error:
        raise ToolError(f"{path}: found {error}: this version's format is unknown to jetflow") from error


def _figures(path: Path, root: ET.Element) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, tag in CYCLES.items():
        text = _text(path, root, f"PerformanceEstimates/SummaryOfOverallLatency/{tag}")
        if text not in UNBOUNDED:
            found[name] = _integer(path, tag, text)
    resources = root.find("AreaEstimates/Resources")
    if resources is None:
        raise ToolError(f"{path}: has no AreaEstimates/Resources: this version's format is unknown to jetflow")
    for name, tags in RESOURCES.items():
        element = next((e for e in map(resources.find, tags) if e is not None), None)
        if element is not None:
            found[name] = _integer(path, tags[0], element.text or "")
        elif NONE not in tags:
            raise ToolError(f"{path}: has no {' or '.join(tags)}: this version's format is unknown to jetflow")
    return found


def _layers(folder: Path, parameters: Path) -> dict[str, dict[str, float]]:
    """Figures by layer: a module is called after its configuration, config12, and holds what it instantiates."""
    names = dict(re.findall(r"// (\w+)\nstruct (config\d+)(?:_mult)? ", parameters.read_text()))
    by_config = {config: name for name, config in names.items()}
    found: dict[str, dict[str, float]] = {}
    for path in sorted(folder.glob("*_csynth.xml")):
        configs = re.findall(r"config\d+(?=_s?_?csynth|_s_|$)", path.stem.replace("_csynth", "_s_csynth"))
        name = by_config.get(configs[-1]) if configs else None
        if name is not None:
            figures = _figures(path, _root(path))
            if figures["lut"] >= found.get(name, {"lut": -1})["lut"]:
                found[name] = figures
    return found


def _root(path: Path) -> ET.Element:
    try:
        return ET.parse(path).getroot()
    except FileNotFoundError as error:
        raise ToolError(f"{path}: missing: synthesis left no report") from error
    except ET.ParseError as error:
        raise ToolError(f"{path}: not XML ({error}): synthesis did not finish it") from error


def _text(path: Path, root: ET.Element, place: str) -> str:
    text = root.findtext(place)
    if text is None:
        raise ToolError(f"{path}: has no {place}: this version's format is unknown to jetflow")
    return text.strip()


def _number(path: Path, root: ET.Element, place: str) -> float:
    text = _text(path, root, place)
    try:
        return float(text)
    except ValueError as error:
        raise ToolError(f"{path}: {place} is {text!r}, a number is needed") from error


def _integer(path: Path, tag: str, text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise ToolError(f"{path}: {tag} is {text!r}, an integer is needed") from error

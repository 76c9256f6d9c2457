"""Vivado's report_utilization and report_timing_summary of a routed design, 2020.1 to 2024.x."""

import re
from pathlib import Path

from jetflow.errors import ToolError
from jetflow.vendor.parts import same_part

__all__ = ["read_timing", "read_utilization"]

# Rows of the tables by figure: UltraScale's name, then that of the 7 series and of 2020's synthesis.
ROWS = {
    "lut": ("CLB LUTs", "Slice LUTs"),
    "ff": ("CLB Registers", "Slice Registers"),
    "bram18": ("Block RAM Tile",),
    "uram": ("URAM",),
    "dsp": ("DSPs", "DSP Slices"),
}
TILE = 2  # a tile is one 36 Kb block RAM or two of 18 Kb; half a tile is one of these


def read_utilization(path: Path, part: str) -> tuple[str, dict[str, float]]:
    """Vivado's version, and LUT, FF, 18 Kb block RAMs, URAM, DSP of the whole design.

    Raises ToolError where the report is missing, of another part, not routed or laid out otherwise.
    """
    text = _read(path)
    head = dict(re.findall(r"^\|\s*([A-Za-z ]+?)\s*:\s*(.*?)\s*$", text, re.MULTILINE))
    version = re.search(r"v\.?(\d{4}\.\d[\w.]*)", head.get("Tool Version", ""))
    if version is None or "Device" not in head or "Design State" not in head:
        raise ToolError(f"{path}: names no tool version, device and design state: its format is unknown to jetflow")
    if "routed" not in head["Design State"].lower():
        raise ToolError(f"{path}: the design is {head['Design State']!r}, it must be routed")
    if not same_part(head["Device"], part):
        raise ToolError(f"{path}: is for {head['Device']}, the build for {part}: run the step again")
    rows: dict[str, str] = {}
    for name, used in re.findall(r"^\|\s*([A-Za-z0-9 /]+?)\*?\s*\|\s*([\d.,]+)\s*\|", text, re.MULTILINE):
        rows.setdefault(name, used.replace(",", ""))  # the first table is that of the whole design
    figures: dict[str, float] = {}
    for figure, names in ROWS.items():
        used = next((rows[name] for name in names if name in rows), None)
        if used is not None:
            figures[figure] = int(float(used) * TILE) if figure == "bram18" else int(float(used))
        elif figure != "uram":  # families without it have no row
            raise ToolError(f"{path}: has no row {' or '.join(names)}: its format is unknown to jetflow")
    return version.group(1), figures


def read_timing(path: Path) -> float:
    """The worst negative slack of setup in ns, negative where the clock is not met. Raises ToolError as above."""
    lines = _read(path).splitlines()
    for i, line in enumerate(lines):
        columns = re.split(r"\s{2,}", line.strip())
        if columns[0] == "WNS(ns)" and i + 2 < len(lines):
            values = lines[i + 2].split()
            try:
                return float(values[0])
            except (IndexError, ValueError):
                break
    raise ToolError(f"{path}: has no value under WNS(ns): no clock, or its format is unknown to jetflow")


def _read(path: Path) -> str:
    if not path.is_file():
        raise ToolError(f"{path}: missing: the run left no report")
    return path.read_text(errors="replace")

"""The cycles of a design, and timing.json: what the RTL simulation of a build counted."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from jetflow.atomic import write_text

__all__ = ["BEFORE", "Timing", "read_timing", "write_timing"]

SCHEMA = "jetflow-timing-1"
BEFORE = -(1 << 40)  # a clock before all others


@dataclass(frozen=True)
class Timing:
    """Cycles counted: first pixel in to last word out (both included) of an event that meets an empty design, and from
    one event's last word to the next one's, back to back (None for a single event)."""

    latency_cycles: int
    ii_cycles: int | None


def write_timing(folder: Path, timing: Timing) -> None:
    """Write timing.json into the build `folder`, atomically."""
    write_text(folder / "timing.json", json.dumps({"schema": SCHEMA, **asdict(timing)}, indent=1) + "\n")


def read_timing(folder: Path) -> Timing | None:
    """What write_timing wrote; None where the simulation has not run or the file is damaged."""
    try:
        content = json.loads((folder / "timing.json").read_text())
        return Timing(content["latency_cycles"], content["ii_cycles"]) if content["schema"] == SCHEMA else None
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None

"""synthesis.json: what vendor tools found about a build's firmware; what was found about another is not read."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from jetflow.atomic import write_text

__all__ = ["Result", "read_results", "write_results"]

SCHEMA = "jetflow-synthesis-1"


@dataclass(frozen=True)
class Result:
    """What one step of a tool found. `step`: csim, csynth, cosim, export or route; `flow`: hls or rtl.

    `clock_ns`: the period that was asked for; `reached_ns`: that the step gives, None where it gives none.
    `figures` of the whole design: latency_cycles, ii_cycles, lut, ff, bram18, uram, dsp; `layers`: the same by layer.
    """

    step: str
    flow: str
    tool: str
    version: str
    part: str
    clock_ns: float
    reached_ns: float | None = None
    figures: dict[str, float] = field(default_factory=dict)
    layers: dict[str, dict[str, float]] = field(default_factory=dict)


def write_results(path: Path, digest: str, results: Sequence[Result]) -> None:
    """Write what was found about the firmware with this digest, atomically; other steps found before stay."""
    kept = {result.step: result for result in (*read_results(path, digest), *results)}
    content = {"schema": SCHEMA, "digest": digest, "results": [asdict(result) for result in kept.values()]}
    write_text(path, json.dumps(content, indent=1) + "\n")


def read_results(path: Path, digest: str) -> tuple[Result, ...]:
    """The results about the firmware with this digest; empty where there are none or the file is damaged."""
    try:
        content = json.loads(path.read_text())
        if content["schema"] != SCHEMA or content["digest"] != digest:
            return ()
        return tuple(Result(**item) for item in content["results"])
    except (FileNotFoundError, ValueError, LookupError, TypeError):
        return ()

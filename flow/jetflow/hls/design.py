"""What is decided about an HLS project before it is written: how each layer is built, and the FIFOs between them."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from jetflow.atomic import write_text
from jetflow.build import Build
from jetflow.graph import Graph
from jetflow.hls.depths import plan_depths
from jetflow.hls.implementation import Implementation, Implementations
from jetflow.hls.plan import Plan, make_plan
from jetflow.hls.solver import INPUT_RATE, Goal, settings_goal, solve
from jetflow.hls.stream_model import StreamModel

__all__ = ["Design", "build_design", "make_design", "read_design", "write_design"]

SCHEMA = "jetflow-design-1"
SETTLED = 8  # images after which the interval is the steady one


@dataclass(frozen=True, eq=False)
class Design:
    """Strategy and reuse factor by node (`how`), words of every FIFO by stream name, and what the stream model gives.

    `latency_cycles`: first pixel in to last word out; `ii_cycles`: between two images. Without the depths of
    arithmetic pipelines.
    """

    plan: Plan
    how: Implementations
    depths: dict[str, int]
    latency_cycles: int
    ii_cycles: int


def make_design(graph: Graph, backend: str = "vitis", goal: Goal = INPUT_RATE) -> Design:
    """The smallest design that reaches `goal`. Raises InputError with the nearest figure that is possible."""
    plan, how = make_plan(graph), solve(graph, backend, goal)
    model = StreamModel(plan, how)
    depths = plan_depths(plan, model)
    result = model.run(depths, SETTLED)
    return Design(plan, how, depths, result.latency, result.interval)


def build_design(build: Build) -> Design:
    """The design that the HLS project of `build` was written by."""
    settings = build.settings
    return read_design(build.graph, build.design) or make_design(build.graph, settings.backend, settings_goal(settings))


def write_design(design: Design, path: Path) -> None:
    """Write a design as JSON, atomically."""
    content = {
        "schema": SCHEMA,
        "latency_cycles": design.latency_cycles,
        "ii_cycles": design.ii_cycles,
        "layers": {name: asdict(chosen) for name, chosen in design.how.items()},
        "fifo_depths": design.depths,
    }
    write_text(path, json.dumps(content, indent=1) + "\n")


def read_design(graph: Graph, path: Path) -> Design | None:
    """What write_design wrote of `graph`; None where it did not, or the file is damaged."""
    try:
        content = json.loads(path.read_text())
        how = {name: Implementation(**chosen) for name, chosen in content["layers"].items()}
        found = Design(make_plan(graph), how, content["fifo_depths"], content["latency_cycles"], content["ii_cycles"])
        return found if content["schema"] == SCHEMA else None
    except (FileNotFoundError, ValueError, LookupError, TypeError, AttributeError):
        return None

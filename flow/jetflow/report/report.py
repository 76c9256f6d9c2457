"""The report of a build: one model, from the graph and the gate's result; JSON and Markdown are written from it."""

import json
import math
from dataclasses import asdict, dataclass
from typing import Any

from jetflow.build import Build
from jetflow.doctor import TOOLS, examine
from jetflow.manifest import read_manifest
from jetflow.report.figures import Figure, Kind
from jetflow.report.workload import Workload, graph_workload
from jetflow.targets import find_part
from jetflow.verify import read_result

__all__ = ["Missing", "Report", "make_report"]

SCHEMA = "jetflow-report-1"
RATES = {"copies_40mhz": (40e6, "every bunch crossing"), "copies_750khz": (750e3, "the level-1 accept rate")}


@dataclass(frozen=True)
class Missing:
    """A figure that has no source here: why, and how to get it."""

    name: str
    reason: str
    how: str


@dataclass(frozen=True)
class Report:
    """Everything that a report says."""

    settings: dict[str, Any]
    digest: str
    versions: dict[str, str]
    verification: dict[str, Any]
    layers: tuple[Workload, ...]
    figures: tuple[Figure, ...]
    missing: tuple[Missing, ...]

    def as_json(self) -> str:
        """report.json."""
        return json.dumps({"schema": SCHEMA, **asdict(self)}, indent=1) + "\n"

    def figure(self, name: str, layer: str | None = None) -> Figure | None:
        """The figure called `name`, of a layer or of the whole design."""
        return next((f for f in self.figures if f.name == name and f.layer == layer), None)


def make_report(build: Build) -> Report:
    """The report of a build. Figures that need a tool that is not here are listed as missing, with the way to them."""
    from jetflow.hls import estimate_cycles, fifo_bits

    graph, settings = build.graph, build.settings
    layers = tuple(graph_workload(graph))
    estimate = estimate_cycles(graph, settings.backend)
    figures: list[Figure] = []
    missing: list[Missing] = []
    for layer in layers:
        for name, unit in (("weights", "weights"), ("multiplications", "1/image"), ("operations", "1/image")):
            figures.append(Figure(name, getattr(layer, name), unit, Kind.COUNTED, "graph.json", layer.node))
        if layer.zero_fraction is not None:
            figures.append(Figure("zero_fraction", layer.zero_fraction, "1", Kind.COUNTED, "graph.npz", layer.node))
    for name, unit in (("weights", "weights"), ("multiplications", "1/image"), ("operations", "1/image")):
        total = sum(getattr(layer, name) for layer in layers)
        figures.append(Figure(name, total, unit, Kind.COUNTED, "sum over layers"))
    return Report(
        asdict(settings),
        read_manifest(build).get("digest", ""),
        read_manifest(build).get("versions", {}),
        read_result(build.folder),
        layers,
        tuple(figures),
        tuple(missing),
    )

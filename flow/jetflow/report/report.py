"""The report of a build: one model, from the graph and the gate's result; JSON and Markdown are written from it."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from jetflow.build import Build
from jetflow.manifest import read_manifest
from jetflow.report.dsp import dsp_section
from jetflow.report.figures import Figure, Kind
from jetflow.report.fpga import fpga_section
from jetflow.report.section import Block, Missing, Platform, Stage
from jetflow.report.workload import Workload, graph_workload
from jetflow.verify import read_result

__all__ = ["Report", "make_report"]

SCHEMA = "jetflow-report-1"
COUNTS = (("weights", "weights"), ("multiplications", "1/image"), ("operations", "1/image"))
TARGETS = {"fpga": fpga_section, "dsp": dsp_section}


@dataclass(frozen=True)
class Report:
    """Everything that a report says."""

    settings: dict[str, Any]
    digest: str
    versions: dict[str, str]
    verification: dict[str, Any]
    layers: tuple[Workload, ...]
    stages: tuple[Stage, ...]
    blocks: tuple[Block, ...]
    platforms: tuple[Platform, ...]
    figures: tuple[Figure, ...]
    missing: tuple[Missing, ...]
    clock: str

    def as_json(self) -> str:
        """report.json."""
        return json.dumps({"schema": SCHEMA, **asdict(self)}, indent=1) + "\n"

    def figure(self, name: str, layer: str | None = None) -> Figure | None:
        """The figure called `name`, of the whole design or of a layer."""
        return next((f for f in self.figures if f.name == name and f.layer == layer), None)


def make_report(build: Build) -> Report:
    """The report of a build. Figures that need a tool that is not here are listed as missing, with the way to them."""
    manifest = read_manifest(build)
    layers = tuple(graph_workload(build.graph))
    section = TARGETS[build.settings.target](build)
    verification = read_result(build.folder)
    return Report(
        asdict(build.settings),
        manifest.get("digest", ""),
        manifest.get("versions", {}),
        verification,
        layers,
        section.stages,
        section.blocks,
        section.platforms,
        (*_counted(layers), *_compared(verification), *section.figures),
        section.missing,
        section.clock,
    )


def _counted(layers: tuple[Workload, ...]) -> list[Figure]:
    """What the graph stores and computes, in all and by layer."""
    figures = [
        Figure(name, sum(getattr(layer, name) for layer in layers), unit, Kind.COUNTED, "sum over the layers")
        for name, unit in COUNTS
    ]
    for layer in layers:
        figures += [
            Figure(name, getattr(layer, name), unit, Kind.COUNTED, "graph.json", layer.node) for name, unit in COUNTS
        ]
        if layer.zero_fraction is not None:
            figures.append(Figure("zero_fraction", layer.zero_fraction, "1", Kind.COUNTED, "graph.npz", layer.node))
    return figures


def _compared(verification: dict[str, Any]) -> list[Figure]:
    """What the gate compared, if it ran."""
    if not verification:
        return []
    return [
        Figure("verified_words", verification["words"], "words", Kind.COUNTED, "verify.json, real events"),
        Figure("differing_words", verification["differing"], "words", Kind.COUNTED, "verify.json, all comparisons"),
    ]

"""The report of a build: one model, from the graph and the gate's result; JSON and Markdown are written from it."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from jetflow.build import Build
from jetflow.doctor import TOOLS, examine
from jetflow.manifest import read_manifest
from jetflow.report.figures import Figure, Kind
from jetflow.report.performance import performance
from jetflow.report.workload import Workload, graph_workload
from jetflow.targets import find_part
from jetflow.verify import read_result

__all__ = ["Missing", "Report", "Stage", "make_report"]

SCHEMA = "jetflow-report-1"
COUNTS = (("weights", "weights"), ("multiplications", "1/image"), ("operations", "1/image"))
SYNTHESIS = {"vitis": ("vitis-run", "vitis_hls"), "vivado": ("vivado_hls",)}


@dataclass(frozen=True)
class Missing:
    """A figure that has no source here: why, and how to get it."""

    name: str
    reason: str
    how: str


@dataclass(frozen=True)
class Stage:
    """One hardware layer of the HLS project; None where no formula holds, as `formula` then says."""

    name: str
    cycles: int | None
    interval: int | None
    depth: int | None  # words of the FIFO behind it
    formula: str


@dataclass(frozen=True)
class Report:
    """Everything that a report says."""

    settings: dict[str, Any]
    digest: str
    versions: dict[str, str]
    verification: dict[str, Any]
    layers: tuple[Workload, ...]
    stages: tuple[Stage, ...]
    figures: tuple[Figure, ...]
    missing: tuple[Missing, ...]

    def as_json(self) -> str:
        """report.json."""
        return json.dumps({"schema": SCHEMA, **asdict(self)}, indent=1) + "\n"

    def figure(self, name: str) -> Figure | None:
        """The figure called `name` of the whole design."""
        return next((f for f in self.figures if f.name == name and f.layer is None), None)


def make_report(build: Build) -> Report:
    """The report of a build. Figures that need a tool that is not here are listed as missing, with the way to them."""
    manifest = read_manifest(build)
    layers = tuple(graph_workload(build.graph))
    stages, estimated, missing = _estimates(build)
    verification = read_result(build.folder)
    return Report(
        asdict(build.settings),
        manifest.get("digest", ""),
        manifest.get("versions", {}),
        verification,
        layers,
        stages,
        (*_counted(layers), *_compared(verification), *estimated),
        (*missing, _resources(build)),
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


def _estimates(build: Build) -> tuple[tuple[Stage, ...], list[Figure], list[Missing]]:
    """Cycles, time, rate and FIFO bits by the stream model of the HLS project."""
    from jetflow.hls import estimate_cycles, fifo_bits, fifo_depths

    graph, settings = build.graph, build.settings
    depths = fifo_depths(graph, settings.backend)
    estimate = estimate_cycles(graph, settings.backend)
    stages = tuple(
        Stage(layer.name, layer.cycles, layer.ii_cycles, depths.get(layer.name), layer.formula or layer.reason)
        for layer in estimate.layers
    )
    bits = fifo_bits(graph, settings.backend)
    figures = [Figure("fifo_bits", bits, "bits", Kind.ESTIMATED, "sum of depth x width over the streams")]
    for stage in stages:
        for name, value in (("cycles", stage.cycles), ("ii_cycles", stage.interval)):
            if value is not None:
                figures.append(Figure(name, value, "cycles", Kind.ESTIMATED, stage.formula, stage.name))
        if stage.depth is not None:
            source = "jetflow.hls.streams"
            figures.append(Figure("fifo_depth", stage.depth, "words", Kind.ESTIMATED, source, stage.name))
    if estimate.latency_cycles is None or estimate.ii_cycles is None:
        how = "Run synthesis and cosimulation on hls/."
        return stages, figures, [Missing("Latency, interval, time and rate", estimate.reason, how)]
    latency = Figure("latency_cycles", estimate.latency_cycles, "cycles", Kind.ESTIMATED, estimate.latency_formula)
    interval = Figure("ii_cycles", estimate.ii_cycles, "cycles", Kind.ESTIMATED, estimate.ii_formula)
    return stages, [latency, interval, *performance(latency, interval, settings.clock_mhz), *figures], []


def _resources(build: Build) -> Missing:
    """Why there are no figures of resources, and how to get them."""
    settings = build.settings
    device = find_part(settings.part).device
    wanted = SYNTHESIS[settings.backend]
    found = next((f.tool for f in examine(tuple(t for t in TOOLS if t.command in wanted)) if f.path), None)
    name = {"vitis": "Vitis HLS", "vivado": "Vivado HLS"}[settings.backend]
    holds = f"{device.lut:,} LUT, {device.ff:,} FF, {device.bram18:,} BRAM18, {device.uram:,} URAM, {device.dsp:,} DSP"
    how = f"Run `build_prj.tcl` in hls/ with {name}; the part holds {holds} ({device.source})."
    reason = f"{name} not found" if found is None else f"synthesis was not run ({found.command} is here)"
    return Missing("LUT, FF, BRAM, DSP", reason, how)

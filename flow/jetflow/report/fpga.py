"""The FPGA's part of a report: cycles and FIFOs of the HLS project, and what only synthesis can say."""

from jetflow.build import Build
from jetflow.doctor import TOOLS, examine
from jetflow.report.figures import Figure, Kind
from jetflow.report.performance import performance
from jetflow.report.rtl import rtl_section
from jetflow.report.section import Missing, Section, Stage
from jetflow.targets import find_part

__all__ = ["fpga_section"]

SYNTHESIS = {"vitis": ("vitis-run", "vitis_hls"), "vivado": ("vivado_hls",)}


def fpga_section(build: Build) -> Section:
    """Of the HLS project estimates by its stream model, of the open RTL what was counted; the rest is missing."""
    stages, figures, missing = _estimates(build) if build.has("hls") else ((), [], [])
    if build.has("hls"):
        missing.append(_resources(build))
    rtl = rtl_section(build) if build.has("rtl") else Section(())
    return Section((*figures, *rtl.figures), stages, rtl.blocks, missing=(*missing, *rtl.missing))


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

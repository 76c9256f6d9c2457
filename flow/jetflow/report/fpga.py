"""The FPGA's part of a report: cycles and FIFOs of the HLS project, the open RTL's figures, the vendor tools'."""

from jetflow.build import Build
from jetflow.doctor import TOOLS, examine
from jetflow.report.figures import Figure, Kind
from jetflow.report.performance import performance
from jetflow.report.rtl import rtl_section
from jetflow.report.section import Missing, Section, Stage
from jetflow.report.vendor import clock_of, vendor_figures
from jetflow.targets import find_part

__all__ = ["fpga_section"]

SYNTHESIS = {"vitis": ("vitis-run", "vitis_hls"), "vivado": ("vivado_hls",)}


def fpga_section(build: Build) -> Section:
    """Estimates of the HLS project, what was counted of the open RTL, what vendor tools found; the rest is missing."""
    stages, figures = _estimates(build) if build.has("hls") else ((), [])
    vendor = vendor_figures(build)
    synthesised = any(figure.kind is Kind.CSYNTH for figure in vendor)
    missing = [_resources(build)] if build.has("hls") and not synthesised else []
    rtl = rtl_section(build) if build.has("rtl") else Section(())
    clock = clock_of(build, "hls" if build.has("hls") else "rtl")
    found = (*figures, *rtl.figures, *vendor)
    return Section(found, stages, rtl.blocks, rtl.platforms, missing=(*missing, *rtl.missing), clock=clock)


def _estimates(build: Build) -> tuple[tuple[Stage, ...], list[Figure]]:
    """Cycles, time, rate and FIFO bits by the stream model of the HLS project."""
    from jetflow.hls import build_design, estimate_cycles, fifos

    design = build_design(build)
    estimate, buffers = estimate_cycles(design), fifos(design)
    depths = {fifo.name: fifo.depth for fifo in buffers}
    stages = tuple(
        Stage(
            layer.name,
            layer.cycles,
            layer.cycles,
            layer.strategy,
            layer.reuse_factor,
            depths.get(layer.name),
            layer.formula,
        )
        for layer in estimate.layers
    )
    latency = Figure("latency_cycles", estimate.latency_cycles, "cycles", Kind.ESTIMATED, estimate.latency_formula)
    interval = Figure("ii_cycles", estimate.ii_cycles, "cycles", Kind.ESTIMATED, estimate.ii_formula)
    bits, source = sum(fifo.bits for fifo in buffers), "sum of depth x width over the streams"
    figures = [
        latency,
        interval,
        *performance(latency, interval, build.settings.clock_mhz, clock_of(build, "hls")),
        Figure("fifo_bits", bits, "bits", Kind.ESTIMATED, source),
    ]
    for stage in stages:
        figures.append(Figure("cycles", stage.cycles, "cycles", Kind.ESTIMATED, stage.formula, stage.name))
        figures.append(Figure("ii_cycles", stage.interval, "cycles", Kind.ESTIMATED, stage.formula, stage.name))
        if stage.reuse is not None:
            source = f"jetflow.hls.solver, strategy {stage.strategy}"
            figures.append(Figure("reuse_factor", stage.reuse, "clocks", Kind.COUNTED, source, stage.name))
    for fifo in buffers:
        source = f"jetflow.hls.depths, {fifo.word_bits} bits a word"
        figures.append(Figure("fifo_depth", fifo.depth, "words", Kind.ESTIMATED, source, fifo.name))
    return stages, figures


def _resources(build: Build) -> Missing:
    """Why there are no figures of resources, and how to get them."""
    settings = build.settings
    device = find_part(settings.part).device
    wanted = SYNTHESIS[settings.backend]
    found = next((f.tool for f in examine(tuple(t for t in TOOLS if t.command in wanted)) if f.path), None)
    name = {"vitis": "Vitis HLS", "vivado": "Vivado HLS"}[settings.backend]
    holds = f"{device.lut:,} LUT, {device.ff:,} FF, {device.bram18:,} BRAM18, {device.uram:,} URAM, {device.dsp:,} DSP"
    how = f"Run `jetflow synth` where {name} is; the part holds {holds} ({device.source})."
    reason = f"{name} not found" if found is None else f"synthesis was not run ({found.command} is here)"
    return Missing("LUT, FF, BRAM, DSP", reason, how)

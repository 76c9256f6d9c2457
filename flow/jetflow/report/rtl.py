"""The open RTL's part of a report: cycles that were counted, cells that Yosys mapped, their share of the part."""

from jetflow.build import Build
from jetflow.report.figures import Figure, Kind
from jetflow.report.performance import performance
from jetflow.report.platforms import PAPER_IMAGE, published_platforms
from jetflow.report.section import Block, Missing, Platform, Section
from jetflow.report.vendor import clock_of
from jetflow.rtl import Mapped, Mapping, read_mapping, read_sharing, read_timing
from jetflow.targets import find_part

__all__ = ["rtl_section"]

CELLS = {"lut": "LUT", "ff": "FF", "bram18": "BRAM18", "uram": "URAM", "dsp": "DSP"}


def rtl_section(build: Build) -> Section:
    """Figures of kind simulated and mapped; what was not run is missing."""
    lanes, how = build.settings.pixels_per_clock, "--pixels-per-clock: of a column, side by side at the input"
    figures: list[Figure] = [Figure("pixels_per_clock", lanes, "pixels", Kind.COUNTED, how)]
    missing: list[Missing] = []
    timing, mapping = read_timing(build.folder), read_mapping(build.folder)
    if timing is None:
        missing.append(Missing("Cycles of the open RTL", "it was not simulated", "Run `jetflow verify`."))
    else:
        source = "open RTL in Verilator: first pixel in to last word out"
        latency = Figure("latency_cycles", timing.latency_cycles, "cycles", Kind.SIMULATED, source)
        figures.append(latency)
        if timing.ii_cycles is not None:
            source = "open RTL in Verilator: events back to back"
            interval = Figure("ii_cycles", timing.ii_cycles, "cycles", Kind.SIMULATED, source)
            figures += [interval, *performance(latency, interval, build.settings.clock_mhz, clock_of(build, "rtl"))]
    if mapping is None:
        missing.append(Missing("Cells of the open RTL", "it was not mapped", "Run `jetflow build` again."))
        return Section(tuple(figures), missing=tuple(missing))
    figures += _cells(mapping, build.settings.part)
    figures += _sharing(build)
    blocks = tuple(Block(name, *(getattr(cells, key) for key in CELLS)) for name, cells in mapping.layers.items())
    return Section(tuple(figures), blocks=blocks, platforms=_platforms(build, figures), missing=tuple(missing))


def _platforms(build: Build, figures: list[Figure]) -> tuple[Platform, ...]:
    """Time an image of the papers' size beside what was published for it; none for another size."""
    found = {figure.name: figure for figure in figures if figure.layer is None}
    if build.graph.input.shape != PAPER_IMAGE or "time_us" not in found:
        return ()
    settings, cells = build.settings, found["lut"]
    source = (
        f"{found['latency_cycles'].value:,} cycles at {settings.clock_mhz:g} MHz (clock {clock_of(build, 'rtl')}); "
        f"{cells.value:,} LUT, {found['dsp'].value:,} DSP ({cells.kind})"
    )
    time_ms, kind = found["time_us"].value / 1000, found["latency_cycles"].kind
    name = f"{settings.part.split('-')[0]}, open RTL"
    ours = Platform(name, settings.model, settings.precision, None, None, 1, time_ms, kind, source)
    return (ours, *published_platforms())


def _sharing(build: Build) -> list[Figure]:
    """LUTs of one convolution's sums as they are, and as balanced trees an output."""
    if (sharing := read_sharing(build.folder)) is None:
        return []
    how = "Yosys: the sums of this convolution, "
    shared, unshared = how + "sharing what they have in common", how + "a balanced tree an output, nothing shared"
    return [
        Figure("lut_sums", sharing.shared.lut, "LUT", Kind.MAPPED, shared, sharing.node),
        Figure("lut_sums_unshared", sharing.unshared.lut, "LUT", Kind.MAPPED, unshared, sharing.node),
        Figure(
            "sums_share", round(sharing.ratio, 4), "1", Kind.MAPPED, f"lut_sums / lut_sums_unshared of {sharing.node}"
        ),
    ]


def _cells(mapping: Mapping, part: str) -> list[Figure]:
    """Of the whole design and its share of the part, then by layer."""
    device, source = find_part(part).device, f"Yosys (pyosys {mapping.version}), open RTL, before placement"
    figures = []
    for key, unit in CELLS.items():
        value, holds = getattr(mapping.total, key), getattr(device, key)
        figures.append(Figure(key, value, unit, Kind.MAPPED, source))
        if holds:
            share = f"{key} / {holds:,} of the part ({device.source})"
            figures.append(Figure(f"{key}_share", round(value / holds, 5), "1", Kind.MAPPED, share))
    how = "ABC9 in Yosys: Artix-7 delays without wires, before placement; compares designs, promises no clock"
    figures.append(Figure("abc9_delay_ps", mapping.total.delay_ps, "ps", Kind.ESTIMATED, how))
    for name, cells in mapping.layers.items():
        figures += [_figure(key, unit, cells, source, name) for key, unit in CELLS.items()]
    return figures


def _figure(key: str, unit: str, cells: Mapped, source: str, layer: str) -> Figure:
    return Figure(key, getattr(cells, key), unit, Kind.MAPPED, source, layer)

"""The vendor tools' part of a report: what synthesis, cosimulation and routing found, and whether the clock was met."""

from jetflow.build import Build
from jetflow.report.figures import Figure, Kind
from jetflow.report.performance import performance
from jetflow.synthesis import found_results
from jetflow.vendor import Result

__all__ = ["ASSUMED", "clock_of", "vendor_figures"]

ASSUMED = "assumed, not met in synthesis"
UNITS = {"latency_cycles": "cycles", "ii_cycles": "cycles", "lut": "LUT", "ff": "FF"}
UNITS |= {"bram18": "BRAM18", "uram": "URAM", "dsp": "DSP"}
KINDS = {"csynth": Kind.CSYNTH, "cosim": Kind.COSIM, "route": Kind.POST_ROUTE}
FIRMWARE = {"hls": "HLS project", "rtl": "open RTL"}


def vendor_figures(build: Build) -> list[Figure]:
    """Figures of kind csynth, cosim and post-route, of the design and by layer; empty where no tool was run."""
    return [figure for result in found_results(build) if result.step in KINDS for figure in _figures(build, result)]


def clock_of(build: Build, flow: str) -> str:
    """What is known of the clock that the figures of `flow` assume."""
    results = {result.step: result for result in found_results(build)}
    result = results.get("route" if flow == "rtl" else "csynth")
    if result is None or result.reached_ns is None:
        return ASSUMED
    said = f"{result.tool} {result.version} {'routes' if flow == 'rtl' else 'estimates'} {result.reached_ns:g} ns"
    return f"met: {said}" if result.reached_ns <= result.clock_ns else f"not met: {said}"


def _figures(build: Build, result: Result) -> list[Figure]:
    kind = KINDS[result.step]
    source = f"{result.tool} {result.version}, {FIRMWARE[result.flow]}, {result.part}, clock {result.clock_ns:g} ns"
    found = {name: Figure(name, int(value), UNITS[name], kind, source) for name, value in result.figures.items()}
    figures = list(found.values())
    if result.reached_ns is not None:
        figures.append(Figure("clock_ns", result.reached_ns, "ns", kind, source))
    if "latency_cycles" in found and "ii_cycles" in found:
        clock = clock_of(build, result.flow)
        figures += performance(found["latency_cycles"], found["ii_cycles"], build.settings.clock_mhz, clock)
    for layer, values in result.layers.items():
        figures += [Figure(name, int(value), UNITS[name], kind, source, layer) for name, value in values.items()]
    return figures

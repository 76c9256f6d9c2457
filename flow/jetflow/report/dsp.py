"""The DSP's part of a report: the cost model by layer, and the platforms of paper 2's table 3 beside ours."""

from jetflow.build import Build
from jetflow.graph import Conv2D
from jetflow.latency import Latency, read_latency
from jetflow.report.figures import Figure, Kind
from jetflow.report.platforms import published_platforms
from jetflow.report.section import Missing, Platform, Section
from jetflow.targets import Configuration, Core, find_core
from jetflow.targets.dsp_cost import LayerCost, layer_costs, time_us

__all__ = ["dsp_section"]


def dsp_section(build: Build) -> Section:
    """Estimates for every configuration of the core, what this machine's CPU was measured to take, and the paper's."""
    core = find_core(build.settings.part)
    figures: list[Figure] = []
    platforms: list[Platform] = []
    for name, configuration in core.configurations.items():
        costs = layer_costs(build.graph, core, configuration.cores)
        figures += _figures(name, costs, core, configuration)
        platforms.append(_estimate(build, core, configuration, time_us(costs, core)))
    latencies = read_latency(build)
    for latency in latencies:
        figures.append(_measured(latency))
        platforms.append(_platform(build, latency))
    platforms += published_platforms()
    how = "Run `jetflow build --target dsp` again."
    missing = () if latencies else (Missing("Latency on this machine's CPU", "it was not measured", how),)
    return Section(tuple(figures), platforms=tuple(platforms), missing=missing)


def _figures(name: str, costs: tuple[LayerCost, ...], core: Core, configuration: Configuration) -> list[Figure]:
    total, source = time_us(costs, core), f"jetflow.targets.dsp_cost, cores: {configuration.cores}"
    peak = core.macs_per_clock * configuration.cores * core.clock_mhz
    macs = sum(cost.macs for cost in costs)
    energy = f"power ({configuration.source}) x estimated time"
    figures = [
        Figure(f"time_us_{name}", round(total, 3), "us", Kind.ESTIMATED, source),
        Figure(f"utilisation_{name}", round(macs / (total * peak), 4), "1", Kind.ESTIMATED, source),
        Figure(f"traffic_{name}", sum(cost.bytes for cost in costs), "bytes", Kind.ESTIMATED, source),
        Figure(f"energy_uj_{name}", round(total * configuration.power_w, 3), "uJ", Kind.ESTIMATED, energy),
        Figure(f"area_mm2_{name}", configuration.area_mm2, "mm2", Kind.PUBLISHED, configuration.source),
        Figure(f"power_w_{name}", configuration.power_w, "W", Kind.PUBLISHED, configuration.source),
    ]
    for cost in costs:
        by = "compute" if cost.compute_clocks >= cost.memory_clocks else "memory"
        limit = f"limited by {by}" + (f", mode {cost.mode}" if cost.mode else "")
        for figure, value, unit in (
            ("time_us", round(cost.clocks / core.clock_mhz, 4), "us"),
            ("utilisation", round(cost.utilisation, 4), "1"),
            ("traffic", cost.bytes, "bytes"),
        ):
            figures.append(Figure(f"{figure}_{name}", value, unit, Kind.ESTIMATED, limit, cost.node))
    return figures


def _estimate(build: Build, core: Core, configuration: Configuration, time: float) -> Platform:
    several = configuration.cores > 1
    widths = {node.weights.bits for node in build.graph if isinstance(node, Conv2D)}
    fit, check = core.calibration, core.prediction
    error = check.time_ms / check.published_ms - 1
    return Platform(
        f"{configuration.cores} x {core.name} + controller" if several else core.name,
        build.settings.model,
        " and ".join(sorted({core.mode(bits) for bits in widths})),
        configuration.area_mm2,
        configuration.power_w,
        1,
        time / 1000,
        Kind.ESTIMATED,
        f"cost model: fitted to {fit.time_ms:g} ms of {fit.network} on one core, "
        f"it gives {check.time_ms:g} ms on ten; {check.published_ms:g} published ({100 * error:+.1f} %)",
    )


def _measured(latency: Latency) -> Figure:
    runtime = "onnxruntime" if latency.runtime.startswith("ONNX") else "keras"
    source = f"{latency.runtime}, {latency.machine}; median of {latency.calls} calls of batch {latency.batch}, an image"
    value = round(1000 * latency.median_ms / latency.batch, 2)
    return Figure(f"time_us_{runtime}_batch{latency.batch}", value, "us", Kind.MEASURED, source)


def _platform(build: Build, latency: Latency) -> Platform:
    return Platform(
        f"{latency.runtime}; {latency.machine}",
        build.settings.model,
        build.settings.precision,
        None,
        None,
        latency.batch,
        latency.median_ms / latency.batch,
        Kind.MEASURED,
        f"median of {latency.calls} calls",
    )

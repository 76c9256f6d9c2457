"""`jetflow build`: its stages in order, what each reads and writes.

| stage    | reads                       | writes                                                       |
|----------|-----------------------------|--------------------------------------------------------------|
| inputs   | config, weights, events     | settings.json, events.npz                                    |
| firmware | weights                     | graph.json, graph.npz, hls/, rtl/ or onnx/, manifest.json,   |
|          |                             | design.json (HLS: reuse factors and FIFOs)                   |
| verify   | graph, firmware, events.npz | sim/ (FPGA), verify.json, verify.xml, timing.json (RTL)      |
| map      | rtl/                        | mapping.json, sharing.json (RTL: what Yosys maps it to)      |
| latency  | weights, onnx/, events.npz  | latency.json (DSP: what this machine's CPU takes)            |
| report   | graph, verify.json          | report.json, report.md                                       |

stages.json says how long each took the last time.

Each file appears whole or not at all, so a build that was killed can be run again. A stage whose inputs, code and
results are those of the last time is not run again.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jetflow.build import Build, Settings, check_folder, start_build
from jetflow.checkout import CHECKOUT
from jetflow.errors import InputError
from jetflow.events import load_counts
from jetflow.firmware import FirmwarePlan, check_tools, plan_firmware, read_implementations, write_firmware
from jetflow.graph import Graph, save_graph
from jetflow.latency import measure_latency, read_latency
from jetflow.manifest import unchanged, write_manifest
from jetflow.model import Model
from jetflow.npz import write_npz
from jetflow.provenance import code_digest, digest_files, package_versions
from jetflow.report import write_report
from jetflow.shipped_events import shipped_events, shipped_number
from jetflow.size import model_size
from jetflow.stages import Announce, Stages
from jetflow.targets import check_goal, check_rtl, choose
from jetflow.verify import RTL_EVENTS, Progress, RtlRun, Verdict, passed_before, verify

__all__ = ["BuildRequest", "build", "read_images"]


@dataclass(frozen=True)
class BuildRequest:
    """What `jetflow build` was asked for."""

    model: Model
    precision: str
    target: str
    part: str | None  # None here and below: the target's own
    clock_mhz: float | None
    backend: str | None
    flow: str | None
    target_ii: int | None  # at most one of these three
    target_latency_us: float | None
    target_rate_khz: float | None
    pixels_per_clock: int | None
    minimise: str | None
    max_lut: int | None
    implementations: Path | None  # how the open RTL's layers are built, where nothing shall choose
    events: Path | None  # None: those of jetflow.shipped_events
    n_events: int | None  # None: as many as they say, and of them as many for the open RTL as the gate likes
    out: Path


def build(request: BuildRequest, announce: Announce, progress: Progress) -> Verdict:
    """Run the stages. Raises InputError, and BudgetError for limits that nothing meets, before anything is written."""
    stages = Stages(announce)
    config = request.model.config
    choice = choose(request.target, request.part, request.clock_mhz, request.backend, request.flow)
    check_tools(request.target, choice.flow)
    check_folder(request.out)
    settings = Settings(
        config.name,
        request.precision,
        request.target,
        choice.part,
        choice.clock_mhz,
        choice.backend,
        config.input.lsb_gev,
        config.input.channels,
        choice.flow,
        *check_goal(request.target, choice.flow, *_goal(request)),
        *check_rtl(
            request.target,
            choice.flow,
            request.pixels_per_clock,
            request.minimise,
            request.max_lut,
            request.implementations,
        ),
        read_implementations(request.implementations) if request.implementations else None,
    )
    events = request.events or shipped_events(settings.channels)
    number = request.n_events or shipped_number(model_size(config)["macs"])
    images = read_images(events, settings.channels, config.input.shape, settings.lsb_gev, config.input.bits, number)
    stages.end("inputs", f"{len(images)} events of {_short(events)}")

    made_from = _key(request.model, settings)
    result = Build(request.out, settings)
    fresh: tuple[Graph, FirmwarePlan] | None = None
    if not unchanged(result, made_from):
        wanted = request.model.firmware_graph if settings.target == "fpga" else request.model.graph
        graph = wanted(request.precision)
        fresh = graph, plan_firmware(result, graph, request.implementations)
    start_build(request.out, settings)
    write_npz(result.events, {"images": images.astype(np.uint16)})
    if fresh is None:
        stages.end("firmware", "unchanged, not made again", ran=False)
    else:
        graph, plan = fresh
        result.forget_results()
        save_graph(graph, result.folder)
        write_firmware(result, graph, plan)
        digest = write_manifest(result, made_from)
        stages.end("firmware", f"{len(graph.nodes)} nodes, digest {digest[:16]}")
        if result.has("hls"):
            from jetflow.hls import build_design, estimate_cycles

            rates = estimate_cycles(build_design(result))
            stages.end("rates", f"{rates.ii_cycles:,} clocks an image, limited by {rates.limiting}")

    content = f"{made_from} {hashlib.sha256(images.tobytes()).hexdigest()} {request.n_events}"
    inputs = hashlib.sha256(content.encode()).hexdigest()
    verdict = passed_before(result, inputs) if fresh is None else None
    if verdict is None:
        rtl = RtlRun(request.n_events or RTL_EVENTS)
        verdict = verify(result, images, False, progress, inputs, rtl, partial(stages.end, "prepare"))
        stages.end("verify", verdict.summary)
    else:
        stages.end("verify", f"unchanged, not run again: {verdict.summary}", ran=False)
    if result.has("rtl"):
        from jetflow.rtl import map_build, write_sharing

        total = map_build(result.graph, result.rtl, result.folder).total
        stages.end("map", f"{total.lut} LUT, {total.ff} FF, {total.bram18} BRAM18, {total.dsp} DSP")
        if (sharing := write_sharing(result.graph, result.folder)) is not None:
            stages.end("sharing", f"sums of {sharing.node} take {sharing.ratio:.0%} of the LUTs of unshared trees")
    if settings.target == "dsp" and not read_latency(result):
        for latency in measure_latency(result, request.model.network(request.precision), images):
            announce(f"latency: {latency.median_ms:g} ms for {latency.batch} images, {latency.runtime}")
        stages.end("latency", "measured on this machine")
    write_report(result)
    stages.end("report", str(request.out / "report.md"))
    stages.write(result.folder)
    return verdict


def _goal(request: BuildRequest) -> tuple[int | None, float | None, float | None]:
    return request.target_ii, request.target_latency_us, request.target_rate_khz


def read_images(
    path: Path,
    channels: tuple[str, ...],
    shape: tuple[int, int, int],
    lsb_gev: float,
    bits: int,
    n_events: int | None,
) -> NDArray[np.int64]:
    """The first `n_events` images of a file as counts (all of them for None). Raises InputError for a bad file."""
    images = load_counts(path, channels, shape, lsb_gev, bits, 0, n_events)
    if not len(images):
        raise InputError(f"{path}: holds no events: at least one is needed")
    return images


def _key(model: Model, settings: Settings) -> str:
    """Digest of all that the firmware depends on."""
    files = digest_files([("config", model.config_path), ("weights", model.weights_path(settings.precision))])
    content = json.dumps([asdict(settings), files, code_digest(), package_versions()])
    return hashlib.sha256(content.encode()).hexdigest()


def _short(path: Path) -> Path:
    """A path as a person would type it: below the checkout, from there."""
    return path.relative_to(CHECKOUT) if path.is_relative_to(CHECKOUT) else path

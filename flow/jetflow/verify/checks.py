"""What the gate compares with the reference, by target: each check runs one back end on one set of images."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.build import Build
from jetflow.graph.comparison import SimulationResult
from jetflow.verify.stress import stress_images

__all__ = ["QONNX_EVENTS", "RTL_EVENTS", "Check", "RtlRun", "checks"]

Images = NDArray[np.integer[Any]]
Simulate = Callable[[Images, bool, Callable[[int], None]], SimulationResult]  # images, every layer, events done

RTL_EVENTS = 8  # a word more says little: every event meets every adder
QONNX_EVENTS = 8  # its executor takes about half an ONNX Runtime session a node and event


@dataclass(frozen=True)
class Check:
    """One comparison of verify.json. `real`: its images are events, not stress images."""

    name: str
    images: Images
    real: bool
    simulate: Simulate


@dataclass(frozen=True)
class RtlRun:
    """How the open RTL is simulated: how many of the events, and the seed of the pauses at both ends."""

    events: int = RTL_EVENTS
    stall_seed: int = 1


def checks(build: Build, events: Images, rtl: RtlRun) -> Iterable[Check]:
    """The checks of a build's target on `events` (counts) and on stress images. What is on disk is compiled now."""
    stress = np.stack(list(stress_images(build.graph.input).values()))
    if build.settings.target == "dsp":
        return _dsp(build, events, stress)
    hls = _hls(build, events, stress) if build.has("hls") else []
    return hls + (_rtl(build, events[: rtl.events], stress, rtl.stall_seed) if build.has("rtl") else [])


def _rtl(build: Build, events: Images, stress: Images, seed: int) -> list[Check]:
    """Real events back to back, which gives the timing; stress images with random pauses at both ends."""
    from jetflow.rtl import Stalls, compile_model, open_design, read_timing, simulate, write_timing

    design = open_design(build.graph, build.rtl)
    model = compile_model(design, build.simulation)

    def timed(images: Images, _: bool, progress: Callable[[int], None]) -> SimulationResult:
        result, timing = simulate(design, model, images, progress=progress)
        if timing.ii_cycles is not None or read_timing(build.folder) is None:  # one event has no interval
            write_timing(build.folder, timing)
        return result

    def stalled(images: Images, _: bool, progress: Callable[[int], None]) -> SimulationResult:
        return simulate(design, model, images, Stalls(0.3, 0.3, seed), progress=progress)[0]

    return [Check("rtl", events, True, timed), Check("rtl_stress", stress, False, stalled)]


def _hls(build: Build, events: Images, stress: Images) -> list[Check]:
    from jetflow.hls import compile_simulation, open_project, simulate

    project = open_project(build.graph, build.hls, build.settings.backend)
    simulation = compile_simulation(project, build.simulation)

    def csim(images: Images, every_layer: bool, progress: Callable[[int], None]) -> SimulationResult:
        return simulate(project, simulation, images, every_layer, progress=progress, resume=build.parts)

    return [Check("csim", events, True, csim), Check("stress", stress, False, csim)]


def _dsp(build: Build, events: Images, stress: Images) -> list[Check]:
    from jetflow.export.onnx import check_onnx, onnx_runner, qonnx_runner

    graph, makers = build.graph, {"qdq": onnx_runner, "qonnx": qonnx_runner}

    def simulate(format: str, images: Images, every_layer: bool, progress: Callable[[int], None]) -> SimulationResult:
        names = [node.name for node in (graph if every_layer else graph.outputs)]
        return check_onnx(graph, makers[format](build.onnx(format), names), names, images, progress)

    qdq, qonnx = (partial(simulate, format) for format in makers)
    return [
        Check("onnx", events, True, qdq),
        Check("stress", stress, False, qdq),
        Check("qonnx", events[:QONNX_EVENTS], True, qonnx),
        Check("qonnx_stress", stress, False, qonnx),
    ]

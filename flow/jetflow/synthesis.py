"""`jetflow synth`: vendor tools on the firmware of a build; synthesis.json holds what they found.

The tools work in BUILD/synth, on a copy, so that what is handed over stays as it is. Their logs stay there.
"""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jetflow.build import Build
from jetflow.errors import InputError
from jetflow.manifest import add_tools, read_manifest
from jetflow.vendor import HLS_STEPS, Result, find_hls_tool, read_results, run_hls, run_vivado, write_results

__all__ = ["STEPS", "default_steps", "found_results", "synthesise"]

ROUTE = "route"
STEPS = (*HLS_STEPS, ROUTE)
DEFAULT = {"hls": ("csynth",), "rtl": (ROUTE,)}


def default_steps(build: Build) -> tuple[str, ...]:
    """Synthesis of the HLS project, implementation of the open RTL: what the build has."""
    return tuple(step for flow, steps in DEFAULT.items() if build.has(flow) for step in steps)


def synthesise(
    build: Build,
    steps: Sequence[str],
    images: NDArray[np.int64],
    timeout_s: float,
    announce: Callable[[str], None],
) -> tuple[Result, ...]:
    """Run `steps` (of STEPS) on the firmware of `build`, csim and cosim on `images`; write synthesis.json.

    `timeout_s` is for each step. Raises InputError for a step that the build has no firmware for, MissingToolError
    and ToolError as the tools give reason. What finished before an error is kept.
    """
    _check(build, steps)
    found: list[Result] = []
    for step in (step for step in STEPS if step in steps):
        result = _route(build, timeout_s) if step == ROUTE else _hls(build, step, images, timeout_s)
        write_results(_path(build), _digest(build), [result])
        found.append(result)
        announce(f"{step}: {result.tool} {result.version}, {_summary(result)}")
    add_tools(build, {result.step: f"{result.tool} {result.version}" for result in found})
    return tuple(found)


def found_results(build: Build) -> tuple[Result, ...]:
    """What was found about the firmware as it is."""
    return read_results(_path(build), _digest(build))


def _check(build: Build, steps: Sequence[str]) -> None:
    for step in steps:
        if step not in STEPS:
            raise InputError(f"--steps {step}: unknown: allowed are {', '.join(STEPS)}")
        flow = "rtl" if step == ROUTE else "hls"
        if not build.has(flow):
            raise InputError(
                f"--steps {step}: {build.folder} has no {flow} firmware: build it with --target fpga --flow {flow}"
            )


def _hls(build: Build, step: str, images: NDArray[np.int64], timeout_s: float) -> Result:
    from jetflow.hls import open_project, write_vectors

    settings = build.settings
    tool = find_hls_tool(settings.backend)
    folder = build.synthesis / "hls"
    project = open_project(build.graph, build.hls, settings.backend)
    shutil.copytree(build.hls, folder, dirs_exist_ok=True)
    if step in ("csim", "cosim"):
        write_vectors(project, images, folder / "vectors.bin")
    clock_ns = round(1000 / settings.clock_mhz, 3)
    (result,) = run_hls(tool, folder, project.top, settings.part, clock_ns, (step,), timeout_s)
    return result


def _route(build: Build, timeout_s: float) -> Result:
    from jetflow.rtl import open_design

    settings = build.settings
    design = open_design(build.graph, build.rtl)
    folder = build.synthesis / "rtl"
    clock_ns = round(1000 / settings.clock_mhz, 3)
    return run_vivado(design.sources, design.plan.top, settings.part, clock_ns, folder, timeout_s)


def _summary(result: Result) -> str:
    figures = ", ".join(f"{value:,} {name}" for name, value in result.figures.items())
    return figures or "passed"


def _path(build: Build) -> Path:
    return build.folder / "synthesis.json"


def _digest(build: Build) -> str:
    return str(read_manifest(build).get("digest", ""))

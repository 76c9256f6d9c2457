"""The firmware stage of a build, by target: what is written for the hand-over, and the tools that it takes."""

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jetflow.build import Build, Settings
from jetflow.cache import cache_folder
from jetflow.errors import InputError
from jetflow.graph import Graph
from jetflow.tools import require

if TYPE_CHECKING:  # tools that a build of another flow does without
    from jetflow.hls import Design
    from jetflow.rtl import Choices

__all__ = ["FirmwarePlan", "check_tools", "plan_firmware", "read_implementations", "write_firmware"]


def check_tools(target: str, flow: str = "hls") -> None:
    """Raises MissingToolError where a program is missing that the build of `target` cannot do without."""
    if flow in ("rtl", "both"):
        from jetflow.rtl import check_packages

        check_packages()
    for command in {"fpga": ("g++",), "dsp": ()}[target]:
        require(command)


def read_implementations(path: Path) -> dict[str, Any]:
    """How the open RTL's layers are built, from a file like interface.json. Raises InputError for a bad one."""
    from jetflow.rtl import choices_from

    try:
        content = json.loads(path.read_text())["implementations"]
        return {name: asdict(choice) for name, choice in choices_from(content).items()}
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}): name the rtl/interface.json of a build"
        ) from error
    except (ValueError, LookupError, TypeError) as error:
        raise InputError(
            f"{path}: no JSON with the key `implementations`: take the rtl/interface.json of a build"
        ) from error
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


@dataclass(frozen=True)
class FirmwarePlan:
    """How the layers of each flow of a build are built: decided, and found possible, before anything is written."""

    design: "Design | None"  # of the HLS project
    choices: "Choices | None"  # of the open RTL


def plan_firmware(build: Build, graph: Graph, implementations: Path | None) -> FirmwarePlan:
    """Decide how `graph` is built as the build's settings ask for; `implementations` is the file that they come from.

    Raises InputError where no HLS project reaches the goal or where the file's implementations cannot be, and
    BudgetError where no open RTL is as small as it shall be; writes nothing but caches.
    """
    return FirmwarePlan(
        _plan_hls(build.settings, graph) if build.has("hls") else None,
        _plan_rtl(build.settings, graph, implementations) if build.has("rtl") else None,
    )


def _plan_hls(settings: Settings, graph: Graph) -> "Design":
    from jetflow.hls import make_design, settings_goal

    return make_design(graph, settings.backend, settings_goal(settings))


def _plan_rtl(settings: Settings, graph: Graph, implementations: Path | None) -> "Choices":
    lanes = settings.pixels_per_clock
    if settings.implementations is None:
        from jetflow.front import choose_point

        return choose_point(graph, lanes, settings.minimise, settings.part, settings.max_lut).choices
    from jetflow.rtl import check_choices, choices_from

    choices = choices_from(settings.implementations)
    try:
        check_choices(graph, choices, lanes)
    except InputError as error:
        raise InputError(f"{implementations}: {error}") from error
    return choices


def write_firmware(build: Build, graph: Graph, plan: FirmwarePlan) -> None:
    """Write the firmware of `graph` in the build's flow; that of another flow, if it was built here, goes."""
    for flow, folder in {"hls": build.hls, "rtl": build.rtl, "onnx": build.onnx_folder}.items():
        if not build.has(flow):
            shutil.rmtree(folder, ignore_errors=True)
    if plan.design is not None:
        _write_hls(build, graph, plan.design)
    if plan.choices is not None:
        from jetflow.rtl import write_design

        write_design(graph, build.rtl, cache_folder("adders"), plan.choices, build.settings.pixels_per_clock)
    if build.settings.target == "dsp":
        _write_onnx(build, graph)
        shutil.rmtree(build.simulation, ignore_errors=True)


def _write_hls(build: Build, graph: Graph, design: "Design") -> None:
    from jetflow.hls import write_design, write_project

    settings = build.settings
    write_project(graph, build.hls, settings.part, settings.clock_mhz, settings.backend, design)
    write_design(design, build.design)


def _write_onnx(build: Build, graph: Graph) -> None:
    from jetflow.export.onnx import FORMATS, write_onnx

    for format in FORMATS:
        write_onnx(graph, format, build.onnx(format))

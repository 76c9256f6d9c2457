"""The firmware stage of a build, by target: what is written for the hand-over, and the tools that it takes."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jetflow.build import Build
from jetflow.cache import cache_folder
from jetflow.errors import InputError
from jetflow.graph import Graph
from jetflow.tools import require

__all__ = ["check_possible", "check_tools", "write_firmware"]


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


def check_possible(build: Build, graph: Graph) -> None:
    """Raises InputError where no HLS project of `graph` reaches what the settings ask for, or its layers cannot be
    built as they say; nothing is written.
    """
    if build.settings.implementations is not None:
        from jetflow.rtl import check_choices, choices_from

        check_choices(graph, choices_from(build.settings.implementations), build.settings.pixels_per_clock)
    if build.has("hls"):
        from jetflow.hls import check_possible, settings_goal

        check_possible(graph, build.settings.backend, settings_goal(build.settings))


def write_firmware(build: Build, graph: Graph) -> None:
    """Write the firmware of `graph` in the build's flow; that of another flow, if it was built here, goes."""
    folders = {"hls": build.hls, "rtl": build.rtl, "onnx": build.onnx_folder}
    for flow, folder in folders.items():
        if build.has(flow):
            _WRITERS[flow](build, graph)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    if build.settings.target == "dsp":
        shutil.rmtree(build.simulation, ignore_errors=True)


def _hls(build: Build, graph: Graph) -> None:
    from jetflow.hls import make_design, settings_goal, write_design, write_project

    settings = build.settings
    design = make_design(graph, settings.backend, settings_goal(settings))
    write_project(graph, build.hls, settings.part, settings.clock_mhz, settings.backend, design)
    write_design(design, build.design)


def _onnx(build: Build, graph: Graph) -> None:
    from jetflow.export.onnx import FORMATS, write_onnx

    for format in FORMATS:
        write_onnx(graph, format, build.onnx(format))


def _rtl(build: Build, graph: Graph) -> None:
    from jetflow.front import choose_point
    from jetflow.rtl import choices_from, write_design

    settings = build.settings
    lanes = settings.pixels_per_clock
    if settings.implementations is None:
        choices = choose_point(graph, lanes, settings.minimise, settings.part, settings.max_lut).choices
    else:
        choices = choices_from(settings.implementations)
    write_design(graph, build.rtl, cache_folder("adders"), choices, lanes)


_WRITERS = {"hls": _hls, "rtl": _rtl, "onnx": _onnx}

"""The firmware stage of a build, by target: what is written for the hand-over, and the tools that it takes."""

import shutil

from jetflow.build import Build
from jetflow.graph import Graph
from jetflow.tools import require

__all__ = ["check_tools", "write_firmware"]


def check_tools(target: str) -> None:
    """Raises MissingToolError where a program is missing that the build of `target` cannot do without."""
    for command in {"fpga": ("g++",), "dsp": ()}[target]:
        require(command)


def write_firmware(build: Build, graph: Graph) -> None:
    """Write the firmware of `graph` for the build's target; that of the other target, if it was built here, goes."""
    others = {"fpga": (build.onnx_folder,), "dsp": (build.hls, build.simulation)}[build.settings.target]
    for folder in others:
        shutil.rmtree(folder, ignore_errors=True)
    {"fpga": _hls, "dsp": _onnx}[build.settings.target](build, graph)


def _hls(build: Build, graph: Graph) -> None:
    from jetflow.hls import write_project

    settings = build.settings
    write_project(graph, build.hls, settings.part, settings.clock_mhz, settings.backend)


def _onnx(build: Build, graph: Graph) -> None:
    from jetflow.export.onnx import FORMATS, write_onnx

    for format in FORMATS:
        write_onnx(graph, format, build.onnx(format))

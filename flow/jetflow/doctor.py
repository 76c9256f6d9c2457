"""Which external tools are here, what each is for, and how to install it."""

import re
import shutil
import subprocess
from dataclasses import dataclass

__all__ = ["TOOLS", "Finding", "Tool", "examine"]


@dataclass(frozen=True)
class Tool:
    """A program that jetflow may call."""

    command: str
    purpose: str
    install: str
    needed: bool = False
    version_flag: str = "--version"


@dataclass(frozen=True)
class Finding:
    """A tool, where it is (None if it is not on PATH), and the version that it gives."""

    tool: Tool
    path: str | None
    version: str


TOOLS = (
    Tool("g++", "compile C simulations", "apt-get install g++", needed=True),
    Tool("make", "run `make demo` and `make test`", "apt-get install make", needed=True),
    Tool("perl", "simulate RTL (Verilator's driver)", "apt-get install perl"),
    Tool("vitis-run", "csim, csynth, cosim (Vitis 2024.2 on)", "AMD's unified installer, Vitis; a licence"),
    Tool("vitis_hls", "csynth, cosim (to Vitis 2024.1)", "AMD's unified installer, Vitis HLS", version_flag="-version"),
    Tool("vivado_hls", "csynth, cosim of --backend vivado", "AMD's Vivado HLS 2020.1", version_flag="-version"),
    Tool("vivado", "synthesis, place and route", "AMD's unified installer, Vivado; a licence", version_flag="-version"),
)


def examine(tools: tuple[Tool, ...] = TOOLS) -> list[Finding]:
    """Look for each tool on PATH and ask those found for their version."""
    return [_find(tool) for tool in tools]


def _find(tool: Tool) -> Finding:
    path = shutil.which(tool.command)
    return Finding(tool, path, "" if path is None else _version(path, tool.version_flag))


def _version(path: str, flag: str) -> str:
    try:
        run = subprocess.run([path, flag], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"does not answer ({type(error).__name__})"
    found = re.search(r"\d+\.\d[\w.]*", run.stdout + run.stderr)
    return found.group() if found else f"unknown (exit code {run.returncode})"

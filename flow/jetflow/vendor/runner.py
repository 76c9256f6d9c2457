"""One vendor program run to its end: found on PATH, with its version, a timeout, a log that stays, clear errors."""

import os
import re
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jetflow.doctor import TOOLS, examine
from jetflow.errors import MissingToolError, ToolError

__all__ = ["Program", "find_program", "run_program"]

LICENCE = re.compile(r"valid license was not found|Failed to get the license|license checkout failed", re.IGNORECASE)
WANTED = re.compile(r"(?:feature|device) '[^']+'(?: and/or device '[^']+')?")
ERROR = re.compile(r"^(?:ERROR|FATAL)\b.*", re.MULTILINE)


@dataclass(frozen=True)
class Program:
    """A program on PATH and the version that it gives, for example vitis_hls 2023.2."""

    command: str
    path: str
    version: str


def find_program(commands: Sequence[str]) -> Program:
    """The first of `commands` that is on PATH. Raises MissingToolError that says how to get one of them."""
    tools = tuple(tool for tool in TOOLS if tool.command in commands)
    for command in commands:
        for finding in examine(tuple(tool for tool in tools if tool.command == command)):
            if finding.path is not None:
                return Program(command, finding.path, finding.version)
    raise MissingToolError(
        f"{', '.join(commands)}: not found, needed to {tools[0].purpose}: source settings64.sh of an installation, "
        f"or install it with {tools[0].install}"
    )


def run_program(program: Program, arguments: Sequence[str], folder: Path, log: Path, timeout_s: float) -> None:
    """Run `program` in `folder`, all that it prints into `log`.

    Raises ToolError, one line that names the log: not finished after `timeout_s` seconds (it is stopped, with all that
    it started), no licence, or any other exit code than 0.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as output:
        process = subprocess.Popen(
            [program.path, *arguments],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = process.wait(timeout_s)
        except subprocess.TimeoutExpired as error:
            _stop(process)
            raise ToolError(
                f"{program.command}: not finished after {timeout_s:g} s, stopped: give a longer --timeout; log: {log}"
            ) from error
        except BaseException:
            _stop(process)
            raise
    text = log.read_text(errors="replace")
    if (code != 0 or ERROR.search(text)) and LICENCE.search(text):
        wanted = WANTED.search(text)
        raise ToolError(
            f"{program.command} {program.version}: no licence{f' for {wanted.group()}' if wanted else ''}: "
            f"set XILINXD_LICENSE_FILE, or take a part that needs none; log: {log}"
        )
    if code != 0:
        first = ERROR.search(text)
        said = first.group().strip() if first else "it named no error"
        raise ToolError(f"{program.command} {program.version} ended with exit code {code}: {said}; log: {log}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the process and all that it started: it leads a session of its own."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()

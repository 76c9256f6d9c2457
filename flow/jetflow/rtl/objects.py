"""g++ on C++ sources, one object each, on all cores; an object is compiled again only when its inputs changed."""

import hashlib
import os
import subprocess
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from jetflow.atomic import write_text
from jetflow.errors import ToolError
from jetflow.tools import require

__all__ = ["Unit", "compile_units", "link"]


@dataclass(frozen=True)
class Unit:
    """A source, its object, g++'s flags, and a digest of the headers that it reads."""

    source: Path
    target: Path
    flags: tuple[str, ...]
    headers: str


def compile_units(units: Iterable[Unit]) -> None:
    """Compile every unit. Raises MissingToolError without g++ and ToolError, naming the log, where it fails."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(_compile, sorted(units, key=lambda unit: -unit.source.stat().st_size)))


def link(objects: Sequence[Path], target: Path) -> None:
    """Link a program. Raises ToolError as above."""
    _run([*map(str, objects), "-pthread"], target)


def _compile(unit: Unit) -> None:
    stamp = unit.target.with_name(f"{unit.target.name}.sha256")
    content = repr((unit.flags, unit.headers)).encode() + unit.source.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if unit.target.is_file() and stamp.is_file() and stamp.read_text() == digest:
        return
    unit.target.parent.mkdir(parents=True, exist_ok=True)
    _run([*unit.flags, "-c", str(unit.source)], unit.target)
    write_text(stamp, digest)


def _run(arguments: list[str], target: Path) -> None:
    part, log = target.with_name(f".{target.name}.{os.getpid()}.part"), target.with_name(f"{target.name}.log")
    with log.open("w") as file:
        command = [require("g++"), *arguments, "-o", str(part)]
        code = subprocess.run(command, stdout=file, stderr=subprocess.STDOUT, check=False).returncode
    if code != 0:
        part.unlink(missing_ok=True)
        errors = [line for line in log.read_text(errors="replace").splitlines() if "error" in line]
        first = f": {errors[0]}" if errors else ""
        raise ToolError(f"g++ ended with exit code {code}{first}; its whole output is in {log}")
    part.replace(target)

"""g++ on the project as it lies on disk: a part is compiled again when a file that it reads changed, and only then."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from jetflow.atomic import write_text
from jetflow.errors import InputError, ToolError
from jetflow.hls.project import Project
from jetflow.tools import require

__all__ = ["Simulation", "compile_simulation"]

FULL = 2**20  # bytes: with less left, g++ failed for want of space

# Exceptions off: with them g++ takes minutes over arrays of ap_types. Neither ap_types nor hls4ml throws.
_FLAGS = ("-std=c++17", "-fno-exceptions", "-Ifirmware/ap_types", "-I.")
_TYPES = Path("firmware/ap_types/etc/ap_private.h")
_SLOW = "clearUnusedBits(void) volatile"  # of ap_types, called after every operation: each value goes through memory


@dataclass(frozen=True)
class Simulation:
    """A compiled C simulation. `fresh`: this call compiled something, else all of it was there from before."""

    binary: Path
    digest: str
    fresh: bool


@dataclass(frozen=True)
class _Unit:
    """One object file: its source, its flags and, beside the headers that all read, the files that it alone reads."""

    name: str
    source: str
    flags: tuple[str, ...]
    reads: tuple[str, ...] = ()


def compile_simulation(project: Project, folder: Path, workers: int | None = None, level: int = 3) -> Simulation:
    """Compile the C simulation of `project` into `folder` (not part of what is handed over), on all cores.

    `level` of g++'s optimisation of the firmware: 0 takes a third of the time, for designs that few events go through.
    Raises MissingToolError without g++ and ToolError, naming the log, where g++ fails.
    """
    tool = require("g++")
    # The firmware sees its weights declared only (see testbench.py): a changed weight compiles one small unit again.
    units = (
        _Unit("firmware", f"firmware/{project.top}.cpp", (f"-O{level}", "-include", "simulation_weights.h")),
        _Unit("testbench", f"{project.top}_test.cpp", ("-O2",)),
        _Unit("weights", "simulation_weights.cpp", ("-O1",), ("firmware/weights/*.h",)),
    )
    version = subprocess.run([tool, "--version"], capture_output=True, text=True, check=False).stdout
    shared = _digest(project.folder, ("*.h", "firmware/*.h", "firmware/nnet_utils/*.h", "firmware/ap_types/**/*.h"))
    digests = [_text(version, shared, unit, _digest(project.folder, (unit.source, *unit.reads))) for unit in units]
    objects = [folder / f"{unit.name}.o" for unit in units]
    try:
        first = f"-I{_registers(project, folder / 'ap_types').resolve()}"
        commands = [[tool, first, *_FLAGS, *unit.flags, "-c", unit.source] for unit in units]
        with ThreadPoolExecutor(workers or os.cpu_count()) as pool:
            made = list(pool.map(_make, commands, objects, digests, [project.folder] * len(units)))
        command = [tool, *(str(path.resolve()) for path in objects)]
        linked = _make(command, folder / "testbench", _text(*digests), project.folder)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror}); choose another --out") from error
    return Simulation(folder / "testbench", _text(*digests), linked or any(made))


def _registers(project: Project, folder: Path) -> Path:
    """A folder whose headers stand before the project's: its ap_private.h without the `volatile` of _SLOW.

    The same arithmetic seven times as fast, as g++ keeps values in registers (measured on jetssd-tower-small).
    """
    path, header = folder / "etc" / _TYPES.name, project.folder / _TYPES
    if header.is_file():  # else g++ says what is missing
        text = header.read_text().replace(_SLOW, _SLOW.removesuffix(" volatile"))
        if not path.is_file() or path.read_text() != text:
            write_text(path, text)
    return folder


def _make(command: list[str], target: Path, digest: str, folder: Path) -> bool:
    """Run `command` in `folder` to make `target`, unless it was made from what has this digest; say whether it ran."""
    stamp, log = (target.with_name(f"{target.name}.{suffix}") for suffix in ("sha256", "log"))
    if target.is_file() and stamp.is_file() and stamp.read_text() == digest:
        return False
    stamp.unlink(missing_ok=True)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    with log.open("w") as file:
        arguments = [*command, "-o", str(part.resolve())]
        code = subprocess.run(arguments, cwd=folder, stdout=file, stderr=subprocess.STDOUT, check=False).returncode
    if code != 0:
        full = shutil.disk_usage(target.parent).free < FULL
        part.unlink(missing_ok=True)
        if full:
            raise InputError(f"{target.parent}: disk full while g++ wrote there: free space or choose another --out")
        errors = [line for line in log.read_text(errors="replace").splitlines() if "error" in line]
        first = f": {errors[0]}" if errors else ""
        raise ToolError(f"g++ ended with exit code {code}{first}; its whole output is in {log}")
    part.replace(target)
    stamp.write_text(digest)
    return True


def _digest(folder: Path, patterns: Iterable[str]) -> str:
    """Of the names and contents of the files in `folder` that match."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in patterns for path in folder.glob(pattern) if path.is_file()}):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder)} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _text(*parts: object) -> str:
    return hashlib.sha256(repr((_FLAGS, _SLOW, parts)).encode()).hexdigest()

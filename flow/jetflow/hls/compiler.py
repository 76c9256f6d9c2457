"""g++ on the project as it lies on disk: compiled again when a byte of it changed, and only then."""

import hashlib
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from jetflow.errors import InputError, MissingToolError, ToolError
from jetflow.hls.project import Project

__all__ = ["Simulation", "compile_simulation"]

# Exceptions off: with them g++ takes minutes over arrays of ap_types. Neither ap_types nor hls4ml throws.
_COMMON = ("-std=c++17", "-fno-exceptions", "-Ifirmware/ap_types", "-I.")
_FIRMWARE = ("-O3", "-include", "simulation_weights.h")
_TESTBENCH = ("-O2",)


@dataclass(frozen=True)
class Simulation:
    """A compiled C simulation. `fresh`: it was compiled by this call, not found from before."""

    binary: Path
    digest: str
    fresh: bool


def compile_simulation(project: Project, folder: Path, workers: int | None = None) -> Simulation:
    """Compile the C simulation of `project` into `folder` (not part of what is handed over), on all cores.

    Raises MissingToolError without g++ and ToolError, naming the log, where g++ fails.
    """
    tool = shutil.which("g++")
    if tool is None:
        raise MissingToolError("g++: not found, the C simulation needs it: install it with `apt-get install g++`")
    units = {
        "firmware": (f"firmware/{project.top}.cpp", _FIRMWARE),
        "testbench": (f"{project.top}_test.cpp", _TESTBENCH),
        "weights": ("simulation_weights.cpp", _TESTBENCH),
    }
    digest = _digest(project.folder, tool, units)
    binary, stamp = folder / "testbench", folder / "testbench.sha256"
    if binary.is_file() and stamp.is_file() and stamp.read_text() == digest:
        return Simulation(binary, digest, False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stamp.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror}); choose another --out") from error
    objects = [str((folder / f"{name}.o").resolve()) for name in units]
    commands = [
        [tool, *_COMMON, *flags, "-c", source, "-o", target]
        for (source, flags), target in zip(units.values(), objects, strict=True)
    ]
    logs = [folder / f"{name}.log" for name in units]
    with ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        list(pool.map(_run, commands, [project.folder] * len(units), logs))
    part = folder / f".testbench.{os.getpid()}.part"
    _run([tool, *objects, "-o", str(part.resolve())], project.folder, folder / "link.log")
    part.replace(binary)
    stamp.write_text(digest)
    return Simulation(binary, digest, True)


def _run(command: list[str], folder: Path, log: Path) -> None:
    with log.open("w") as file:
        code = subprocess.run(command, cwd=folder, stdout=file, stderr=subprocess.STDOUT, check=False).returncode
    if code != 0:
        errors = [line for line in log.read_text(errors="replace").splitlines() if "error" in line]
        first = f": {errors[0]}" if errors else ""
        raise ToolError(f"g++ ended with exit code {code}{first}; its whole output is in {log}")


def _digest(folder: Path, tool: str, units: dict[str, tuple[str, tuple[str, ...]]]) -> str:
    """Of every source file, the commands and the compiler's version."""
    version = subprocess.run([tool, "--version"], capture_output=True, text=True, check=False).stdout
    digest = hashlib.sha256(repr((version, _COMMON, units)).encode())
    for path in sorted([*folder.glob("*.cpp"), *folder.glob("*.h"), *(folder / "firmware").rglob("*")]):
        if path.is_file():
            content = path.read_bytes()
            digest.update(f"{path.relative_to(folder)} {len(content)}\n".encode() + content)
    return digest.hexdigest()

"""Verilator: a design and the testbench of tb/rtl as a program, built once for each content."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from jetflow.atomic import atomic_path, write_text
from jetflow.cache import cache_folder
from jetflow.checkout import CHECKOUT
from jetflow.errors import InputError, ToolError
from jetflow.rtl.design import Design
from jetflow.rtl.harness import harness
from jetflow.rtl.objects import Unit, compile_units, link
from jetflow.rtl.packages import package_folder
from jetflow.tools import require

__all__ = ["Model", "compile_model", "lint"]

_FLAGS = ("--cc", "-O3", "--x-assign", "fast", "--x-initial", "fast", "--noassert", "--output-split", "20000")
_PACKAGE = "verilator"
_RECORDED = "recorded.vlt"
_RUNTIME = ("verilated.cpp", "verilated_threads.cpp")
_WAVEFORM = ("verilated_vcd_c.cpp",)


@dataclass(frozen=True)
class Model:
    """A compiled simulation. `fresh`: this call compiled it."""

    binary: Path
    digest: str
    fresh: bool


def lint(design: Design) -> str:
    """Verilator's warnings on the design (all of them switched on); empty if there is none."""
    run = _run(["--lint-only", "-Wall", "--top-module", design.plan.top, *map(str, design.sources)], design.folder)
    return "" if run.returncode == 0 else run.stdout


def compile_model(design: Design, folder: Path, trace: bool = False) -> Model:
    """Build the simulation of `design` into `folder`/model (model_trace with a waveform), unless it is there already.

    The program is also kept by the digest of all that it is made from, for other builds of the same design. Raises
    MissingToolError without Verilator, perl or g++, ToolError, naming the log, where one of them fails.
    """
    root, header = package_folder(_PACKAGE), harness(design.plan)
    testbench = CHECKOUT / "tb" / "rtl" / "testbench.cpp"
    target = (folder / ("model_trace" if trace else "model")).resolve()
    flags, recorded = (*_FLAGS, *(["--trace-vcd"] if trace else [])), _recorded(design) if trace else ""
    digest = hashlib.sha256(repr((flags, recorded, header, version(_PACKAGE))).encode())
    for path in (*design.sources, testbench):
        digest.update(path.name.encode() + path.read_bytes())
    stamp, binary = target / "sha256", target / "testbench"
    if binary.is_file() and stamp.is_file() and stamp.read_text() == digest.hexdigest():
        return Model(binary, digest.hexdigest(), fresh=False)
    require("g++")
    kept = cache_folder("verilated") / digest.hexdigest()
    try:
        if kept.is_file():
            target.mkdir(parents=True, exist_ok=True)
            with atomic_path(binary) as part:
                shutil.copy(kept, part)
            write_text(stamp, digest.hexdigest())
            return Model(binary, digest.hexdigest(), fresh=False)
        stamp.unlink(missing_ok=True)
        for path in target.glob("V*"):
            path.unlink()
        target.mkdir(parents=True, exist_ok=True)
        (target / "design.h").write_text(header)
        if trace:
            (target / _RECORDED).write_text(recorded)
        _translate(design, target, flags, [str(target / _RECORDED)] if trace else [])
        _compile(target, testbench, root, trace)
        with atomic_path(kept) as part:
            shutil.copy(binary, part)
        write_text(stamp, digest.hexdigest())
    except OSError as error:
        raise InputError(f"{target}: cannot be written ({error.strerror}); choose another --out") from error
    return Model(binary, digest.hexdigest(), fresh=True)


def _recorded(design: Design) -> str:
    """What a waveform holds, for Verilator: the top module, so all streams; with its layers it would be gigabytes."""
    inside = [path.name for path in design.sources if path.stem != design.plan.top]
    return "".join(["`verilator_config\n", *(f'tracing_off -file "*/{name}"\n' for name in inside)])


def _translate(design: Design, target: Path, flags: tuple[str, ...], settings: list[str]) -> None:
    """Verilog to C++."""
    arguments = [*flags, "--top-module", design.plan.top, "--Mdir", str(target), *settings]
    run = _run([*arguments, *(str(path.resolve()) for path in design.sources)], target)
    (target / "log").write_text(run.stdout)
    if run.returncode != 0:
        errors = [line for line in run.stdout.splitlines() if "rror" in line]
        first = f": {errors[0]}" if errors else ""
        raise ToolError(
            f"verilator ended with exit code {run.returncode}{first}; its whole output is in {target / 'log'}"
        )


def _compile(target: Path, testbench: Path, root: Path, trace: bool) -> None:
    """C++ to a program. Verilator's runtime is compiled once for all designs."""
    include = root / "include"
    tracing = (f"-DVM_TRACE={int(trace)}", f"-DVM_TRACE_VCD={int(trace)}")
    common = ("-std=c++17", "-DVERILATOR=1", "-DVM_COVERAGE=0", "-DVM_SC=0", "-DVM_TIMING=0", "-DVM_TRACE_FST=0")
    flags = (*common, "-DVM_TRACE_SAIF=0", *tracing, f"-I{include}", f"-I{include / 'vltstd'}", f"-I{target}")
    headers = _digest(target.glob("*.h"))
    # -O1 takes g++ eight times as long as -O0, and the default network simulates fast enough without.
    units = [Unit(path, target / f"{path.stem}.o", ("-O0", *flags), headers) for path in sorted(target.glob("V*.cpp"))]
    units.append(Unit(testbench, target / "testbench.o", ("-O1", *flags), headers))
    kept = (
        cache_folder("verilator") / hashlib.sha256(f"{version(_PACKAGE)} {include} {trace}".encode()).hexdigest()[:16]
    )
    runtime = [include / name for name in (*_RUNTIME, *(_WAVEFORM if trace else ()))]
    units += [Unit(path, kept / f"{path.stem}.o", ("-O2", *flags[:-1]), version(_PACKAGE)) for path in runtime]
    compile_units(units)
    link([unit.target for unit in units], target / "testbench")


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _run(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    root = package_folder(_PACKAGE)
    environment = os.environ | {"VERILATOR_ROOT": str(root)}
    command = [require("perl"), str(root / "bin" / "verilator"), *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )

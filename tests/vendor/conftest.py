"""Fake vendor programs on PATH, which leave reports recorded in the layouts of several versions."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

REPORTS = Path(__file__).with_name("reports")
FAKE = """#!/bin/sh
case "$*" in *version*) echo "{name} v{version} (64-bit)"; exit 0;; esac
echo "run with $*"
{body}
"""

Fake = Callable[..., Path]


@pytest.fixture
def reports() -> Path:
    """The folder of recorded reports."""
    return REPORTS


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """fake(name, body, version): a program of this name, a shell script, the only vendor tool on PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.defpath}")

    def make(name: str, body: str, version: str = "2023.2") -> Path:
        path = folder / name
        path.write_text(FAKE.format(name=name, version=version, body=body))
        path.chmod(0o755)
        return path

    return make

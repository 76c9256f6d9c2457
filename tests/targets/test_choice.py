"""Options of one flow that are given to another are refused in one line."""

from pathlib import Path

import pytest

from jetflow.errors import InputError
from jetflow.targets import check_rtl


def test_the_open_rtls_options() -> None:
    assert check_rtl("fpga", "rtl", None, None, None) == (1, "latency", None)
    assert check_rtl("fpga", "both", 4, "area", 1000) == (4, "area", 1000)
    assert check_rtl("fpga", "hls", None, None, None) == (1, "latency", None)


@pytest.mark.parametrize(
    ("target", "flow", "given", "text"),
    [
        (
            "fpga",
            "hls",
            (4, None, None),
            "--pixels-per-clock 4: is for the open RTL of --target fpga: add `--flow rtl`",
        ),
        ("fpga", "hls", (None, "area", None), "--minimise area: is for the open RTL"),
        ("dsp", "onnx", (None, None, 9), "--max-lut 9: is for the open RTL of --target fpga: leave it out"),
    ],
)
def test_what_does_not_go_together(target: str, flow: str, given: tuple[None, None, None], text: str) -> None:
    with pytest.raises(InputError, match=text):
        check_rtl(target, flow, *given)


def test_a_file_that_says_all_leaves_nothing_to_choose() -> None:
    path = Path("layers.json")
    assert check_rtl("fpga", "rtl", 2, None, None, path) == (2, "latency", None)
    with pytest.raises(InputError, match=r"layers\.json: says how every layer is built: leave --max-lut out"):
        check_rtl("fpga", "rtl", None, None, 9, path)
    with pytest.raises(InputError, match=r"--implementations layers\.json: is for the open RTL"):
        check_rtl("fpga", "hls", None, None, None, path)

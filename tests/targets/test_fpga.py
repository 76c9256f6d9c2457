"""Part numbers."""

import pytest

from jetflow.errors import InputError
from jetflow.targets import check_goal, find_part


def test_the_default_part() -> None:
    part = find_part("xcvu13p-flga2577-2-e")
    assert part.number == "xcvu13p-flga2577-2-e"
    assert part.device.family == "Virtex UltraScale+"
    assert part.device.bram18 == 2 * 2688  # 36 Kb blocks in the vendor's table


@pytest.mark.parametrize(
    "number", ["xcvu99p-flga2577-2-e", "xcvu13p", "", "xcvu13p-", "xcvu13p-flga2577; rm", "../x-1"]
)
def test_an_unknown_part_is_one_line_that_names_the_known_ones(number: str) -> None:
    with pytest.raises(InputError) as caught:
        find_part(number)
    assert "xcvu13p" in str(caught.value)
    assert f"--part {number}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_one_goal_of_an_hls_project_is_taken_and_others_are_refused() -> None:
    assert check_goal("fpga", "both", None, 20.0, None) == (None, 20.0, None)
    assert check_goal("dsp", "onnx", None, None, None) == (None, None, None)
    with pytest.raises(InputError, match="--target-ii and --target-rate-khz: give one"):
        check_goal("fpga", "hls", 5, None, 5.0)
    for target, flow in (("dsp", "onnx"), ("fpga", "rtl")):
        with pytest.raises(InputError, match="--target-ii: is for the HLS project"):
            check_goal(target, flow, 5, None, None)

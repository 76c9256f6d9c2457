"""Part numbers."""

import pytest

from jetflow.errors import InputError
from jetflow.targets import find_part


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

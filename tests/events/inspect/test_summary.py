"""The tables of `jetflow data inspect`: every figure whole, in 80 columns."""

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from jetflow.events import open_events
from jetflow.events.inspect.contents import read_contents
from jetflow.events.inspect.summary import summary


@pytest.mark.parametrize("scale", [1, 100])
def test_nothing_is_cut_off(heavy: Path, scale: int) -> None:
    """With the longest name, that of soft-drop masses, and with sums of a hundred thousand GeV."""
    out = StringIO()
    with open_events(heavy) as file:
        contents = read_contents(file)
        contents.jets["baseline"].columns["msd"][:] *= scale
        contents.et[:] *= scale
        Console(width=80, file=out).print(*summary(file, contents))
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert "\N{HORIZONTAL ELLIPSIS}" not in out.getvalue()
    assert any("baseline jets, soft-drop mass [GeV]" in line for line in lines)

"""The open RTL's time for an image of the papers' size stands beside what was published."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jetflow.report import rtl
from jetflow.rtl import Mapped, Mapping, Timing

CELLS = Mapped(120_000, 200_000, 300, 0, 5_000, 0, 3_000)


def section(shape: tuple[int, int, int], folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    settings = SimpleNamespace(
        part="xcvu13p-flga2577-2-e", clock_mhz=300.0, pixels_per_clock=1, model="net", precision="twn"
    )
    build = SimpleNamespace(folder=folder, settings=settings, graph=SimpleNamespace(input=SimpleNamespace(shape=shape)))
    monkeypatch.setattr(rtl, "read_timing", lambda _: Timing(136_200, 123_000))
    monkeypatch.setattr(rtl, "read_mapping", lambda _: Mapping({"layer": CELLS}, "0"))
    monkeypatch.setattr(rtl, "read_sharing", lambda _: None)
    monkeypatch.setattr(rtl, "clock_of", lambda *_: "assumed")
    return rtl.rtl_section(build)


def test_the_papers_image_is_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, *others = section((340, 360, 3), tmp_path, monkeypatch).platforms
    assert (ours.platform, ours.time_ms, ours.kind) == ("xcvu13p, open RTL", 0.454, "simulated")
    assert ours.source == "136,200 cycles at 300 MHz (clock assumed); 120,000 LUT, 5,000 DSP (mapped)"
    published = {(row.platform, row.time_ms): row.source for row in others}
    assert published["10 x CEVA SP1000 + controller", 0.9] == published["Nvidia Tesla V100", 1.1] == "paper, table 3"


def test_another_image_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert section((68, 72, 2), tmp_path, monkeypatch).platforms == ()

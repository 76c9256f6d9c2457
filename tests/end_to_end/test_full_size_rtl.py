"""PFJet-SSD at 340 x 360 as open RTL, from the shipped weights and the shipped choice of implementations."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from jetflow.cache import cache_folder
from jetflow.checkout import CHECKOUT
from jetflow.events import load_counts
from jetflow.firmware import read_implementations
from jetflow.model import find_model
from jetflow.rtl import Design, check_choices, choices_from, compile_model, map_design, simulate, write_design
from jetflow.shipped_events import shipped_events

PIXELS = 340 * 360
WORDS = 44 * 46 * (2 + 4 + 1)

pytestmark = pytest.mark.nightly


@pytest.fixture(scope="module")
def design(tmp_path_factory: pytest.TempPathFactory) -> Design:
    graph = find_model("pfjetssd").firmware_graph("twn")
    choices = choices_from(read_implementations(CHECKOUT / "models" / "pfjetssd" / "open-rtl.json"))
    check_choices(graph, choices)
    return write_design(graph, tmp_path_factory.mktemp("pfjetssd") / "rtl", cache_folder("adders"), choices)


@pytest.fixture(scope="module")
def event() -> Callable[[int], np.ndarray]:
    config = find_model("pfjetssd").config.input
    path = shipped_events(config.channels)
    return lambda n: load_counts(path, config.channels, config.shape, config.lsb_gev, config.bits, n, n + 1)


def test_a_real_event_equals_the_reference(design: Design, event: Callable[[int], np.ndarray], tmp_path: Path) -> None:
    result, timing = simulate(design, compile_model(design, tmp_path), event(0))
    assert sum(node.words for node in result.nodes) == WORDS
    assert result.differing == 0 and result.first is None
    assert timing.latency_cycles <= 1.12 * PIXELS


def test_it_takes_150_thousand_luts(design: Design) -> None:
    mapping = map_design(design, cache_folder("mapped"))
    assert mapping.total.lut <= 150_000
    sums = [path for path in design.sources if path.stem.startswith("layer_") and path.stem.endswith("_sums")]
    assert len(sums) == 16 and not [path for path in sums if " * " in path.read_text()]  # ternary: no multiplier

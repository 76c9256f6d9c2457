"""The rule-based baseline on jets made by hand."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jetflow.errors import InputError
from jetflow.events import EventFile, open_events
from jetflow.events.block import Block, Table
from jetflow.events.files.schema import BASELINE
from jetflow.events.files.writer import write_events
from jetflow.physics import Detections
from jetflow.physics.baseline import baseline_detections

Jet = dict[str, float]
Write = Callable[..., EventFile]


@pytest.fixture
def write(sample: Path, tmp_path: Path) -> Write:
    """Makes a file of the sample's first events with these baseline jets, and opens it."""

    def make(*events: list[Jet]) -> EventFile:
        plain = {"eta": 0.5, "phi": 1.0, "pt": 300.0, "msd": 80.0, "tau1": 0.5, "tau2": 0.2, "tau3": 0.1}
        rows = [plain | jet for event in events for jet in event]
        offsets = np.concatenate([[0], np.cumsum([len(event) for event in events])]).astype(np.int64)
        jets = Table(offsets, {name: np.array([row[name] for row in rows], np.float32) for name in BASELINE})
        with open_events(sample) as file:
            block = file.block(0, len(events))
            tables: dict[str, Any] = block.tables | {"baseline": jets}
            out = tmp_path / "jets.h5"
            write_events(out, [Block(block.scalars, tables)], file.grid, list(file.process_names), file.provenance)
        return open_events(out)

    return make


def found(detections: Detections) -> list[tuple[int, int, float]]:
    """(event, class, score) of every detection."""
    score = [round(value, 3) for value in detections.score.tolist()]
    return list(zip(detections.event.tolist(), detections.class_id.tolist(), score, strict=True))


@pytest.mark.parametrize(
    ("mass", "paper1", "paper2"),
    [
        (0.0, [(1, 0.5)], []),
        (64.0, [(1, 0.5)], []),
        (66.0, [(2, 0.6)], [(2, 0.6)]),
        (104.0, [(2, 0.6)], [(2, 0.6)]),
        (106.0, [(2, 0.6), (3, 0.5)], [(1, 0.5), (3, 0.6)]),
        (139.0, [(2, 0.6), (3, 0.5)], [(1, 0.5), (3, 0.6)]),
        (141.0, [(3, 0.5)], [(1, 0.5)]),
        (209.0, [(3, 0.5)], [(1, 0.5)]),
        (211.0, [], []),
    ],
)
def test_windows_and_scores(
    write: Write, mass: float, paper1: list[tuple[int, float]], paper2: list[tuple[int, float]]
) -> None:
    """tau 0.5, 0.2, 0.1: 1 - tau1 = .5 of one prong, 1 - tau21 = .6 of two, 1 - tau32 = .5 of three."""
    with write([{"msd": mass}]) as file:
        assert found(baseline_detections(file, "paper1")) == [(0, *pair) for pair in paper1]
        assert found(baseline_detections(file, "paper2")) == [(0, *pair) for pair in paper2]


def test_what_is_regressed(write: Write) -> None:
    """Soft-drop mass in paper 1, pT in paper 2."""
    with write([{"msd": 90.0, "pt": 450.0}]) as file:
        assert [baseline_detections(file, scheme).regressed.tolist() for scheme in ("paper1", "paper2")] == [
            [90],
            [450],
        ]


def test_order_and_events(write: Write) -> None:
    """Sorted by event, class, falling score; events without jets are passed over; a slice counts from its start."""
    first = [{"msd": 80, "tau2": 0.4}, {"msd": 80, "tau2": 0.1}, {"msd": 20}]
    with write(first, [], [{"msd": 170}, {"msd": 170, "eta": 2.97}]) as file:
        assert found(baseline_detections(file, "paper1")) == [(0, 1, 0.5), (0, 2, 0.8), (0, 2, 0.2), (2, 3, 0.5)]
        assert found(baseline_detections(file, "paper1", 2)) == [(0, 3, 0.5)]
        assert found(baseline_detections(file, "paper2")) == [(0, 2, 0.8), (0, 2, 0.2), (2, 1, 0.5)]


def test_a_jet_of_few_constituents_has_score_0(write: Write) -> None:
    with write([{"msd": 150, "tau1": 0.1, "tau2": 0.0, "tau3": 0.0}]) as file:
        assert found(baseline_detections(file, "paper1")) == [(0, 3, 0.0)]
        assert found(baseline_detections(file, "paper2")) == [(0, 1, 0.0)]


def test_bad_calls(sample: Path, write: Write) -> None:
    with write([{}]) as file, pytest.raises(InputError, match="found scheme 'atlas-jets'; paper1 and paper2"):
        baseline_detections(file, "atlas-jets")
    with open_events(sample) as file:
        for scheme in ("paper1", "paper2"):
            with pytest.raises(InputError, match=r"sample-256\.h5: baseline: absent"):
                baseline_detections(file, scheme)

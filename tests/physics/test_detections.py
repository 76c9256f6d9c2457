"""Heads to jets on hand-made maps: scores, positions, suppression, the best of an event."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jetflow.config import ModelConfig, load_config
from jetflow.networks import Anchors
from jetflow.physics import Detections, detect

# the tiny config's map: 4 x 6 cells of 0.174 x pi/3, boxes of 0.8 x 0.8, offsets in units of 0.08
OFF = -20.0
STEP = np.pi / 3


class Heads:
    """Heads' values of `events` empty maps, to put jets into."""

    def __init__(self, events: int = 1) -> None:
        self.offsets = np.zeros((events, 4, 6, 2), np.float32)
        self.logits = np.full((events, 4, 6, 4), OFF, np.float32)
        self.logits[..., 0] = 0
        self.mass = np.zeros((events, 4, 6, 1), np.float32)

    def jet(
        self,
        row: int,
        column: int,
        class_id: int,
        probability: float,
        event: int = 0,
        shift: tuple[float, float] = (0, 0),
    ) -> None:
        """A cell whose softmax gives the class `probability` and the background the rest; moved by `shift`."""
        self.logits[event, row, column] = OFF
        self.logits[event, row, column, [0, class_id]] = np.log([1 - probability, probability])
        self.offsets[event, row, column] = np.array(shift) / 0.08
        self.mass[event, row, column] = (10 * row + column) / 128

    def detect(self, config: ModelConfig) -> Detections:
        return detect(config, self.offsets, self.logits, self.mass)


def test_one_jet(config: ModelConfig) -> None:
    heads = Heads(3)
    heads.jet(2, 5, 3, 0.75, event=1, shift=(0.05, -0.1))
    found = heads.detect(config)
    centre = Anchors.of(config).centres[2, 5]
    assert found.event.tolist() == [1]
    assert found.class_id.tolist() == [3]
    assert found.score.tolist() == pytest.approx([0.75], abs=1e-6)
    assert (found.eta[0], found.phi[0]) == pytest.approx((centre[0] + 0.05, centre[1] - 0.1), abs=1e-6)
    assert found.regressed.tolist() == pytest.approx([25.0])


def test_nothing(config: ModelConfig) -> None:
    assert len(Heads(2).detect(config)) == 0
    assert len(Heads(0).detect(config)) == 0


def test_threshold(config: ModelConfig) -> None:
    """0.01: above passes, below does not."""
    heads = Heads()
    heads.jet(0, 0, 1, 0.011)
    heads.jet(3, 3, 1, 0.009)
    assert heads.detect(config).regressed.tolist() == [0.0]


def test_suppression_by_hand(config: ModelConfig) -> None:
    """Boxes of side 0.8 moved by d in eta overlap by IoU (0.8 - d) / (0.8 + d): at most 0.25 from d = 0.48 on."""
    for apart, kept in ((0.47, [0.9]), (0.49, [0.9, 0.6])):
        heads = Heads()
        heads.jet(1, 2, 1, 0.9)
        heads.jet(2, 2, 1, 0.6, shift=(apart - 0.174, 0))
        assert heads.detect(config).score.tolist() == pytest.approx(kept, abs=1e-6)


def test_suppression_across_the_seam(config: ModelConfig) -> None:
    """Columns 0 and 5 are neighbours: moved towards each other by half a column they lie on one spot."""
    heads = Heads()
    heads.jet(1, 0, 1, 0.6, shift=(0, -STEP / 2 + 0.01))
    heads.jet(1, 5, 1, 0.9, shift=(0, STEP / 2 - 0.01))
    assert heads.detect(config).regressed.tolist() == [15.0]


def test_a_suppressed_jet_suppresses_nothing(config: ModelConfig) -> None:
    """Three in a row, 0.4 apart: the middle one goes, so the last one, 0.8 from the first, stays."""
    heads = Heads()
    heads.jet(0, 2, 1, 0.9)
    heads.jet(1, 2, 1, 0.8, shift=(0.4 - 0.174, 0))
    heads.jet(2, 2, 1, 0.7, shift=(0.8 - 2 * 0.174, 0))
    assert heads.detect(config).regressed.tolist() == [2.0, 22.0]


def test_classes_do_not_suppress_each_other(config: ModelConfig) -> None:
    """Nor do events; they come sorted by event, class and falling score."""
    heads = Heads(2)
    heads.jet(1, 2, 3, 0.9)
    heads.jet(2, 2, 1, 0.6)
    heads.jet(2, 5, 1, 0.7)
    heads.jet(1, 2, 1, 0.5, event=1)
    found = heads.detect(config)
    assert found.event.tolist() == [0, 0, 0, 1]
    assert found.class_id.tolist() == [1, 1, 3, 1]
    assert found.score.tolist() == pytest.approx([0.7, 0.6, 0.9, 0.5], abs=1e-6)


@pytest.mark.parametrize("tied", [False, True])
def test_the_best_of_an_event(
    recipe: dict[str, Any], write_recipe: Callable[[dict[str, Any]], Path], tied: bool
) -> None:
    """No more than `top` over all classes, equal scores or not."""
    recipe["detection"] = {"top": 2}
    heads = Heads()
    for column, class_id in ((0, 1), (2, 2), (4, 3)):
        heads.jet(1, column, class_id, 0.5 if tied else 0.9 - 0.1 * class_id)
    found = heads.detect(load_config(write_recipe(recipe)))
    assert found.class_id.tolist() == [1, 2]

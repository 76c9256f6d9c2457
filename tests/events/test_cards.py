"""Every card that is shipped makes events; the CMS card makes those of the sample in the repository."""

from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from jetflow.events import EventFile, open_events
from jetflow.events.card import load_card
from jetflow.events.generation import generate
from jetflow.events.request import Request
from jetflow.events.schema import CALORIMETER, COLLECTIONS

CARDS = sorted(path.name.removesuffix(".yaml") for path in (resources.files("jetflow.events") / "cards").iterdir())


@pytest.mark.parametrize("card", CARDS)
def test_every_card_makes_events(tmp_path: Path, card: str) -> None:
    """Both images on the card's grid; without pileup they hold the same ET, muons and fluctuations aside."""
    generate(Request(processes=("bb",), events=20, mass=(2000.0, 2000.0), card=card), tmp_path / "few.h5")
    with open_events(tmp_path / "few.h5") as file:
        file.check()
        assert file.collections == COLLECTIONS
        assert file.grid == load_card(card).cells
        calorimeter = file.image_et(CALORIMETER, "tower").sum()
        flow = file.image_et(("track", "photon", "neutral"), "tower").sum()
    assert abs(flow / calorimeter - 1) < 0.1


@pytest.mark.nightly
def test_the_sample_is_made_again(tmp_path: Path, sample: Path) -> None:
    """Its seed gives the same calorimeter images, made before there were tracks: their random stream is their own."""
    request = Request(pileup=(0.0, 50.0), events=256, seed=256)
    generate(request, tmp_path / "again.h5", workers=2)
    with EventFile.open(sample) as first, EventFile.open(tmp_path / "again.h5") as second:
        assert np.array_equal(first.images(CALORIMETER, "crystal"), second.images(CALORIMETER, "crystal"))
        assert np.array_equal(first.npu, second.npu)
        assert all(np.array_equal(first.truth().columns[key], second.truth().columns[key]) for key in ("pdg", "pt"))

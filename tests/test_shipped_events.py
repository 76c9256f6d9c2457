"""The events that a build is verified on by default hold what each shipped network reads, and are not too many."""

import pytest

from jetflow.errors import InputError
from jetflow.events import load_counts, open_events
from jetflow.model import find_model, model_names
from jetflow.shipped_events import shipped_events, shipped_number
from jetflow.size import model_size

CMS = [name for name in model_names() if not name.startswith("atlas")]  # those are of another detector


@pytest.mark.parametrize("name", CMS)
def test_every_model_of_this_detector_has_events(name: str) -> None:
    image = find_model(name).config.input
    counts = load_counts(shipped_events(image.channels), image.channels, image.shape, image.lsb_gev, image.bits, 0, 2)
    assert counts.shape == (2, *image.shape) and counts[..., 0].any()


def test_there_are_as_many_as_wanted() -> None:
    wanted = {"jetssd-tower-small": 128, "jetssd-tower": 128, "jetssd-tower-wide": 128, "pfjetssd": 11, "jetssd": 2}
    for name, number in wanted.items():
        config = find_model(name).config
        assert shipped_number(model_size(config)["macs"]) == number
        with open_events(shipped_events(config.input.channels)) as file:
            assert len(file) >= number


def test_no_events_of_these_channels() -> None:
    with pytest.raises(InputError, match="--events: no events of muon, ecal come with jetflow: give a file"):
        shipped_events(("muon", "ecal"))

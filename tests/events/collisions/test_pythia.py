"""Pythia: what it refuses is said in one line, with its own words; nothing of it reaches the terminal."""

import pytest

from jetflow.errors import InputError
from jetflow.events.collisions.pythia import Pythia


@pytest.mark.parametrize(
    ("mass", "seed", "ecm", "reason"),
    [
        (20_000.0, 1, 8000.0, "all processes have vanishing cross sections"),
        (1000.0, 1, -5.0, r"value is out of range: Beams:eCM=-5"),
        (1000.0, 10**10, 13_000.0, "value not meaningful: Random:seed=10000000000"),
    ],
)
def test_refused_settings(capfd: pytest.CaptureFixture[str], mass: float, seed: int, ecm: float, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        Pythia("tt", mass, seed, ecm)
    assert "\n" not in str(caught.value)
    assert f"graviton {mass:g} GeV" in str(caught.value)
    assert "choose another" in str(caught.value)
    assert capfd.readouterr() == ("", "")

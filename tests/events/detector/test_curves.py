"""Tables of a card by |eta| and pT: their values, against a loop, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from jetflow.events.detector.card import load_card
from jetflow.events.detector.curves import Curve

TRACKER = load_card().tracker


@pytest.mark.parametrize(
    ("kind", "eta", "pt", "efficiency", "resolution"),
    [
        ("hadron", 0.1, 0.5, 0.96 * 0.5, 0.004579),
        ("hadron", -0.1, 5.0, 0.97, 0.004579 + 0.000045 * 4),
        ("hadron", 1.3, 50.0, 0.87, 0.013616 + 0.000035 * 40),
        ("hadron", -3.9, 300.0, 0.82, 0.069617 * 3),
        ("hadron", 0.1, 0.19, 0.0, 0.004579),
        ("hadron", 4.1, 50.0, 0.0, 0.0),
        ("electron", 2.0, 5.0, 0.82 + 0.01 * 5, 0.038),
        ("electron", 3.0, 50.0, 0.85, 0.10),
        ("electron", 0.0, 0.3, 0.96 * 0.3, 0.028),
        ("muon", 2.6, 0.5, 0.5, 0.01),
        ("muon", 3.0, 200.0, 0.95, 0.02),
    ],
)
def test_the_cards_tables(kind: str, eta: float, pt: float, efficiency: float, resolution: float) -> None:
    """Numbers of the authors' Delphes card, by hand."""
    found = getattr(TRACKER, kind)
    at = np.array([eta]), np.array([pt])
    assert found.efficiency.at(*at)[0] == pytest.approx(efficiency, abs=1e-12)
    assert found.resolution.at(*at)[0] == pytest.approx(resolution, abs=1e-12)


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(0.01, 2000)), max_size=20))
def test_against_a_loop(points: list[tuple[float, float]]) -> None:
    curve = load_card("atlas").tracker.hadron.resolution
    found = curve.at(np.array([eta for eta, _ in points]), np.array([pt for _, pt in points]))
    for value, (eta, pt) in zip(found, points, strict=True):
        region = next((region for region in curve.root if abs(eta) < region.eta_max), None)
        expected = 0.0
        for start, at, slope in region.steps if region else ():
            if pt >= start:
                expected = np.hypot(at + slope * (pt - start), region.curvature * pt)
        assert value == pytest.approx(expected)


@pytest.mark.parametrize(
    "regions",
    [
        [],
        [{"eta_max": 1, "steps": []}],
        [{"eta_max": 1, "steps": [[1, 0.5, 0], [1, 0.6, 0]]}],
        [{"eta_max": 1, "steps": [[0, -0.5, 0]]}],
        [{"eta_max": 2, "steps": [[0, 1, 0]]}, {"eta_max": 1, "steps": [[0, 1, 0]]}],
    ],
)
def test_impossible_tables(regions: list[dict[str, object]]) -> None:
    with pytest.raises(ValidationError):
        Curve.model_validate(regions)

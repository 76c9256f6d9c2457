"""Baseline jets on jets made by hand: kinematics, soft-drop mass of two prongs, N-subjettiness of one to three."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetflow.events.jets.baseline import BaselineJets, baseline_jets
from jetflow.events.jets.softkiller import Candidates

ETA_MAX = 2.958
Prong = tuple[float, float, float]  # pt, eta, phi


def cluster(*events: list[Prong]) -> BaselineJets:
    flat = np.array([prong for event in events for prong in event], float).reshape(-1, 3)
    offsets = np.concatenate([[0], np.cumsum([len(event) for event in events])])
    charged = np.zeros(len(flat), bool)
    return baseline_jets(Candidates(offsets, flat[:, 0], flat[:, 1], flat[:, 2], charged), ETA_MAX)


def spray(pt: float, eta: float, phi: float, width: float = 0.02) -> list[Prong]:
    """A prong of nine candidates within `width`."""
    return [(pt / 9, eta + width * i, phi + width * j) for i in (-1, 0, 1) for j in (-1, 0, 1)]


def mass_of_two(first: Prong, second: Prong) -> float:
    """m^2 = 2 pT1 pT2 (cosh d_eta - cos d_phi) of two massless prongs."""
    return float(np.sqrt(2 * first[0] * second[0] * (np.cosh(first[1] - second[1]) - np.cos(first[2] - second[2]))))


prongs = st.tuples(st.floats(0.15, 0.5), st.floats(-1.5, 1.5), st.floats(-3.1, 3.1), st.floats(0.1, 0.6))


@given(prongs)
def test_soft_drop_keeps_two_hard_prongs(drawn: tuple[float, float, float, float]) -> None:
    """z above the cut of 0.1: the mass is that of two massless bodies."""
    z, eta, phi, apart = drawn
    pair = [(400 * (1 - z), eta, phi), (400 * z, eta + apart * 0.6, phi + apart * 0.8)]
    jets = cluster(pair)
    assert jets.msd == pytest.approx([mass_of_two(*pair)], rel=1e-4)
    assert jets.tau1[0] > 0
    assert jets.tau2[0] == jets.tau3[0] == 0, "two constituents: nothing is left beside two axes"


def test_soft_drop_removes_a_soft_prong() -> None:
    """z = 0.09: what is left is the hard prong, massless; z = 0.11 is kept."""
    for z, kept in ((0.09, False), (0.11, True)):
        pair = [(500 * (1 - z), 0.0, 0.0), (500 * z, 0.5, 0.0)]
        jets = cluster(pair)
        assert jets.msd[0] == pytest.approx(mass_of_two(*pair) if kept else 0.0, abs=1e-2)
        assert jets.pt[0] == pytest.approx(500.0)


def test_prongs_are_counted() -> None:
    """tau_N falls sharply at N = number of prongs."""
    one, two, three = (0.0, 0.0), (0.3, 0.0), (0.0, 0.35)
    events = [[c for axis in axes for c in spray(300, *axis)] for axes in ([one], [one, two], [one, two, three])]
    jets = cluster(*events)
    tau21, tau32 = jets.tau2 / jets.tau1, jets.tau3 / jets.tau2
    assert jets.offsets.tolist() == [0, 1, 2, 3]
    assert tau21[1] < 0.2 < 0.5 < tau21[0]
    assert tau32[2] < 0.2 < 0.5 < tau32[1]
    assert jets.tau1[0] == pytest.approx(np.mean([0, *[0.02] * 4, *[0.02 * 2**0.5] * 4]) / 0.8, rel=0.02)


def test_one_constituent_and_none() -> None:
    jets = cluster([], [(300.0, 1.0, 2.0)], [], [(150.0, 0.0, 0.0)], [])
    assert jets.offsets.tolist() == [0, 0, 1, 1, 1, 1]
    assert [float(getattr(jets, name)[0]) for name in ("msd", "tau1", "tau2", "tau3")] == [0, 0, 0, 0]
    assert [jets.pt[0], jets.eta[0], jets.phi[0]] == pytest.approx([300.0, 1.0, 2.0])
    assert len(cluster([], []).pt) == 0


def test_jets_across_the_seam_of_phi() -> None:
    jets = cluster([(150.0, 0.0, np.pi - 0.1), (150.0, 0.0, -np.pi + 0.1)])
    assert len(jets.pt) == 1
    assert abs(jets.phi[0]) == pytest.approx(np.pi, abs=1e-5)
    assert jets.msd[0] == pytest.approx(mass_of_two((150, 0, 0), (150, 0, 0.2)), rel=1e-4)


def test_pt_falls_and_substructure_goes_along() -> None:
    """The harder jet is single, the softer one has two prongs: columns are not mixed up."""
    soft, hard = [(150.0, 0.0, 0.0), (100.0, 0.3, 0.0)], [(400.0, 0.0, 2.5)]
    for event in (soft + hard, hard + soft):
        jets = cluster(event)
        assert jets.pt == pytest.approx([400, 250], rel=0.02)
        assert jets.msd == pytest.approx([0, mass_of_two(*soft)], abs=0.01)
        assert [tau > 0 for tau in jets.tau1] == [False, True]


def test_neutral_haze_is_taken_off() -> None:
    """A neutral candidate of 1 GeV in every 0.25 x 0.25 makes a W jet of mass 80 heavy, unless it is subtracted."""
    eta, phi = (axis.ravel() for axis in np.meshgrid(np.arange(-2.9, 2.9, 0.25), np.arange(-3.1, 3.1, 0.25)))
    pair = np.array([(300.0, 0.0, 0.0), (300.0, 0.27, 0.0)])
    pt, eta, phi = (np.concatenate([pair[:, i], flat]) for i, flat in enumerate((np.ones_like(eta), eta, phi)))
    neutral = np.arange(len(pt)) > 1
    jets = baseline_jets(Candidates(np.array([0, len(pt)]), pt, eta, phi, neutral), ETA_MAX)
    kept = baseline_jets(Candidates(np.array([0, len(pt)]), pt, eta, phi, neutral & False), ETA_MAX)
    assert jets.pt[0] == pytest.approx(600, rel=0.01)
    assert jets.msd[0] == pytest.approx(mass_of_two(*map(tuple, pair)), rel=1e-4)
    assert kept.pt[0] > 625

"""Generated events against theory: masses, energy closure, momentum balance, uniformity in phi."""

from pathlib import Path

import numpy as np
import pytest

from jetflow.events import EventFile, open_events

POLE = {"tt": (6, 172.5, 2.0), "HH": (25, 125.0, 0.1), "WW": (24, 80.4, 1.5), "ZZ": (23, 91.2, 1.5)}


@pytest.fixture(scope="module")
def file(heavy: Path) -> EventFile:
    return open_events(heavy)


def of_process(file: EventFile, name: str) -> np.ndarray:
    return np.flatnonzero(np.array(file.process_names)[file.process] == name)


@pytest.mark.parametrize("name", list(POLE))
def test_masses(file: EventFile, name: str) -> None:
    """The objects have their pole mass; the mass of the anti-kt 0.8 jet is up to 30% higher (underlying event)."""
    code, pole, tolerance = POLE[name]
    truth = file.truth().columns
    event = np.repeat(np.arange(len(file)), np.diff(file.truth().offsets))
    own = (np.abs(truth["pdg"]) == code) & (truth["parent"] == 5100039) & np.isin(event, of_process(file, name))
    assert own.sum() == 80
    assert abs(np.median(truth["mass"][own]) - pole) < tolerance
    assert 0.95 < np.median(truth["jet_mass"][own & (truth["pt"] > 400)]) / pole < 1.3


def test_graviton_mass_and_balance(file: EventFile) -> None:
    """The two W add up to a graviton of 2 - 2.5 TeV (window 10%), but for a hard photon off a W now and then."""
    truth = file.truth()
    masses = []
    columns = {name: values.astype(float) for name, values in truth.columns.items()}
    for event in of_process(file, "WW"):
        rows = slice(truth.offsets[event], truth.offsets[event + 1])
        pt, eta, phi, mass = (columns[name][rows][:2] for name in ("pt", "eta", "phi", "mass"))
        p = np.array([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)])
        e = np.sqrt((p**2).sum(0) + mass**2)
        masses.append(np.sqrt(e.sum() ** 2 - (p.sum(1) ** 2).sum()))
    inside = (np.array(masses) > 1780) & (np.array(masses) < 2780)
    assert inside.mean() > 0.9
    assert 2000 < np.median(masses) < 2500


def test_tops_decay_to_w_and_b(file: EventFile) -> None:
    truth = file.truth()
    for event in of_process(file, "tt"):
        rows = slice(truth.offsets[event], truth.offsets[event + 1])
        pairs = zip(truth.columns["pdg"][rows].tolist(), truth.columns["parent"][rows].tolist(), strict=True)
        assert {(6, 5100039), (-6, 5100039), (24, 6), (-24, -6), (5, 6), (-5, -6)} <= set(pairs)


@pytest.mark.parametrize(("name", "low"), [("WW", 0.96), ("ZZ", 0.92), ("HH", 0.88), ("tt", 0.88), ("bb", 0.92)])
def test_energy_closure(file: EventFile, name: str, low: float) -> None:
    """Without pileup the towers within 0.4 of a label hold its pT, but for neutrinos and what falls outside."""
    labels, et = file.labels(), file.image_et(("ecal", "hcal"), "tower").astype(float).sum(-1)
    eta = -2.958 + 0.087 * (np.arange(68) + 0.5)
    phi = -np.pi + np.pi / 36 * (np.arange(72) + 0.5)
    ratios = []
    for event in of_process(file, name):
        for row in range(labels.offsets[event], labels.offsets[event + 1]):
            turn = np.abs(phi - labels.phi[row])
            distance = np.hypot((eta - labels.eta[row])[:, None], np.minimum(turn, 2 * np.pi - turn))
            ratios.append(et[event][distance < 0.4].sum() / labels.pt[row])
    assert len(ratios) >= 70
    assert low < np.median(ratios) < 1.04


def test_phi_is_uniform(file: EventFile) -> None:
    """Rayleigh test of the labels' azimuth (one object an event: the other is opposite), p > 1e-4."""
    labels = file.labels()
    first = labels.phi[labels.offsets[:-1][np.diff(labels.offsets) > 0]].astype(float)
    for harmonic in (1, 2, 3):
        strength = np.abs(np.exp(1j * harmonic * first).sum()) ** 2 / len(first)
        assert strength < -np.log(1e-4)

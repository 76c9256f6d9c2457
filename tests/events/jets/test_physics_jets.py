"""Jets of energy-flow candidates from 2 TeV gravitons: soft-drop peaks, prongs, energy closure and resolution."""

from pathlib import Path

import numpy as np
import pytest

from jetflow.events import EventFile, open_events


@pytest.fixture(scope="module")
def file(heavy: Path) -> EventFile:
    return open_events(heavy)


def around(first: np.ndarray, second: float) -> np.ndarray:
    return np.abs(np.mod(first - second + np.pi, 2 * np.pi) - np.pi)


def jets_of(file: EventFile, code: int) -> dict[str, np.ndarray]:
    """The reconstructed jets within 0.4 of the graviton's daughters of PDG id +-code."""
    truth, jets = file.truth(), file.baseline()
    own = (np.abs(truth.columns["pdg"]) == code) & (truth.columns["parent"] == 5100039)
    event = np.repeat(np.arange(len(file)), np.diff(truth.offsets))
    chosen = []
    for index in np.flatnonzero(own):
        rows = np.arange(jets.offsets[event[index]], jets.offsets[event[index] + 1])
        distance = np.hypot(
            jets.columns["eta"][rows] - truth.columns["eta"][index],
            around(jets.columns["phi"][rows], truth.columns["phi"][index]),
        )
        chosen += rows[distance < 0.4][:1].tolist()
    assert len(chosen) > 0.9 * own.sum()
    return {name: values[chosen] for name, values in jets.columns.items()}


@pytest.mark.parametrize(
    ("code", "pole", "tolerance"), [(24, 80.4, 0.04), (23, 91.2, 0.04), (25, 125.0, 0.06), (6, 172.5, 0.05)]
)
def test_soft_drop_peaks(file: EventFile, code: int, pole: float, tolerance: float) -> None:
    """More than half of the jets lie within 20% of the pole mass, and their median at it; neutrinos lower H a little.

    The others have lost a prong to soft drop (z < 0.1) or to the jet's edge.
    """
    mass = jets_of(file, code)["msd"].astype(float)
    peak = mass[np.abs(mass / pole - 1) < 0.2]
    assert len(peak) > (0.4 if code == 6 else 0.5) * len(mass)
    assert abs(np.median(peak) / pole - 1) < tolerance


def test_prongs(file: EventFile) -> None:
    """tau21 is smaller for two prongs (W) than for one (b), tau32 smaller for three (t) than for two (W)."""
    jets = {code: jets_of(file, code) for code in (5, 24, 6)}
    tau21 = {code: np.median(found["tau2"] / found["tau1"]) for code, found in jets.items()}
    tau32 = {code: np.median(found["tau3"] / found["tau2"]) for code, found in jets.items()}
    assert tau21[24] < tau21[5] - 0.1
    assert tau32[6] < tau32[24]


def cone(file: EventFile, channels: tuple[str, ...], name: str) -> np.ndarray:
    """ET of the towers within 0.4 of every label of process `name`, over the label's pT."""
    labels, et = file.labels(), file.image_et(channels, "tower").astype(float).sum(-1)
    eta = -2.958 + 0.087 * (np.arange(68) + 0.5)
    phi = -np.pi + np.pi / 36 * (np.arange(72) + 0.5)
    ratios = []
    for event in np.flatnonzero(np.array(file.process_names)[file.process] == name):
        for row in range(labels.offsets[event], labels.offsets[event + 1]):
            near = np.hypot((eta - labels.eta[row])[:, None], around(phi, labels.phi[row])) < 0.4
            ratios.append(et[event][near].sum() / labels.pt[row])
    return np.array(ratios)


@pytest.mark.parametrize(("name", "low"), [("WW", 0.97), ("ZZ", 0.94), ("HH", 0.90), ("tt", 0.88), ("bb", 0.95)])
def test_energy_closure_of_particle_flow(file: EventFile, name: str, low: float) -> None:
    """Tracks, photons and neutral hadrons hold the pT of a label, but for neutrinos and what falls outside."""
    ratios = cone(file, ("track", "photon", "neutral"), name)
    assert len(ratios) >= 70
    assert low < np.median(ratios) < 1.05


def test_particle_flow_resolves_better_than_the_calorimeter(file: EventFile) -> None:
    """The reason for energy flow: the spread of W jets is smaller than in the calorimeter alone."""
    flow, calorimeter = (cone(file, channels, "WW") for channels in (("track", "photon", "neutral"), ("ecal", "hcal")))
    assert flow.std() < 0.9 * calorimeter.std()

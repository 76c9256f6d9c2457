"""Labels by scheme, from objects made by hand: who is a label, and who is not."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from jetflow.errors import InputError
from jetflow.events import CLASSES, EventFile, Labels
from jetflow.events.block import Table
from jetflow.events.files.schema import TRUTH
from jetflow.events.labels import paper1_labels, paper2_labels

GRAVITON = 5100039
SIZE = 2.958
Make = Callable[..., Labels]


def truth(**values: float) -> Table:
    """One object in one event; what is not given is ordinary."""
    plain = {"eta": 0.5, "phi": 1, "pt": 300, "mass": 80, "jet_eta": 0.6, "jet_phi": 1.1, "jet_pt": 310, "jet_mass": 90}
    row = plain | {"parent": GRAVITON} | values
    return Table(np.array([0, 1]), {name: np.array([row[name]], dtype) for name, dtype in TRUTH.items()})


def check(labels: Labels, name: str, scheme: str) -> None:
    assert [CLASSES[scheme][i - 1] for i in labels.class_id] == ([name] if name else [])
    assert labels.offsets.tolist() == [0, int(name != "")]


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"pdg": 5, "jet_pt": 31}, "b"),
        ({"pdg": -5, "jet_pt": 31}, "b"),
        ({"pdg": 5, "jet_pt": 29}, ""),
        ({"pdg": 5, "parent": 25}, ""),
        ({"pdg": 5, "parent": 6}, ""),
        ({"pdg": 24}, "W/Z/H"),
        ({"pdg": -24, "pt": 199}, ""),
        ({"pdg": 24, "parent": 6}, ""),
        ({"pdg": -24, "parent": -6}, ""),
        ({"pdg": 23}, "W/Z/H"),
        ({"pdg": 25}, "W/Z/H"),
        ({"pdg": -6}, "t"),
        ({"pdg": 6, "pt": 199}, ""),
        ({"pdg": 6, "eta": 2.96}, ""),
        ({"pdg": 5, "eta": 2.9, "jet_eta": 2.96}, ""),
    ],
)
def test_classes_of_paper_1(values: dict[str, float], name: str) -> None:
    check(paper1_labels(truth(**values), SIZE), name, "paper1")


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"pdg": 6}, "t"),
        ({"pdg": -6, "pt": 8}, "t"),
        ({"pdg": 6, "pt": 6.9}, ""),
        ({"pdg": 24, "pt": 8}, "V"),
        ({"pdg": -24, "parent": -6}, ""),
        ({"pdg": 23}, "V"),
        ({"pdg": 25, "pt": 8}, "H"),
        ({"pdg": 25, "eta": -2.96}, ""),
        ({"pdg": 5}, ""),
        ({"pdg": 5, "parent": 25}, ""),
    ],
)
def test_classes_of_paper_2(values: dict[str, float], name: str) -> None:
    check(paper2_labels(truth(**values), SIZE), name, "paper2")


@pytest.mark.parametrize(("make", "class_id"), [(paper1_labels, 2), (paper2_labels, 2)])
def test_w_inside_a_top_by_option(make: Make, class_id: int) -> None:
    inside = truth(pdg=24, parent=6)
    assert make(inside, SIZE, inside_top=True).class_id.tolist() == [class_id]
    assert len(make(inside, SIZE).class_id) == 0


def kinematics(labels: Labels) -> list[float]:
    return [round(float(values[0]), 3) for values in (labels.eta, labels.phi, labels.pt, labels.mass)]


def test_b_has_the_kinematics_of_its_jet_and_the_others_their_own() -> None:
    assert kinematics(paper1_labels(truth(pdg=5), SIZE)) == [0.6, 1.1, 310, 90]
    assert kinematics(paper1_labels(truth(pdg=24), SIZE)) == [0.5, 1, 300, 90]


def test_paper_2_is_generator_level_throughout() -> None:
    assert kinematics(paper2_labels(truth(pdg=24), SIZE)) == [0.5, 1, 300, 80]


def test_without_a_jet_the_mass_is_the_object_s_own() -> None:
    assert kinematics(paper1_labels(truth(pdg=24, jet_pt=0, jet_mass=0), SIZE)) == [0.5, 1, 300, 80]


def processes(file: EventFile, labels: Labels, class_id: int) -> set[str]:
    """Processes of the events with labels of a class."""
    event = np.repeat(np.arange(len(file)), np.diff(labels.offsets))[labels.class_id == class_id]
    return {file.process_names[code] for code in file.process[event]}


def test_every_class_of_paper_1_belongs_to_its_process(sample: Path) -> None:
    with EventFile.open(sample) as file:
        labels = file.labels()
        assert [processes(file, labels, i) for i in (1, 2, 3)] == [{"bb"}, {"HH", "WW", "ZZ"}, {"tt"}]
        assert 1.8 < len(labels.class_id) / len(file) <= 2.0
        assert np.diff(labels.offsets).max() == 2
        assert (np.abs(labels.eta) < file.grid.eta_max).all()
        assert (labels.pt[labels.class_id > 1] > 200).all()
        assert (labels.pt[labels.class_id == 1] > 30).all()
        assert (labels.mass > 0).all()


def test_every_class_of_paper_2_belongs_to_its_process(sample: Path) -> None:
    with EventFile.open(sample) as file:
        labels = file.labels(scheme="paper2")
        assert [processes(file, labels, i) for i in (1, 2, 3)] == [{"tt"}, {"WW", "ZZ"}, {"HH"}]
        inside = file.labels(scheme="paper2", inside_top=True)
        assert processes(file, inside, 2) == {"tt", "WW", "ZZ"}
        share = [np.median(labels.mass[labels.class_id == i]) for i in (1, 2, 3)]
        assert share == pytest.approx([172, 84, 125], abs=4)


def test_generator_jets_are_labels(heavy: Path) -> None:
    """Every b label of paper 1 is an anti-kt 0.4 jet too: the same place, pT and mass."""
    with EventFile.open(heavy) as file:
        labels, jets = file.labels(), file.labels(scheme="atlas-jets")
        assert set(jets.class_id) == {1}
        assert jets.pt.min() > 20
        assert (np.abs(jets.eta) < file.grid.eta_max).all()
        own = labels.class_id == 1
        event = np.repeat(np.arange(len(file)), np.diff(labels.offsets))[own]
        for index, pt, eta, mass in zip(event, labels.pt[own], labels.eta[own], labels.mass[own], strict=True):
            rows = slice(jets.offsets[index], jets.offsets[index + 1])
            found = np.flatnonzero(jets.pt[rows] == pt)
            assert (jets.eta[rows][found].tolist(), jets.mass[rows][found].tolist()) == ([eta], [mass])


def test_clusters_are_labels(sample: Path) -> None:
    """Every label of paper 1 has a cluster of at least a fifth of its pT near by, within 0.4."""
    with EventFile.open(sample) as file:
        labels, clusters = file.labels(0, 60), file.labels(0, 60, scheme="atlas-clusters")
        assert set(clusters.class_id) == {1}
        assert clusters.pt.min() > 5
        assert (clusters.mass == 0).all()
        found = []
        for event in range(60):
            own = slice(clusters.offsets[event], clusters.offsets[event + 1])
            for row in range(labels.offsets[event], labels.offsets[event + 1]):
                turn = (clusters.phi[own] - labels.phi[row] + np.pi) % (2 * np.pi) - np.pi
                near = np.hypot(clusters.eta[own] - labels.eta[row], turn) < 0.4
                found.append(clusters.pt[own][near].max(initial=0) > labels.pt[row] / 5)
        assert np.mean(found) > 0.9


def test_slices_of_clusters(sample: Path) -> None:
    with EventFile.open(sample) as file:
        whole, part = (file.labels(start, 9, scheme="atlas-clusters") for start in (3, 6))
        assert (whole.pt[whole.offsets[3] :] == part.pt).all()


def test_bad_calls(sample: Path) -> None:
    with EventFile.open(sample) as file:
        with pytest.raises(InputError, match="scheme: found 'paper3'; paper1, paper2, atlas-jets, atlas-clusters"):
            file.labels(scheme="paper3")
        with pytest.raises(InputError, match=r"sample-256\.h5: genjet: absent"):
            file.labels(scheme="atlas-jets")
        with pytest.raises(InputError, match="it has 256"):
            file.labels(0, 300, scheme="atlas-clusters")

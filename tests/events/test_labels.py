"""Labels of paper 1 from truth objects: who is a label, and who is not."""

from pathlib import Path

import numpy as np
import pytest

from jetflow.events import EventFile, Labels, paper1_labels
from jetflow.events.block import Table
from jetflow.events.schema import TRUTH

GRAVITON = 5100039


def truth(**values: float) -> Table:
    """One object in one event; what is not given is ordinary."""
    plain = {"eta": 0.5, "phi": 1, "pt": 300, "mass": 80, "jet_eta": 0.6, "jet_phi": 1.1, "jet_pt": 310, "jet_mass": 90}
    row = plain | {"parent": GRAVITON} | values
    return Table(np.array([0, 1]), {name: np.array([row[name]], dtype) for name, dtype in TRUTH.items()})


@pytest.mark.parametrize(
    ("values", "class_id"),
    [
        ({"pdg": 5, "jet_pt": 31}, 1),
        ({"pdg": -5, "jet_pt": 31}, 1),
        ({"pdg": 5, "jet_pt": 29}, 0),
        ({"pdg": 5, "parent": 25}, 0),
        ({"pdg": 5, "parent": 6}, 0),
        ({"pdg": 24}, 2),
        ({"pdg": -24, "pt": 199}, 0),
        ({"pdg": 24, "parent": 6}, 0),
        ({"pdg": -24, "parent": -6}, 0),
        ({"pdg": 23}, 2),
        ({"pdg": 25}, 2),
        ({"pdg": -6}, 3),
        ({"pdg": 6, "pt": 199}, 0),
        ({"pdg": 6, "eta": 2.96}, 0),
        ({"pdg": 5, "eta": 2.9, "jet_eta": 2.96}, 0),
    ],
)
def test_classes(values: dict[str, float], class_id: int) -> None:
    labels = paper1_labels(truth(**values), 2.958)
    assert labels.class_id.tolist() == ([class_id] if class_id else [])
    assert labels.offsets.tolist() == [0, int(class_id > 0)]


def test_w_inside_a_top_by_option() -> None:
    assert paper1_labels(truth(pdg=24, parent=6), 2.958, inside_top=True).class_id.tolist() == [2]


def kinematics(labels: Labels) -> list[float]:
    return [round(float(values[0]), 3) for values in (labels.eta, labels.phi, labels.pt, labels.mass)]


def test_b_has_the_kinematics_of_its_jet_and_the_others_their_own() -> None:
    assert kinematics(paper1_labels(truth(pdg=5), 2.958)) == [0.6, 1.1, 310, 90]
    assert kinematics(paper1_labels(truth(pdg=24), 2.958)) == [0.5, 1, 300, 90]


def test_without_a_jet_the_mass_is_the_object_s_own() -> None:
    assert kinematics(paper1_labels(truth(pdg=24, jet_pt=0, jet_mass=0), 2.958)) == [0.5, 1, 300, 80]


def test_every_class_belongs_to_its_process(sample: Path) -> None:
    with EventFile.open(sample) as file:
        labels = file.labels()
        process = np.array(file.process_names)[file.process][np.repeat(np.arange(len(file)), np.diff(labels.offsets))]
        assert set(process[labels.class_id == 1]) == {"bb"}
        assert set(process[labels.class_id == 2]) == {"HH", "WW", "ZZ"}
        assert set(process[labels.class_id == 3]) == {"tt"}
        assert 1.8 < len(labels.class_id) / len(file) <= 2.0
        assert np.diff(labels.offsets).max() == 2
        assert (np.abs(labels.eta) < file.grid.eta_max).all()
        assert (labels.pt[labels.class_id > 1] > 200).all()
        assert (labels.pt[labels.class_id == 1] > 30).all()
        assert (labels.mass > 0).all()

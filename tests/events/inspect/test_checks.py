"""Checks: good files pass, and each check sees the fault that it is for."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jetflow.events import EventFile, open_events
from jetflow.events.block import Table
from jetflow.events.files.schema import BASELINE, TRUTH
from jetflow.events.inspect.checks import Check, checks, soft_drop_masses
from jetflow.events.inspect.contents import Contents, read_contents


@pytest.fixture(scope="module")
def read(heavy: Path) -> tuple[EventFile, Contents]:
    file = open_events(heavy)
    return file, read_contents(file)


def failed(found: list[Check]) -> list[str]:
    return [check.name for check in found if not check.passed]


def test_generated_events_pass(read: tuple[EventFile, Contents]) -> None:
    found = checks(*read)
    assert failed(found) == []
    assert sum("soft-drop mass" in check.name for check in found) == 4
    assert sum("ET within 0.4" in check.name for check in found) == 3


def test_the_sample_passes(sample: Path) -> None:
    with open_events(sample) as file:
        found = checks(file, read_contents(file))
    assert failed(found) == []
    assert any("collisions at mu 50" in check.name for check in found)


def test_faults_are_seen(read: tuple[EventFile, Contents]) -> None:
    file, contents = read
    labels = contents.paper1
    one_side = replace(labels, eta=np.abs(labels.eta), phi=np.abs(labels.phi))
    assert failed(checks(file, replace(contents, paper1=one_side)))[:2] == [
        "labels: mean eta over its error",
        "labels: phi uniform, Rayleigh p, n = 1",
    ]
    assert failed(checks(file, replace(contents, near=contents.near * 0.5))) == [
        f"{name}: ET within 0.4 over pT, mu 0, median" for name in ("b", "W/Z/H", "t")
    ]
    jets = contents.jets["baseline"]
    heavier = Table(jets.offsets, jets.columns | {"msd": jets.columns["msd"] * 1.3})
    turned = Table(jets.offsets, jets.columns | {"phi": -jets.columns["phi"] / 2})
    wrong = [failed(checks(file, replace(contents, jets={"baseline": some}))) for some in (heavier, turned)]
    assert sum("soft-drop mass" in name or "median of these" in name for name in wrong[0]) >= 4
    assert sum("share with a jet" in name for name in wrong[1]) == 4


def test_pileup_that_is_not_poisson(sample: Path) -> None:
    with open_events(sample) as file:
        contents = read_contents(file)
        file.npu[file.mu == 50] = 50
        assert failed(checks(file, contents)) == ["  variance over mu (Poisson: 1)"]
        file.npu[file.mu == 50] += 4
        assert "collisions at mu 50: mean" in failed(checks(file, contents))
        file.npu[:] = 0
        assert failed(checks(file, contents)) == [], "a file that does not say is no fault"


def test_masses_of_the_nearest_jets() -> None:
    """Two W: one with a jet across the seam of phi, one without; a soft one, a forward one and a top are left out."""
    rows = [(24, 500, 0, 3.1), (-24, 500, 0, 0), (24, 300, 0, 0), (24, 500, 2.5, 0), (6, 500, 0, 0)]
    truth = {name: np.zeros(len(rows), dtype) for name, dtype in TRUTH.items()}
    truth |= {name: np.array([row[i] for row in rows]) for i, name in enumerate(("pdg", "pt", "eta", "phi"))}
    truth["parent"] = np.full(len(rows), 5100039)
    columns = {name: np.ones(2, np.float32) for name in BASELINE}
    columns |= {"eta": np.array([0.1, 1.0], np.float32), "phi": np.array([-3.1, 1.0], np.float32)}
    columns["msd"] = np.array([81, 20], np.float32)
    masses, found = soft_drop_masses(Table(np.array([0, 5]), truth), Table(np.array([0, 2]), columns), 24, 400.0)
    assert masses.tolist() == [81]
    assert found.tolist() == [True, False]

"""Every card that is shipped makes events, the CMS card those of the sample; a broken card gets one line."""

from importlib import resources
from pathlib import Path

import numpy as np
import pytest
import yaml

from jetflow.errors import InputError
from jetflow.events import EventFile, open_events
from jetflow.events.detector.card import load_card
from jetflow.events.files.schema import CALORIMETER, COLLECTIONS
from jetflow.events.generation.request import Request
from jetflow.events.generation.run import generate

CARDS = sorted(
    path.name.removesuffix(".yaml") for path in (resources.files("jetflow.events.detector") / "cards").iterdir()
)


def test_card_is_the_papers_detector() -> None:
    card = load_card()
    assert (card.field_tesla, card.radius_m, card.half_length_m) == (3.8, 1.29, 3.0)
    assert card.cells.crystal_shape == (340, 360)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("field_tesla", "strong", r"field_tesla: .*; found 'strong'"),
        ("colour", "red", r"colour: Extra inputs"),
        ("grid", {"eta_cells": 340, "phi_cells": 360, "eta_step": 0.0174, "tower": 7}, r"grid: .*multiples of tower"),
        (
            "grid",
            {"eta_cells": 360, "phi_cells": 360, "eta_step": 0.0174, "tower": 5},
            r"ecal\.resolution: .*\|eta\| < 3\.132",
        ),
        (
            "grid",
            {"eta_cells": 338, "phi_cells": 360, "eta_step": 0.0174, "tower": 2},
            r"hcal\.coarse: whole cells of 5 x 5",
        ),
        ("field_tesla", float("nan"), r"field_tesla: .*finite"),
        ("radius_m", float("inf"), r"radius_m: .*finite"),
        ("schema", "jetflow-detector-9", r"schema: "),
        ("schema", "jetflow-detector-1", r"schema: "),
        ("calorimeters", {}, r"calorimeters|card"),
    ],
)
def test_broken_cards(tmp_path: Path, key: str, value: object, message: str) -> None:
    content = load_card().model_dump(mode="json", by_alias=True) | {key: value}
    path = tmp_path / "card.yaml"
    path.write_text(yaml.safe_dump(content))
    with pytest.raises(InputError, match=message) as caught:
        load_card(str(path))
    assert str(caught.value).startswith(str(path))


def test_the_atlas_card_is_another_detector() -> None:
    """0.025 x 2 pi / 256 to |eta| 3.2, towers of 0.1; 2 T, 1.15 m: and no close-track filter."""
    card = load_card("atlas")
    assert (card.field_tesla, card.radius_m, card.tracker.close_tracks) == (2.0, 1.15, None)
    assert card.cells.crystal_shape == (256, 256)
    assert card.cells.tower_shape == (64, 64)
    assert abs(card.cells.eta_max - 3.2) < 1e-12


def test_absent_and_unreadable_cards(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("a: [")
    (tmp_path / "image.yaml").write_bytes(b"\x89PNG\xff")
    (tmp_path / "folder.yaml").mkdir()
    for name, message in (
        ("d0", "one of atlas, cms-phase2"),
        ("no.yaml", "no such"),
        (f"{tmp_path}/x.yaml", "not YAML"),
        (f"{tmp_path}/image.yaml", "unreadable"),
        (f"{tmp_path}/folder.yaml", "no such"),
    ):
        with pytest.raises(InputError, match=message):
            load_card(name)


def test_another_detector_is_another_card(tmp_path: Path) -> None:
    content = load_card().model_dump(mode="json", by_alias=True)
    content |= {"name": "coarse", "grid": {"eta_cells": 50, "phi_cells": 65, "eta_step": 0.1, "tower": 5}}
    content["calorimeters"]["hcal"]["coarse"] = {"cells": 5, "eta_max": 1.5}
    path = tmp_path / "coarse.yaml"
    path.write_text(yaml.safe_dump(content))
    assert load_card(str(path)).cells.tower_shape == (10, 13)


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

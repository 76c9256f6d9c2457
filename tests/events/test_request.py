"""Settings, cards and plans: impossible ones get one line, possible ones divide evenly."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from jetflow.errors import InputError
from jetflow.events.card import load_card
from jetflow.events.processes import PROCESSES, SIGNAL, settings
from jetflow.events.request import Request
from jetflow.events.seeds import stream
from jetflow.events.shards import SHARD, plan


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"processes": ["tt", "zz"]}, r"process 'zz' does not exist; choose from minbias, tt"),
        ({"processes": ["tt", "tt"]}, r"--processes: found .*; give one or more processes, each once"),
        ({"pileup": [0, -1]}, r"--pileup: found \[0, -1\]; give one or more means of 0 to 200"),
        ({"pileup": [float("nan")]}, r"--pileup"),
        ({"pileup": [201]}, r"--pileup"),
        ({"events": 0}, r"--events: found 0; at least 1"),
        ({"events": 1.5}, r"--events: found 1\.5"),
        ({"seed": -1}, r"--seed: found -1"),
        ({"mass": [3500, 800]}, r"--mass: found \[3500, 800\]; give one mass or LOW:HIGH"),
        ({"mass": [800, 900, 1000]}, r"--mass"),
        ({"mass": [10, 20]}, r"--mass"),
        ({"ecm": 7000}, r"--ecm: found 7000; collisions of 8000 to 14000 GeV"),
        ({"colour": "red"}, r"--colour: found 'red'"),
    ],
)
def test_impossible_settings(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        Request.of(**values)
    assert "\n" not in str(caught.value)


@given(st.integers(1, 5000), st.integers(1, 7))
def test_plan_is_even_and_whole(events: int, count: int) -> None:
    names = [process.name for process in PROCESSES][:count]
    shards = plan(Request(events=events, processes=tuple(names)))
    totals = {name: sum(shard.count for shard in shards if shard.process == name) for name in names}
    assert sum(totals.values()) == events
    assert max(totals.values()) - min(totals.values()) <= 1
    assert all(0 < shard.count <= SHARD for shard in shards)
    assert len({(shard.process, shard.index) for shard in shards}) == len(shards)


@given(st.integers(0, 2**63 - 1), st.integers(0, 7), st.integers(0, 1000))
def test_streams_are_named(seed: int, code: int, shard: int) -> None:
    first, again = stream(seed, code, shard), stream(seed, code, shard)
    value = first.pythia_seed()
    assert 1 <= value <= 900_000_000
    assert again.pythia_seed() == value
    assert stream(seed, code, shard + 1).rng.integers(2**63) != stream(seed, code, shard).rng.integers(2**63)


def test_graviton_mass_is_kept_in_its_window() -> None:
    lines = settings("WW", 2000.0, 7, 13_000.0)
    assert {"5100039:mMin=1800.000", "5100039:mMax=2200.000", "5100039:onIfMatch=24 -24", "Random:seed=7"} <= set(lines)


def test_card_is_the_papers_detector() -> None:
    card = load_card()
    assert (card.field_tesla, card.radius_m, card.half_length_m) == (3.8, 1.29, 3.0)
    assert card.cells.crystal_shape == (340, 360)
    assert SIGNAL == ("tt", "HH", "WW", "ZZ", "bb")


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


def test_one_mass_is_a_range_of_one() -> None:
    assert Request.of(mass=[3500]).mass == (3500.0, 3500.0)


def test_absent_and_unreadable_cards(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("a: [")
    for name, message in (
        ("d0", "one of atlas, cms-phase2"),
        ("no.yaml", "no such"),
        (f"{tmp_path}/x.yaml", "not YAML"),
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

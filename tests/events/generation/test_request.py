"""Settings and plans: impossible ones get one line, possible ones divide evenly."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetflow.errors import InputError
from jetflow.events.collisions.processes import PROCESSES, settings
from jetflow.events.generation.request import Request
from jetflow.events.generation.seeds import stream
from jetflow.events.generation.shards import SHARD, plan


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"processes": ["tt", "zz"]}, r"process 'zz' does not exist; choose from minbias, tt"),
        ({"processes": ["tt", "tt"]}, r"--process: found .*; give one or more processes, each once"),
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


def test_one_mass_is_a_range_of_one() -> None:
    assert Request.of(mass=[3500]).mass == (3500.0, 3500.0)

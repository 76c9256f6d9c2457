"""Events that several tests share. What needs the extra `events` is made for real, once a session."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

from jetflow.events.card import Detector, load_card
from jetflow.events.generation import generate
from jetflow.events.pileup import Pool, load_pool, make_block, pool_block_path
from jetflow.events.request import Request

SAMPLE = Path(__file__).parents[2] / "tb" / "events" / "sample-256.h5"
SEED = 11

settings.register_profile("events", deadline=None)  # a busy machine is no failure
settings.load_profile("events")


@pytest.fixture(scope="session")
def sample() -> Path:
    """The events file in the repository: 256 events, five processes, mu 0 and 50."""
    return SAMPLE


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the sample, to be broken."""
    return Path(shutil.copy(SAMPLE, tmp_path / "broken.h5"))


@pytest.fixture(scope="session")
def detector() -> Detector:
    return load_card()


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder of pileup pools for all test processes: blocks are atomic and the same whoever makes them."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "pools"


@pytest.fixture(scope="session")
def pool(cache: Path, detector: Detector) -> Pool:
    """1000 minimum-bias collisions: deposits and tracks."""
    path = pool_block_path(cache, detector, SEED, 13_000.0, 0)
    make_block(path, detector, SEED, 13_000.0, 0)
    return load_pool([path])


@pytest.fixture(scope="session")
def heavy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 events of each signal process from gravitons of 2 to 2.5 TeV, without pileup, made by one process."""
    out = tmp_path_factory.mktemp("heavy") / "heavy.h5"
    generate(Request(events=200, mass=(2000.0, 2500.0), seed=3), out)
    return out

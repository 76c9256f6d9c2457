"""Events that several tests share. What needs the extra `events` is made for real, once a session."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from jetflow.events.detector.card import Detector, load_card
from jetflow.events.generation.pileup import Pool, load_pool, make_block, pool_block_path
from jetflow.events.generation.request import Request
from jetflow.events.generation.run import generate
from jetflow.events.particles import Particles

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


_MASS = {11: 0.000511, 13: 0.10566, 22: 0.0, 211: 0.13957, 2112: 0.93957, 130: 0.49761}
_CHARGE = {11: -1.0, 13: -1.0, 211: 1.0}


def _particles(pdg: int, pt: np.ndarray, eta: np.ndarray, phi: np.ndarray, events: int | None = None) -> Particles:
    """Particles of one kind from the origin, spread evenly over `events` (default: one each)."""
    count = len(pt)
    px, py, pz = pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)
    zero = np.zeros(count)
    return Particles(
        offsets=np.linspace(0, count, (events or count) + 1).astype(np.int64),
        pdg=np.full(count, pdg, np.int32),
        charge=np.full(count, _CHARGE.get(pdg, 0.0)),
        px=px,
        py=py,
        pz=pz,
        e=np.sqrt(px**2 + py**2 + pz**2 + _MASS[pdg] ** 2),
        x=zero,
        y=zero,
        z=zero,
    )


@pytest.fixture(scope="session")
def particles() -> Callable[..., Particles]:
    """Make particles of one kind: particles(pdg, pt, eta, phi, events=None)."""
    return _particles

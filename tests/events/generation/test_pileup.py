"""The overlay: Poisson, uniform in phi, mirrored in eta, linear in mu; and minimum bias against data."""

from pathlib import Path

import numpy as np
import pytest

from jetflow.errors import InputError
from jetflow.events.collisions.pythia import Pythia
from jetflow.events.detector.calorimeter import read_out
from jetflow.events.detector.card import Detector
from jetflow.events.generation.pileup import Pool, draw, load_pool, overlay, pool_blocks
from jetflow.events.particles import Deposits


def empty(events: int) -> Deposits:
    none = np.zeros(0, np.float32)
    return Deposits(np.zeros(events + 1, np.int64), none, none, none, none)


def test_deposits_are_merged_event_by_event() -> None:
    signal = Deposits(np.array([0, 1, 1]), *(np.array([v], np.float32) for v in (0.5, 0.25, 7.0, 8.0)))
    pool = Deposits(np.array([0, 2]), *(np.array(v, np.float32) for v in ([1, 2], [0, 0], [3, 4], [5, 6])))
    both = overlay(signal, pool, draw(np.array([0, 2]), 1, np.random.default_rng(1)))
    assert both.offsets.tolist() == [0, 1, 5]
    assert both.ecal.tolist() == [7, 3, 4, 3, 4]
    assert both.hcal.tolist() == [8, 5, 6, 5, 6]
    assert both.eta[0] == 0.5
    assert set(np.abs(both.eta[1:]).tolist()) == {1, 2}


def test_turned_evenly_and_mirrored() -> None:
    """20,000 copies of one particle: 36 bins in phi with a chi2 below its 99.99% quantile (75), half mirrored."""
    pool = Deposits(np.array([0, 1]), *(np.array([v], np.float32) for v in (1.0, 0.3, 1.0, 0.0)))
    both = overlay(empty(1), pool, draw(np.array([20_000]), 1, np.random.default_rng(2)))
    counts, _ = np.histogram(np.mod(both.phi, 2 * np.pi), 36, (0, 2 * np.pi))
    expected = 20_000 / 36
    assert ((counts - expected) ** 2 / expected).sum() < 75
    assert abs((both.eta > 0).mean() - 0.5) < 4 * 0.5 / np.sqrt(20_000)


def test_density_is_linear_in_mu(pool: Pool, detector: Detector) -> None:
    """ET from the pool rises in proportion to mu, and so does what is read out above the thresholds (88% of it)."""
    rng = np.random.default_rng(3)
    true, read = [], []
    for mu in (50, 100, 200):
        events = 1600 // mu
        draws = draw(np.full(events, mu), len(pool.deposits.offsets) - 1, rng)
        both = overlay(empty(events), pool.deposits, draws)
        true.append(((both.ecal + both.hcal) / np.cosh(both.eta)).sum() / events / mu)
        towers = [read_out(both, name, model, detector, rng) for name, model in detector.calorimeters.items()]
        cells = [part.cells(detector.cells) for part in towers]
        read.append(sum(part.et.astype(float).sum() for part in cells) / events / mu)
    assert np.std(true) / np.mean(true) < 0.04
    share = np.array(read) / np.array(true)
    assert np.ptp(share) / share.mean() < 0.03
    assert 0.84 < share.mean() < 0.92


def test_charged_density_of_minimum_bias() -> None:
    """Charged hadrons per unit of eta at |eta| < 0.5, inelastic 13 TeV: CMS measured 5.49 +- 0.17 (1507.05915)."""
    pythia = Pythia("minbias", 0.0, 5, 13_000.0)
    made = pythia.particles(pythia.records(1500))
    pt = np.hypot(made.px, made.py)
    hadron = (made.charge != 0) & (np.abs(made.pdg) > 100)
    central = np.abs(np.arcsinh(made.pz / np.maximum(pt, 1e-9))) < 0.5
    assert abs((hadron & central).sum() / 1500 - 5.49) < 0.75


@pytest.mark.parametrize(("draws", "blocks"), [(1, 1), (100_000, 1), (100_001, 2), (1.6e6, 16), (1e9, 20)])
def test_pool_size(draws: float, blocks: int) -> None:
    assert pool_blocks(draws) == blocks


def test_a_corrupt_pool_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "pool.npz"
    broken.write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(InputError, match=r"pool\.npz: corrupt pileup pool; remove"):
        load_pool([broken])

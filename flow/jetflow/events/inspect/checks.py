"""Checks of a file's distributions against symmetry, statistics and the simulation's known figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jetflow.events.block import Table
from jetflow.events.collisions.processes import GRAVITON
from jetflow.events.files.reader import EventFile
from jetflow.events.inspect.around import owner
from jetflow.events.inspect.contents import NEAR, Contents
from jetflow.events.jets.baseline import BaselineJets
from jetflow.events.jets.genjets import match
from jetflow.events.labels import CLASSES

__all__ = ["Check", "checks", "soft_drop_masses"]

MIN_ENTRIES = 40  # a median of fewer says little
BOOSTED = 400.0  # GeV: above, the decay of W, Z, H and t fits a jet of R = 0.8
CLOSURE = (0.85, 1.10)  # of ET near a label without pileup to its pT; .96 to .99 was measured
POLES = {"W": (24, 80.4), "Z": (23, 91.2), "H": (25, 125.0), "t": (6, 172.5)}  # PDG id, GeV
PEAK = 0.25  # half the width of a soft-drop peak over its mass; .70 (t .58) of the jets were in it, medians within 3%
FOUND = 0.95  # share of boosted labels with a jet


@dataclass(frozen=True)
class Check:
    """One check: what, what was found, and the allowed range (ends included)."""

    name: str
    found: float
    low: float
    high: float

    @property
    def passed(self) -> bool:
        """Whether `found` is in the range."""
        return self.low <= self.found <= self.high


def checks(file: EventFile, contents: Contents) -> list[Check]:
    """The checks that the file has enough entries for. Statistical ones allow for four standard deviations."""
    return [*_pileup(file), *_symmetry(contents), *_closure(file, contents), *_jets(contents)]


def _pileup(file: EventFile) -> Iterator[Check]:
    for mu in np.unique(file.mu).tolist():
        npu = file.npu[file.mu == np.float32(mu)].astype(np.float64)
        if not npu.any() and mu > 0:
            continue  # from a layout that does not say
        if mu == 0:
            yield Check("collisions at mu 0: mean", float(npu.mean()), 0.0, 0.0)
        elif len(npu) >= MIN_ENTRIES:
            error = 4 * float(np.sqrt(mu / len(npu)))
            yield Check(f"collisions at mu {mu:g}: mean", float(npu.mean()), mu - error, mu + error)
            error = 4 * float(np.sqrt((2 + 1 / mu) / len(npu)))
            yield Check("  variance over mu (Poisson: 1)", float(npu.var() / mu), 1 - error, 1 + error)


def _symmetry(contents: Contents) -> Iterator[Check]:
    """Of the first label of each event: the other one balances it."""
    labels = contents.paper1
    first = labels.offsets[:-1][np.diff(labels.offsets) > 0]
    if len(first) < MIN_ENTRIES:
        return
    eta, phi = labels.eta[first].astype(np.float64), labels.phi[first].astype(np.float64)
    yield Check("labels: mean eta over its error", float(eta.mean() / eta.std() * np.sqrt(len(eta))), -4.0, 4.0)
    for harmonic in (1, 2):
        strength = abs(np.exp(1j * harmonic * phi).sum()) ** 2 / len(phi)
        yield Check(f"labels: phi uniform, Rayleigh p, n = {harmonic}", float(np.exp(-strength)), 1e-4, 1.0)


def _closure(file: EventFile, contents: Contents) -> Iterator[Check]:
    labels = contents.paper1
    quiet = file.mu[owner(labels.offsets)] == 0
    if not {"ecal", "hcal"} <= set(file.collections):
        return
    for class_id, name in enumerate(CLASSES["paper1"], 1):
        own = (labels.class_id == class_id) & quiet
        if own.sum() >= MIN_ENTRIES:
            ratio = float(np.median(contents.near[own] / labels.pt[own]))
            yield Check(f"{name}: ET within {NEAR} over pT, mu 0, median", ratio, *CLOSURE)


def _jets(contents: Contents) -> Iterator[Check]:
    if "baseline" not in contents.jets:
        return
    for name, (code, pole) in POLES.items():
        masses, found = soft_drop_masses(contents.truth, contents.jets["baseline"], code, BOOSTED)
        if len(found) >= MIN_ENTRIES:
            peak = masses[np.abs(masses / pole - 1) < PEAK]
            yield Check(f"{name} above 400 GeV: share with a jet", float(found.mean()), FOUND, 1.0)
            yield Check("  soft-drop mass within 25% of the pole", len(peak) / max(len(masses), 1), 0.35, 1.0)
            middle = float(np.median(peak)) if len(peak) else 0.0
            yield Check("  median of these [GeV]", middle, 0.92 * pole, 1.08 * pole)


def soft_drop_masses(
    truth: Table, jets: Table, code: int, min_pt: float, eta_max: float = 2.2
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Soft-drop masses [GeV] of the jets of a graviton's objects +-`code` above `min_pt` [GeV] within `eta_max`.

    The jet is the hardest within 0.4 in (eta, phi); the second value says for each object whether there is one.
    """
    column = truth.columns
    wanted = (np.abs(column["pdg"]) == code) & (column["parent"] == GRAVITON)
    wanted &= (column["pt"] > min_pt) & (np.abs(column["eta"]) < eta_max)
    event = owner(truth.offsets)[wanted]
    eta, phi = (column[name][wanted].astype(np.float64) for name in ("eta", "phi"))
    found = match(event, eta, phi, BaselineJets(jets.offsets, **jets.columns), NEAR)
    return jets.columns["msd"][found[found >= 0]].astype(np.float64), found >= 0

"""Truth objects: the heavy particles of an event and their generator jets, stored once for every label scheme."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.events.collisions.processes import GRAVITON
from jetflow.events.extra import optional
from jetflow.events.jets.genjets import Jets, match

__all__ = ["JET_MIN_PT", "NARROW", "WIDE", "Truth", "truth_objects"]

HEAVY = (6, 23, 24, 25)
B_PARENTS = (6, 23, 25, GRAVITON)
NARROW, WIDE = 0.4, 0.8  # radius of a b quark's and of a heavy particle's generator jet
JET_MIN_PT = 15.0  # GeV; below every label threshold


@dataclass(frozen=True)
class Truth:
    """Objects of n events: t, Z, W, H (last copy before decay) and their, or the graviton's, b quarks (last copy).

    offsets (n + 1) int64; pdg, parent int32 (`parent` is the first ancestor of another PDG id: +-6 marks an object
    inside a top); eta, phi, pt, mass float32 of the object; jet_eta, jet_phi, jet_pt, jet_mass float32 of its
    generator jet: the hardest anti-kt jet of stable particles without neutrinos within R of the object, R = 0.4 for
    b and 0.8 for the others. Without a jet above 15 GeV the four are 0. GeV and radians.
    """

    offsets: NDArray[np.int64]
    pdg: NDArray[np.int32]
    parent: NDArray[np.int32]
    eta: NDArray[np.float32]
    phi: NDArray[np.float32]
    pt: NDArray[np.float32]
    mass: NDArray[np.float32]
    jet_eta: NDArray[np.float32]
    jet_phi: NDArray[np.float32]
    jet_pt: NDArray[np.float32]
    jet_mass: NDArray[np.float32]


def _last_copies(pdg: NDArray[np.int32], mothers: list[NDArray[np.int64]]) -> NDArray[np.bool_]:
    """True where no daughter has the same PDG id; `mothers` are flat indices, -1 for none."""
    last = np.ones(len(pdg), bool)
    for mother in mothers:
        same = (mother >= 0) & (pdg[mother] == pdg)
        last[mother[same]] = False
    return last


def _parents(chosen: NDArray[np.int64], pdg: NDArray[np.int32], mother: NDArray[np.int64]) -> NDArray[np.int32]:
    """PDG id of the first ancestor with another id (0: none)."""
    above = mother[chosen]
    while True:
        climb = (above >= 0) & (pdg[above] == pdg[chosen])
        if not climb.any():
            return np.where(above >= 0, pdg[above], 0).astype(np.int32)
        above = np.where(climb, mother[above], above)


def truth_objects(records: Any, narrow: Jets, wide: Jets) -> Truth:
    """Objects of Pythia's `records`, with their generator jets of radius NARROW or WIDE of the same events."""
    ak = optional("awkward")
    counts = ak.to_numpy(ak.num(records))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    event = np.repeat(np.arange(len(counts)), counts)
    flat = ak.flatten(records)
    pdg = ak.to_numpy(flat.id).astype(np.int32)
    mothers = []
    for name in ("mother1", "mother2"):
        local = ak.to_numpy(flat[name]).astype(np.int64)
        mothers.append(np.where(local > 0, local + offsets[event], -1))
    wanted = np.isin(np.abs(pdg), (5, *HEAVY)) & _last_copies(pdg, mothers)
    chosen = np.flatnonzero(wanted)
    parent = _parents(chosen, pdg, mothers[0])
    kept = (np.abs(pdg[chosen]) != 5) | np.isin(np.abs(parent), B_PARENTS)
    chosen, parent = chosen[kept], parent[kept]
    px, py, pz = (ak.to_numpy(flat.p[axis])[chosen] for axis in ("px", "py", "pz"))
    mass = ak.to_numpy(flat.m)[chosen]
    pt = np.hypot(px, py)
    eta, phi = np.arcsinh(pz / np.maximum(pt, 1e-9)), np.arctan2(py, px)
    is_b = np.abs(pdg[chosen]) == 5
    jet_columns = {f"jet_{field.name}": np.zeros(len(chosen)) for field in fields(Jets) if field.name != "offsets"}
    for jets, radius, group in ((narrow, NARROW, is_b), (wide, WIDE, ~is_b)):
        where = np.flatnonzero(group)
        index = match(event[chosen][where], eta[where], phi[where], jets, radius)
        where, index = where[index >= 0], index[index >= 0]
        for name, column in jet_columns.items():
            column[where] = getattr(jets, name.removeprefix("jet_"))[index]
    single = {"eta": eta, "phi": phi, "pt": pt, "mass": mass, **jet_columns}
    return Truth(
        offsets=np.searchsorted(event[chosen], np.arange(len(counts) + 1)).astype(np.int64),
        pdg=pdg[chosen],
        parent=parent,
        **{name: value.astype(np.float32) for name, value in single.items()},
    )

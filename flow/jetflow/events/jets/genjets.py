"""Generator jets: anti-kt jets of the stable visible particles, one fastjet call for a batch of events."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from jetflow.events.block import Table
from jetflow.events.extra import fastjet_quietly, optional
from jetflow.events.particles import Particles

__all__ = ["Jets", "generator_jets", "match"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Jets:
    """Jets of n events: offsets (n + 1) int64; pt, eta, phi, mass float64 [GeV, radians]; pT falls in an event."""

    offsets: NDArray[np.int64]
    pt: Floats
    eta: Floats
    phi: Floats
    mass: Floats

    def table(self, min_pt: float, eta_max: float) -> Table:
        """Those above `min_pt` [GeV] within `eta_max`, as the table `genjet` of a file."""
        keep = (self.pt > min_pt) & (np.abs(self.eta) < eta_max)
        kept = np.concatenate([[0], np.cumsum(keep)])
        columns = {name: getattr(self, name)[keep].astype(np.float32) for name in ("eta", "phi", "pt", "mass")}
        return Table(kept[self.offsets].astype(np.int64), columns)


def generator_jets(particles: Particles, radius: float, min_pt: float) -> Jets:
    """Anti-kt jets of `radius` above `min_pt` [GeV] in each event (E scheme)."""
    ak, fastjet = optional("awkward"), fastjet_quietly()
    fields = {"px": particles.px, "py": particles.py, "pz": particles.pz, "E": particles.e}
    events = ak.unflatten(ak.zip(fields, with_name="Momentum4D"), np.diff(particles.offsets))
    jets = fastjet.ClusterSequence(events, fastjet.JetDefinition(fastjet.antikt_algorithm, radius)).inclusive_jets(
        min_pt=min_pt
    )
    jets = jets[ak.argsort(jets.px**2 + jets.py**2, axis=1, ascending=False)]
    px, py, pz, e = (ak.to_numpy(ak.flatten(jets[axis])) for axis in ("px", "py", "pz", "E"))
    pt = np.hypot(px, py)
    return Jets(
        offsets=np.concatenate([[0], np.cumsum(ak.to_numpy(ak.num(jets)))]).astype(np.int64),
        pt=pt,
        eta=np.arcsinh(pz / pt),
        phi=np.arctan2(py, px),
        mass=np.sqrt(np.maximum(e**2 - pt**2 - pz**2, 0.0)),
    )


class _Placed(Protocol):
    """Jets of n events with falling pT."""

    @property
    def offsets(self) -> NDArray[np.int64]: ...
    @property
    def eta(self) -> NDArray[Any]: ...
    @property
    def phi(self) -> NDArray[Any]: ...


def match(event: NDArray[np.int64], eta: Floats, phi: Floats, jets: _Placed, radius: float) -> NDArray[np.int64]:
    """For each object the index of the hardest jet of its event within `radius` in (eta, phi), or -1."""
    found = np.full(len(event), -1, np.int64)
    rank, count = 0, np.diff(jets.offsets)[event]
    while len(event) and rank < count.max():
        index = np.minimum(jets.offsets[event] + rank, len(jets.eta) - 1)
        turn = np.abs(jets.phi[index] - phi)
        near = np.hypot(jets.eta[index] - eta, np.minimum(turn, 2 * np.pi - turn)) < radius
        found = np.where((found < 0) & near & (rank < count), index, found)
        rank += 1
    return found

"""Jets of the rule-based baseline: anti-kt 0.8, soft drop and N-subjettiness, in batches with fastjet."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.events.extra import fastjet_quietly, optional
from jetflow.events.jets.softkiller import Candidates, soft_killer

__all__ = ["BaselineJets", "baseline_jets"]

Floats = NDArray[np.float64]
RADIUS = 0.8
MIN_PT = 200.0  # GeV
SYMMETRY_CUT = 0.1
_WHOLE = 1000.0  # a Cambridge/Aachen radius that takes all constituents of a jet


@dataclass(frozen=True)
class BaselineJets:
    """Jets of n events: offsets (n + 1) int64; the rest float32; pT falls in an event.

    eta, phi (radians, -pi to pi), pt [GeV] of the jet; msd, its soft-drop mass [GeV]; tau1, tau2, tau3, its
    N-subjettiness.
    """

    offsets: NDArray[np.int64]
    eta: NDArray[np.float32]
    phi: NDArray[np.float32]
    pt: NDArray[np.float32]
    msd: NDArray[np.float32]
    tau1: NDArray[np.float32]
    tau2: NDArray[np.float32]
    tau3: NDArray[np.float32]


def baseline_jets(candidates: Candidates, eta_max: float, min_pt: float = MIN_PT) -> BaselineJets:
    """The anti-kt jets of R = 0.8 above `min_pt` [GeV] in each event, groomed and with their prongs counted.

    Pileup: the authors cluster PUPPI candidates. Here tracks of pileup vertices are left out by the energy flow, and
    neutral candidates within `eta_max` pass SoftKiller, which needs no tracks of pileup. Soft-drop medians of W, Z, H
    and t above 400 GeV (500 jets each): 80, 89, 118 and 165 GeV without pileup, 81, 89, 116 and 165 GeV at mu 50.

    Soft drop: beta 0, z_cut 0.1, on the jet reclustered with Cambridge/Aachen (arXiv:1402.2657). tau_N: beta 1,
    R0 0.8, one-pass kt axes, normalised (arXiv:1011.2268); 0 for a jet of N or fewer constituents.
    """
    ak, fastjet = optional("awkward"), fastjet_quietly()
    left = soft_killer(candidates, eta_max)
    events = ak.unflatten(_momenta(ak, left), np.diff(left.offsets))
    sequence = fastjet.ClusterSequence(events, fastjet.JetDefinition(fastjet.antikt_algorithm, RADIUS))
    jets, members = sequence.inclusive_jets(min_pt=min_pt), sequence.constituents(min_pt=min_pt)
    order = ak.argsort(jets.px**2 + jets.py**2, axis=1, ascending=False, stable=True)
    jets, members = ak.flatten(jets[order]), ak.flatten(members[order])
    px, py, pz = (ak.to_numpy(jets[axis]) for axis in ("px", "py", "pz"))
    pt = np.hypot(px, py)
    found = {"eta": np.arcsinh(pz / pt), "phi": np.arctan2(py, px), "pt": pt, **_substructure(ak, fastjet, members)}
    return BaselineJets(
        offsets=np.concatenate([[0], np.cumsum(ak.to_numpy(ak.num(order)))]).astype(np.int64),
        **{name: values.astype(np.float32) for name, values in found.items()},
    )


def _momenta(ak: Any, candidates: Candidates) -> Any:
    """Flat four-momenta of massless candidates."""
    pt, eta, phi = candidates.pt, candidates.eta, candidates.phi
    momenta = {"px": pt * np.cos(phi), "py": pt * np.sin(phi), "pz": pt * np.sinh(eta), "E": pt * np.cosh(eta)}
    return ak.zip(momenta, with_name="Momentum4D")


def _substructure(ak: Any, fastjet: Any, members: Any) -> dict[str, Floats]:
    """msd, tau1, tau2 and tau3 of jets given by their constituents; 0 where there are too few constituents."""
    size = ak.to_numpy(ak.num(members))
    columns = {name: np.zeros(len(size)) for name in ("msd", "tau1", "tau2", "tau3")}
    split = size > 1
    if not split.any():
        return columns
    sequence = fastjet.ClusterSequence(members[split], fastjet.JetDefinition(fastjet.cambridge_algorithm, _WHOLE))
    groomed = sequence.exclusive_jets_softdrop_grooming(njets=1, beta=0.0, symmetry_cut=SYMMETRY_CUT, R0=RADIUS)
    columns["msd"][split] = np.maximum(ak.to_numpy(groomed.msoftdrop), 0.0)
    tau = sequence.njettiness(axes_definition="OnePass_KT_Axes", njets=[1, 2, 3], beta=1.0, R0=RADIUS)
    for prongs, values in enumerate(ak.to_numpy(tau).reshape(-1, 3).T, 1):
        columns[f"tau{prongs}"][split] = values
    return columns

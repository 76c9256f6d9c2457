"""Pythia 8 in batches: from settings to flat arrays of stable particles and the full record."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.errors import InputError, ToolError
from jetflow.events.collisions.processes import settings
from jetflow.events.extra import captured, optional
from jetflow.events.particles import Particles

__all__ = ["Pythia"]

_NEUTRINOS = (12, 14, 16)
_ATTEMPTS = 10.0  # per event asked for; Pythia gives up an event now and then and makes another


_TALKATIVE = ("Print:quiet=off", "Print:errors=on", "Init:showProcesses=off", "Init:showMultipartonInteractions=off")


def _set_up(lines: Sequence[str]) -> tuple[Any, bool, str]:
    """A Pythia with the settings `lines`, whether it accepts them, and the errors that it printed, as one line."""
    pythia = optional("pythia8mc").Pythia("", False)
    with captured() as output:
        accepted = all(pythia.readString(line) for line in lines) and pythia.init()
        output.seek(0)
        _, found, said = output.read().partition("PYTHIA ")
    return pythia, accepted, " ".join(said.replace("PYTHIA ", "").split()) if found else ""


class Pythia:
    """One initialised Pythia. Set-up costs 0.4 s for a graviton and 5 s for minimum bias: ask for large batches."""

    def __init__(self, process: str, mass: float, seed: int, ecm: float) -> None:
        """Set up `process` at graviton mass `mass` and collision energy `ecm` [GeV]; `seed` is 1 .. 900,000,000.

        Raises InputError with Pythia's own words where it refuses a setting or all of them together.
        """
        self._where = f"Pythia ({process}, graviton {mass:g} GeV, {ecm:g} GeV collisions)"
        self._charges: dict[int, float] = {}
        lines = settings(process, mass, seed, ecm)
        self._pythia, accepted, said = _set_up(lines)
        if not accepted:
            said = said or _set_up([*lines, *_TALKATIVE])[2]
            raise InputError(f"{self._where} refuses its settings: {said}; choose another mass, energy or process")

    def records(self, count: int) -> Any:
        """Exactly `count` events as an awkward array of particle records (Pythia's own, in full)."""
        try:
            return self._pythia.nextBatch(count, _ATTEMPTS).prt
        except RuntimeError as error:
            raise ToolError(f"{self._where} fails in more than 9 of 10 events; try another seed or mass") from error

    def particles(self, records: Any) -> Particles:
        """The stable particles of `records` that can be seen (neutrinos are dropped)."""
        ak = optional("awkward")
        identity = np.abs(records.id)
        seen = records.status > 0
        for code in _NEUTRINOS:
            seen = seen & (identity != code)
        final = records[seen]
        flat = ak.flatten(final)
        pdg = ak.to_numpy(flat.id).astype(np.int32)
        origin = [ak.to_numpy(ak.fill_none(flat.vProd[axis], 0.0)) * 1e-3 for axis in ("px", "py", "pz")]
        return Particles(
            offsets=np.concatenate([[0], np.cumsum(ak.to_numpy(ak.num(final)))]).astype(np.int64),
            pdg=pdg,
            charge=self._charge(pdg),
            **{axis: ak.to_numpy(flat.p[axis]).astype(np.float64) for axis in ("px", "py", "pz", "e")},
            x=origin[0],
            y=origin[1],
            z=origin[2],
        )

    def _charge(self, pdg: NDArray[np.int32]) -> NDArray[np.float64]:
        codes, inverse = np.unique(pdg, return_inverse=True)
        for code in codes.tolist():
            if code not in self._charges:
                self._charges[code] = float(self._pythia.particleData.charge(code))
        return np.array([self._charges[code] for code in codes.tolist()])[inverse]

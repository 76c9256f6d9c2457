"""The collision processes and the Pythia 8 settings that make them."""

from dataclasses import dataclass

from jetflow.errors import InputError

__all__ = ["PROCESSES", "SIGNAL", "Process", "process", "settings"]

GRAVITON = 5100039
MASS_WINDOW = 0.10  # the resonance is kept within this share of its nominal mass


@dataclass(frozen=True)
class Process:
    """One process: its int8 code in files, its name, and the graviton's decay (None: not a graviton)."""

    code: int
    name: str
    decay: str | None


PROCESSES = (
    Process(0, "minbias", None),
    Process(1, "tt", "onIfMatch=6 -6"),
    Process(2, "HH", "onIfMatch=25 25"),
    Process(3, "WW", "onIfMatch=24 -24"),
    Process(4, "ZZ", "onIfMatch=23 23"),
    Process(5, "bb", "onIfMatch=5 -5"),
    Process(6, "gg", "onIfMatch=21 21"),
    Process(7, "qq", "onIfAny=1 2 3 4"),
)
SIGNAL = ("tt", "HH", "WW", "ZZ", "bb")  # two labelled objects an event, each event of one class
_BY_NAME = {entry.name: entry for entry in PROCESSES}

_BASE = (
    "Print:quiet=on",
    "ParticleDecays:limitTau0=on",
    "ParticleDecays:tau0Max=10",  # mm: K0S and Lambda reach the calorimeter
    "Random:setSeed=on",
)
_HADRONIC = (
    "25:onMode=off",
    "25:onIfMatch=5 -5",
    "24:onMode=off",
    "24:onIfAny=1 2 3 4 5",
    "23:onMode=off",
    "23:onIfAny=1 2 3 4 5",
)


def process(name: str) -> Process:
    """The process called `name`; InputError with the allowed names if there is none."""
    if name not in _BY_NAME:
        raise InputError(f"process {name!r} does not exist; choose from {', '.join(_BY_NAME)}")
    return _BY_NAME[name]


def settings(name: str, mass: float, seed: int, ecm: float) -> list[str]:
    """Pythia settings of process `name` at graviton mass `mass` and collision energy `ecm` [GeV].

    The graviton decays only as the process says; H to bb, W and Z to quarks. Its mass is kept within 10% of the
    nominal one, without which the WW channel gets a far off-shell tail.
    """
    lines = [*_BASE, f"Random:seed={seed}", f"Beams:eCM={ecm:g}"]
    decay = process(name).decay
    if decay is None:
        return [*lines, "SoftQCD:inelastic=on"]
    low, high = mass * (1 - MASS_WINDOW), mass * (1 + MASS_WINDOW)
    return [
        *lines,
        "ExtraDimensionsG*:all=on",
        f"{GRAVITON}:m0={mass:.3f}",
        f"{GRAVITON}:mMin={low:.3f}",
        f"{GRAVITON}:mMax={high:.3f}",
        f"{GRAVITON}:onMode=off",
        f"{GRAVITON}:{decay}",
        *_HADRONIC,
    ]

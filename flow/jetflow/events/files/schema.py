"""The layout of an events file: what is in it, of which type, and in which chunks.

    /                attributes: schema, process_names (JSON), grid (JSON), provenance (JSON)
    /process         int8 (n): index into process_names
    /mu              float32 (n): mean number of pileup collisions
    /npu             uint16 (n): number of pileup collisions
    /ecal, /hcal     sparse crystals: offsets int64 (n + 1); step uint32, where they are; et float16 [GeV]
    /track, /photon, /neutral   particle flow on the same grid, in the same columns (`et` of a track is its pT)
    /truth           heavy objects and their generator jets: see truth.Truth
    /baseline        reconstructed jets: eta, phi, pt, soft-drop mass msd, tau1, tau2, tau3 [float32]
    /genjet          generator jets, anti-kt 0.4 above 20 GeV: eta, phi, pt, mass [float32]
    /tagged          in files from the public layout, instead of `baseline`: see tagging.tag

A crystal is the integer row * columns + column of the grid; `step` is its difference, modulo 2**32, from the crystal
of the row before, and from 0 in the first row of an event: numpy.cumsum of an event's steps. Files of earlier versions
have `eta` and `phi` (uint16 row, column) instead of `step`.

Event i has rows offsets[i]:offsets[i + 1] of its group. A file has at least one collection of cells; tables
of jets may be absent. Readers ignore what they do not know.
"""

from typing import Final

__all__ = [
    "BASELINE",
    "CALORIMETER",
    "CELLS",
    "CHUNK",
    "COLLECTIONS",
    "FORMAT",
    "GENJET",
    "JETS",
    "MAX_ET",
    "PARTICLE_FLOW",
    "SCALARS",
    "SCHEMA",
    "STEPS",
    "TAGGED",
    "TRUTH",
    "columns",
    "stored",
]

FORMAT: Final = "jetflow-events"
SCHEMA: Final = f"{FORMAT}-1"
CHUNK: Final = 32768  # values in a compressed chunk
MAX_ET: Final = 14_000.0  # GeV; the energy of the collisions: no cell can hold more

CALORIMETER: Final = ("ecal", "hcal")
PARTICLE_FLOW: Final = ("track", "photon", "neutral")
COLLECTIONS: Final = CALORIMETER + PARTICLE_FLOW  # of cells

SCALARS: Final = {"process": "int8", "mu": "float32", "npu": "uint16"}
CELLS: Final = {"eta": "uint16", "phi": "uint16", "et": "float16"}
STEPS: Final = {"step": "uint32", "et": "float16"}  # cells as they are stored
TRUTH: Final = {
    "pdg": "int32",
    "parent": "int32",
    **dict.fromkeys(("eta", "phi", "pt", "mass", "jet_eta", "jet_phi", "jet_pt", "jet_mass"), "float32"),
}
BASELINE: Final = dict.fromkeys(("eta", "phi", "pt", "msd", "tau1", "tau2", "tau3"), "float32")
GENJET: Final = dict.fromkeys(("eta", "phi", "pt", "mass"), "float32")
TAGGED: Final = {"class_id": "int8", **dict.fromkeys(("eta", "phi", "pt", "ratio"), "float32")}
JETS: Final = ("baseline", "genjet", "tagged")  # tables that may be absent


def stored(table: str) -> dict[str, str]:
    """Datasets of a table in a file, with dtypes."""
    return STEPS if table in COLLECTIONS else columns(table)


def columns(table: str) -> dict[str, str]:
    """Column names and dtypes of a table in memory."""
    return {"truth": TRUTH, "baseline": BASELINE, "genjet": GENJET, "tagged": TAGGED}.get(table, CELLS)

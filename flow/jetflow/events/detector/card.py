"""Detector cards: every parameter of the emulated detector, from YAML into checked, frozen models."""

from importlib import resources
from pathlib import Path
from typing import Literal

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, ValidationError, model_validator

from jetflow.errors import InputError
from jetflow.events.detector.curves import Curve
from jetflow.events.grid import Grid

__all__ = ["Calorimeter", "CloseTracks", "Detector", "GridCard", "Resolution", "TrackKind", "Tracker", "load_card"]

NonNegative = Field(ge=0)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Resolution(_Frozen):
    """sigma(E)^2 = (constant E)^2 + stochastic^2 E + noise^2 [GeV], for |eta| below `eta_max`."""

    eta_max: PositiveFloat
    constant: float = NonNegative
    stochastic: float = NonNegative
    noise: float = NonNegative


class Coarse(_Frozen):
    """Cells of `cells` x `cells` crystals for |eta| below `eta_max`; single crystals above."""

    cells: PositiveInt
    eta_max: float = NonNegative


class Calorimeter(_Frozen):
    """One calorimeter: what share of a particle's energy it takes, how it resolves it and what it drops."""

    default_fraction: float = Field(ge=0, le=1)
    fractions: dict[int, float]
    min_energy: float = NonNegative
    significance: float = NonNegative
    coarse: Coarse
    resolution: tuple[Resolution, ...] = Field(min_length=1)

    def fraction(self, pdg: NDArray[np.int32]) -> NDArray[np.float64]:
        """Share of the energy deposited here, by |PDG id|."""
        share = np.full(len(pdg), self.default_fraction)
        magnitude = np.abs(pdg)
        for code, value in self.fractions.items():
            share[magnitude == code] = value
        return share

    def sigma(self, energy: NDArray[np.float64], eta: NDArray[np.float64]) -> NDArray[np.float64]:
        """Standard deviation [GeV] of a cell of `energy` [GeV] centred at `eta`."""
        region = np.searchsorted([r.eta_max for r in self.resolution], np.abs(eta), side="right")
        region = np.minimum(region, len(self.resolution) - 1)
        terms = np.array([[r.constant, r.stochastic, r.noise] for r in self.resolution])[region]
        variance: NDArray[np.float64] = (terms[:, 0] * energy) ** 2 + terms[:, 1] ** 2 * energy + terms[:, 2] ** 2
        return variance**0.5


class TrackKind(_Frozen):
    """How tracks of one kind of particle are found and measured.

    `efficiency` 0 .. 1; `resolution` is sigma(pT) / pT, for electrons sigma(E) / E: both scale the momentum.
    """

    efficiency: Curve
    resolution: Curve


class CloseTracks(_Frozen):
    """Of the tracks that cross a cell of `cell` x `cell` in (eta, phi) on this cylinder, only the hardest is found."""

    radius_m: PositiveFloat
    half_length_m: PositiveFloat
    cell: PositiveFloat


class Tracker(_Frozen):
    """Tracks: kinds of particles, the close-track filter (null: none), and pileup removal by vertex.

    Tracks of pileup vertices farther than `pileup_dz_m` in z from the hard collision are left out after energy flow.
    """

    pileup_dz_m: float = NonNegative
    close_tracks: CloseTracks | None
    hadron: TrackKind
    electron: TrackKind
    muon: TrackKind


class EnergyFlow(_Frozen):
    """Energy flow: photons are smeared once more, by the share `photon_smearing` of their energy."""

    photon_smearing: float = NonNegative


class Vertex(_Frozen):
    """Gaussian spread of collision vertices along the beam, truncated at `limit_m`."""

    sigma_z_m: float = NonNegative
    limit_m: PositiveFloat


class GridCard(_Frozen):
    """The cells of the image (see grid.Grid)."""

    eta_cells: int = Field(gt=0, le=4096)
    phi_cells: int = Field(gt=0, le=4096)
    eta_step: PositiveFloat
    tower: PositiveInt

    @model_validator(mode="after")
    def _whole_towers(self) -> "GridCard":
        if self.eta_cells % self.tower or self.phi_cells % self.tower or self.eta_cells % 2:
            raise ValueError("eta_cells and phi_cells must be multiples of tower, and eta_cells even")
        return self


class Detector(_Frozen):
    """A detector: solenoid, vertex spread, image grid, tracker and calorimeters (image channels, in order)."""

    schema_: Literal["jetflow-detector-2"] = Field(alias="schema")
    name: str
    field_tesla: float
    radius_m: PositiveFloat
    half_length_m: PositiveFloat
    vertex: Vertex
    grid: GridCard
    tracker: Tracker
    energy_flow: EnergyFlow
    calorimeters: dict[Literal["ecal", "hcal"], Calorimeter]

    @model_validator(mode="after")
    def _both(self) -> "Detector":
        if list(self.calorimeters) != ["ecal", "hcal"]:
            raise ValueError("calorimeters must be ecal and hcal, in this order")
        return self

    @model_validator(mode="after")
    def _covered(self) -> "Detector":
        grid = self.cells
        for name, calorimeter in self.calorimeters.items():
            edges = [region.eta_max for region in calorimeter.resolution]
            if edges != sorted(set(edges)) or grid.eta_max > edges[-1] + 1e-9:
                raise ValueError(
                    f"calorimeters.{name}.resolution: regions must rise in eta_max and cover the image, "
                    f"|eta| < {grid.eta_max:g}"
                )
            size, edge = calorimeter.coarse.cells, round(calorimeter.coarse.eta_max / grid.eta_step)
            if edge > grid.eta_cells // 2 or (grid.eta_cells // 2 - edge) % size or grid.phi_cells % size:
                raise ValueError(
                    f"calorimeters.{name}.coarse: whole cells of {size} x {size} crystals must fit up to its eta_max"
                )
        return self

    @property
    def cells(self) -> Grid:
        """The image grid."""
        return Grid(**self.grid.model_dump())


def load_card(name: str = "cms-phase2") -> Detector:
    """Read a detector card: the name of one that is shipped, or the path of a YAML file.

    Raises InputError that names the file, the key, what was found and what is allowed.
    """
    shipped = resources.files("jetflow.events.detector") / "cards"
    if name.endswith((".yaml", ".yml")):
        path = Path(name)
        if not path.is_file():
            raise InputError(f"{name}: no such detector card; give a YAML file or the name of a shipped card")
        try:
            text = path.read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{name}: unreadable ({error}); give a detector card, a YAML file of text") from error
    else:
        names = sorted(entry.name.removesuffix(".yaml") for entry in shipped.iterdir() if entry.name.endswith(".yaml"))
        if name not in names:
            known = ", ".join(names)
            raise InputError(f"detector card {name!r} does not exist; choose one of {known} or give a .yaml file")
        text = (shipped / f"{name}.yaml").read_text()
    try:
        return Detector.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise InputError(f"{name}: not YAML ({' '.join(str(error).split())}); correct the card") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "(card)"
        raise InputError(f"{name}: {key}: {first['msg']}; found {first['input']!r:.60}; correct the card") from error

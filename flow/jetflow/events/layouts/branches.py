"""Names of the branches of a ROOT tree that are our cells and truth objects."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from jetflow.errors import InputError
from jetflow.events.files.schema import CELLS, COLLECTIONS

__all__ = ["OBJECT", "BranchMap"]

OBJECT = ("pdg", "eta", "phi", "pt", "mass")


class BranchMap(BaseModel):
    """Names of branches, the content of the YAML file of `--branches`; all of it is optional.

        tree: Delphes                 # which tree; needed where the file has several
        collections:                  # of cells: any of ecal, hcal, track, photon, neutral
          ecal: {eta: Tower.Eta, phi: Tower.Phi, et: Tower.Eem}
        truth: {pdg: Jet.PID, eta: Jet.Eta, phi: Jet.Phi, pt: Jet.PT, mass: Jet.Mass}

    Without `collections`, those are read whose branches are called ecal_eta, ecal_phi, ecal_et (or ecal.eta ...) and
    so on; without `truth`, the branches truth_pdg, truth_eta ... if they are there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tree: str | None = None
    collections: dict[str, dict[str, str]] = Field(default_factory=dict)
    truth: dict[str, str] = Field(default_factory=dict)

    @classmethod
    def read(cls, path: Path | None) -> BranchMap:
        """The map in the YAML file `path`; the default one for None."""
        if path is None:
            return cls()
        try:
            made = cls.model_validate(yaml.safe_load(path.read_text()) or {})
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise InputError(
                f"{path}: unreadable or no YAML; name tree, collections and truth as README says"
            ) from error
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(str(part) for part in first["loc"])
            raise InputError(f"{path}: {key}: {first['msg']}; tree, collections and truth are allowed") from error
        for name, columns in {**made.collections, **({"truth": made.truth} if made.truth else {})}.items():
            wanted = set(OBJECT if name == "truth" else CELLS)
            if name not in (*COLLECTIONS, "truth") or set(columns) != wanted:
                raise InputError(
                    f"{path}: {name}: found {', '.join(columns)}; {', '.join(COLLECTIONS)} with "
                    f"{', '.join(CELLS)}, and truth with {', '.join(OBJECT)} are allowed"
                )
        return made

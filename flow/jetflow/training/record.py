"""run.json: what a training run was started with, from which its number of steps follows."""

import hashlib
import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from jetflow.errors import InputError
from jetflow.recipe import PhaseName

__all__ = ["RunRecord", "digest", "read_record"]


class RunRecord(BaseModel):
    """Seed, events and epochs of a run. Digests are `sha256:` and 16 hex digits; the first shipped runs have none."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    schema_: Literal["jetflow-run-1"] = Field("jetflow-run-1", alias="schema")
    seed: int
    train_events: int
    events: str | None = None  # digest of the files
    batch: int
    epochs: dict[PhaseName, int]
    start_from: str | None = None  # digest of the weights that full precision started from

    def steps(self, precision: str) -> int:
        """Optimiser steps behind the weights of a precision, warm start included."""
        phases = ["fpn"] if precision == "fpn" else list(self.epochs)
        return sum(self.train_events // self.batch * self.epochs[name] for name in self.epochs if name in phases)

    def differences(self, other: "RunRecord") -> str:
        """Where `other` differs, as `key found (not wanted)`."""
        mine, theirs = self.model_dump(), other.model_dump()
        return ", ".join(f"{key} {mine[key]} (not {theirs[key]})" for key in mine if mine[key] != theirs[key])


def digest(*paths: Path) -> str:
    """Of the contents of files, one after the other."""
    whole = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                whole.update(block)
    return f"sha256:{whole.hexdigest()[:16]}"


def read_record(folder: Path) -> RunRecord:
    """Read run.json of a run or a shipped model. Raises InputError where it is missing or damaged."""
    path = folder / "run.json"
    try:
        return RunRecord.model_validate(json.loads(path.read_text()))
    except FileNotFoundError as error:
        raise InputError(f"{path}: not found: the folder is no run of `jetflow train`") from error
    except (ValueError, ValidationError) as error:
        raise InputError(f"{path}: damaged ({' '.join(str(error).split())[:120]}): train again") from error

"""What to generate: everything that the content of an events file depends on."""

from __future__ import annotations

import math
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from jetflow.errors import InputError
from jetflow.events.collisions.processes import SIGNAL, process

__all__ = ["MAX_MU", "Request"]

MAX_MU = 200.0


class Request(BaseModel):
    """Settings of one file.

    `events` in total, split evenly over `processes`; event i of a process has the mean pileup pileup[i % len].
    `mass`: lowest and highest nominal graviton mass [GeV], drawn uniformly for every 50 events; one value is both.
    `ecm`: collision energy [GeV]. `card`: detector card, by name or path. `baseline`: with the jets of the rule-based
    baseline.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    processes: tuple[str, ...] = SIGNAL
    pileup: tuple[float, ...] = (0.0,)
    events: int = 1000
    seed: int = 1
    mass: tuple[float, float] = (800.0, 3500.0)
    ecm: float = 13_000.0
    card: str = "cms-phase2"
    baseline: bool = True

    @classmethod
    def of(cls, **values: Any) -> Request:
        """Check `values`; InputError in one line names the setting, what was found and what is allowed."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(str(part) for part in first["loc"])
            message = first["msg"].removeprefix("Value error, ")
            option = "process" if key == "processes" else key
            raise InputError(f"--{option}: found {first['input']!r:.60}; {message}") from error

    @field_validator("processes")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            process(name)
        if not value or len(set(value)) != len(value):
            raise ValueError("give one or more processes, each once")
        return value

    @field_validator("pileup")
    @classmethod
    def _mean(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if not value or not all(0 <= mu <= MAX_MU for mu in value):
            raise ValueError(f"give one or more means of 0 to {MAX_MU:g} collisions")
        return value

    @field_validator("events")
    @classmethod
    def _some(cls, value: int) -> int:
        if value < 1:
            raise ValueError("at least 1 event is needed")
        return value

    @field_validator("seed")
    @classmethod
    def _natural(cls, value: int) -> int:
        if not 0 <= value < 2**63:
            raise ValueError("a seed is an integer of 0 to 2**63 - 1")
        return value

    @field_validator("mass", mode="before")
    @classmethod
    def _one(cls, value: Any) -> Any:
        return (*value, *value) if isinstance(value, (list, tuple)) and len(value) == 1 else value

    @field_validator("mass")
    @classmethod
    def _range(cls, value: tuple[float, float]) -> tuple[float, float]:
        if not 400 <= value[0] <= value[1] <= 6000:
            raise ValueError("give one mass or LOW:HIGH, with 400 <= LOW <= HIGH <= 6000 GeV")
        return value

    @field_validator("ecm")
    @classmethod
    def _energy(cls, value: float) -> float:
        if not (math.isfinite(value) and 8000 <= value <= 14_000):
            raise ValueError("collisions of 8000 to 14000 GeV (8 to 14 TeV) are supported")
        return value

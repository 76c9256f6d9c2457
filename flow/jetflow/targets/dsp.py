"""DSP cores, and published latencies to compare them with (hw/targets/dsp.yaml)."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from jetflow.checkout import CHECKOUT
from jetflow.errors import InputError
from jetflow.yaml_model import load_yaml

__all__ = ["Calibration", "Configuration", "Core", "Prediction", "Published", "find_core", "published"]

CORES = CHECKOUT / "hw" / "targets" / "dsp.yaml"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Configuration(_Frozen):
    """Some cores together, with the published die area and power of all."""

    cores: int = Field(ge=1)
    area_mm2: float = Field(gt=0)
    power_w: float = Field(gt=0)
    source: str


class Calibration(_Frozen):
    """The published point that `sustained` is fitted to."""

    network: str
    configuration: str
    time_ms: float = Field(gt=0)
    source: str


class Prediction(_Frozen):
    """What the model gives for the calibration's network in another configuration, and what was published."""

    configuration: str
    time_ms: float = Field(gt=0)
    published_ms: float = Field(gt=0)


class Core(_Frozen):
    """One core. `modes`: weight bits by the mode's name."""

    name: str
    clock_mhz: float = Field(gt=0)
    macs_per_clock: int = Field(gt=0)
    modes: dict[str, int]
    bytes_per_clock: int = Field(gt=0)
    sustained: float = Field(gt=0, le=1)
    calibration: Calibration
    prediction: Prediction
    configurations: dict[str, Configuration]

    def mode(self, weight_bits: int) -> str:
        """The narrowest mode that holds the weights; wider weights take several passes of the widest."""
        by_bits = sorted(self.modes, key=lambda name: self.modes[name])
        return next((name for name in by_bits if self.modes[name] >= weight_bits), by_bits[-1])


class Published(_Frozen):
    """A published latency of one PFJet-SSD image."""

    platform: str
    precision: str
    area_mm2: float | None = None
    power_w: float = Field(gt=0)
    time_ms: float = Field(gt=0)
    source: str


class _Cores(_Frozen):
    schema_: Literal["jetflow-dsp-1"] = Field(alias="schema")
    cores: dict[str, Core]
    published: tuple[Published, ...]


def find_core(name: str) -> Core:
    """The core called `name`. Raises InputError for an unknown one."""
    cores = load_yaml(CORES, _Cores).cores
    if name not in cores:
        raise InputError(f"--part {name}: no known DSP core; known: {', '.join(cores)} (add others to {CORES.name})")
    return cores[name]


def published() -> tuple[Published, ...]:
    """Published latencies to compare with."""
    return load_yaml(CORES, _Cores).published

"""The configuration of a model, models/*/config.yaml: frozen, versioned, and wrong keys are named."""

from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from jetflow.errors import InputError
from jetflow.graph.fixed_point import FixedPoint

__all__ = [
    "FormatConfig",
    "InputConfig",
    "ModelConfig",
    "NetworkConfig",
    "PhaseConfig",
    "PhaseName",
    "TrainingConfig",
    "WeightKinds",
    "load_config",
    "load_yaml",
]

Weights = Literal["ternary", "int8"]
PhaseName = Literal["fpn", "quantised", "folded"]
Positive = Annotated[int, Field(ge=1)]
M = TypeVar("M", bound=BaseModel)


class Frozen(BaseModel):
    """Base of all sections: unknown keys are errors, values do not change."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class FormatConfig(Frozen):
    """A fixed-point format, see graph.FixedPoint."""

    signed: bool = True
    bits: int = Field(ge=2, le=16)  # what TensorFlow's operation takes, see FixedPointActivation
    fraction: int = Field(ge=-32, le=32)

    def fixed_point(self) -> FixedPoint:
        """The graph's type."""
        return FixedPoint(self.signed, self.bits, self.fraction)


class InputConfig(Frozen):
    """The image: unsigned counts of transverse energy, saturating, one count `lsb_gev`; no normalisation."""

    grid: Literal["tower"] = "tower"
    rows: Positive = 68  # eta
    columns: Positive = 72  # phi
    channels: tuple[str, ...] = ("ecal", "hcal")
    lsb_gev: float = Field(0.5, gt=0)
    bits: int = Field(10, ge=4, le=16)
    fraction: int = Field(6, ge=0, le=16)  # where the network puts the binary point of a count

    @property
    def shape(self) -> tuple[int, int, int]:
        """(rows, columns, channels)."""
        return self.rows, self.columns, len(self.channels)

    def fixed_point(self) -> FixedPoint:
        """Format of a count inside the network."""
        return FixedPoint(False, self.bits, self.fraction)


class WeightKinds(Frozen):
    """How the convolutions of a quantised precision hold their weights."""

    first: Weights
    body: Weights
    heads: Weights


class NetworkConfig(Frozen):
    """Jet-SSD: stages of 3 x 3 convolutions with 2 x 2 average pooling between them, three heads on the last map."""

    kind: Literal["jetssd"] = "jetssd"
    stages: tuple[tuple[Positive, ...], ...] = Field(min_length=1)  # output channels of every convolution
    phi: Literal["circular", "zero"] = "circular"
    scaled: FormatConfig = FormatConfig(bits=10, fraction=6)  # after scale and bias
    activation: FormatConfig = FormatConfig(bits=7, fraction=4)  # after PReLU
    pooled: FormatConfig = FormatConfig(bits=8, fraction=5)  # after average pooling
    output: FormatConfig = FormatConfig(bits=16, fraction=8)  # of every head
    slope_fraction: int = Field(4, ge=1, le=8)  # PReLU slopes are k / 2**slope_fraction

    @model_validator(mode="after")
    def _stages_hold_layers(self) -> "NetworkConfig":
        if not all(self.stages):
            raise ValueError("every stage needs at least one convolution")
        return self


class DetectionConfig(Frozen):
    """Anchors, matching and what counts as a detection (paper 1, section 5; distances in eta-phi)."""

    anchor: float = Field(0.8, gt=0)  # side of the one square anchor a cell
    variance: float = Field(0.1, gt=0)  # offsets are in units of variance * anchor
    match_iou: float = Field(0.3, gt=0, lt=1)  # training: an anchor above is positive
    nms_iou: float = Field(0.25, gt=0, lt=1)
    score_threshold: float = Field(0.01, ge=0, lt=1)
    top: Positive = 100
    match_distance: float = Field(0.4, gt=0)  # evaluation: true if the centres are this near
    mass_scale_gev: float = Field(128.0, gt=0)  # the regression's unit


class PhaseConfig(Frozen):
    """One phase of training: Adam with decoupled weight decay, one cycle of the learning rate."""

    epochs: Positive
    peak: float = Field(gt=0)  # learning rate
    warm_up: float = Field(0.2, ge=0, lt=1)  # share of the steps


class TrainingConfig(Frozen):
    """The recipe; each phase starts from the one before it."""

    batch: Positive = 32
    weight_decay: float = Field(1e-4, ge=0)
    label_smoothing: float = Field(0.1, ge=0, lt=1)
    negatives: float = Field(3.0, gt=0)  # background cells a positive one: hard negative mining
    regression_weight: float = Field(1.0, ge=0)
    phases: dict[PhaseName, PhaseConfig]

    @model_validator(mode="after")
    def _all_phases(self) -> "TrainingConfig":
        if missing := {"fpn", "quantised", "folded"} - set(self.phases):
            raise ValueError(f"phases lacks {', '.join(sorted(missing))}")
        return self


class ModelConfig(Frozen):
    """A whole model."""

    schema_: Literal["jetflow-model-1"] = Field(alias="schema")
    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,40}$")
    summary: str = ""
    classes: tuple[str, ...] = ("b", "WZH", "t")
    input: InputConfig = InputConfig()
    network: NetworkConfig
    precision: dict[Literal["twn", "int8"], WeightKinds]
    detection: DetectionConfig = DetectionConfig()
    training: TrainingConfig

    @model_validator(mode="after")
    def _all_precisions(self) -> "ModelConfig":
        if missing := {"twn", "int8"} - set(self.precision):
            raise ValueError(f"precision lacks {', '.join(sorted(missing))}")
        return self

    @model_validator(mode="after")
    def _pooling_fits(self) -> "ModelConfig":
        divisor = 2 ** (len(self.network.stages) - 1)
        if self.input.rows % divisor or self.input.columns % divisor:
            raise ValueError(
                f"input {self.input.rows} x {self.input.columns} cannot be halved {len(self.network.stages) - 1} times"
            )
        return self

    @property
    def identifier(self) -> str:
        """The name as C++ and Verilog allow it."""
        return self.name.replace("-", "_")


def load_yaml(path: Path, model: type[M]) -> M:
    """Read `path` into `model`. Raises InputError, one line with file, key, found and allowed."""
    try:
        content: Any = yaml.safe_load(path.read_text())
    except FileNotFoundError as error:
        raise InputError(f"{path}: not found: give the path of a YAML file that exists") from error
    except (yaml.YAMLError, ValueError, RecursionError, OSError) as error:  # YAML's dates and numbers raise ValueError
        raise InputError(f"{path}: not a YAML file ({' '.join(str(error).split())}): mend or replace it") from error
    if not isinstance(content, dict):
        raise InputError(f"{path}: found {type(content).__name__}, a mapping of keys is needed: see models/")
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise InputError(f"{path}: {_first(error)}") from error


def _first(error: ValidationError) -> str:
    """The first problem of a ValidationError in one line."""
    problem = error.errors()[0]
    key = ".".join(str(part) for part in problem["loc"]) or "whole file"
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        return f"{key}: unknown key: remove it or correct its spelling"
    if problem["type"] == "missing":
        return f"{key}: missing: add it"
    found = "" if isinstance(problem["input"], dict | BaseModel) else f"found {problem['input']!r}, "
    return f"{key}: {found}{message[:1].lower()}{message[1:]}: correct the value"


def load_config(path: Path) -> ModelConfig:
    """Read a model's config."""
    return load_yaml(path, ModelConfig)

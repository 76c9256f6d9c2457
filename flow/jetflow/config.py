"""The configuration of a model, models/*/config.yaml: frozen, versioned, and wrong keys are named."""

from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from jetflow.atomic import write_text
from jetflow.errors import InputError
from jetflow.graph.fixed_point import FixedPoint

__all__ = [
    "Convolution",
    "FormatConfig",
    "InputConfig",
    "ModelConfig",
    "NetworkConfig",
    "PhaseConfig",
    "PhaseName",
    "PrecisionConfig",
    "RegressionConfig",
    "TrainingConfig",
    "load_config",
    "load_yaml",
    "save_config",
]

Weights = Literal["ternary", "int8"]
Nonlinearity = Literal["prelu", "relu"]
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
    """The image: unsigned counts of transverse energy, saturating, one count `lsb_gev`; no normalisation.

    The papers divide by the event's maximum or standardise it; linear counts are as good (measured) and need no
    arithmetic before the first layer.
    """

    grid: Literal["tower", "crystal"] = "tower"
    rows: Positive = 68  # eta
    columns: Positive = 72  # phi
    eta_step: float | None = Field(None, gt=0)  # a cell in eta; left out: that of the CMS grid
    channels: tuple[str, ...] = Field(("ecal", "hcal"), min_length=1)  # collections of an events file
    lsb_gev: float = Field(0.5, gt=0)
    bits: int = Field(10, ge=4, le=16)
    fraction: int = Field(6, ge=0, le=16)  # where the network puts the binary point of a count

    @property
    def shape(self) -> tuple[int, int, int]:
        """(rows, columns, channels)."""
        return self.rows, self.columns, len(self.channels)

    @property
    def cell_eta(self) -> float:
        """Width of a cell in eta."""
        return self.eta_step or {"tower": 0.087, "crystal": 0.0174}[self.grid]

    def fixed_point(self) -> FixedPoint:
        """Format of a count inside the network."""
        return FixedPoint(False, self.bits, self.fraction)


class PrecisionConfig(Frozen):
    """How a quantised precision holds the weights of its convolutions, and what it does otherwise than full precision.

    `layers` names blocks whose weights differ from those of their group.
    """

    first: Weights
    body: Weights
    heads: Weights
    layers: dict[str, Weights] = Field(default_factory=dict)
    nonlinearity: Nonlinearity | None = None  # instead of the network's
    gate: bool = True  # False: leave the network's gate out


class Convolution(Frozen):
    """One convolution of a VGG stage; a plain number is a 3 x 3 one with that many channels."""

    channels: Positive
    kernel: Literal[1, 3] = 3

    @model_validator(mode="before")
    @classmethod
    def _from_number(cls, value: Any) -> Any:
        return {"channels": value} if isinstance(value, int) else value

    @model_serializer(mode="wrap")
    def _to_number(self, write: SerializerFunctionWrapHandler) -> Any:
        return self.channels if self.kernel == 3 else write(self)


Stages = tuple[Annotated[tuple[Convolution, ...], Field(min_length=1)], ...]


class NetworkConfig(Frozen):
    """Stages of convolutions with 2 x 2 average pooling between them, three heads on the last map.

    `vgg`: every entry of a stage is one convolution (Jet-SSD, ATLAS SSD). `mobilenet`: the very first is a 3 x 3
    convolution, every other a depthwise 3 x 3 and a pointwise one (PFJet-SSD, ATLAS SSDLite).
    """

    kind: Literal["vgg", "mobilenet"] = "vgg"
    stages: Stages = Field(min_length=1)  # output channels of every convolution
    training_stages: Stages = ()  # deeper ones with a head of their own, in full-precision training alone
    links: tuple[Positive, ...] = ()  # stages whose maps, pooled to its size, join the last one before the heads
    join: Literal["concatenate", "add"] = "concatenate"
    phi: Literal["circular", "zero"] = "circular"
    pool_padding: Literal[0, 1] = 0  # 1: a cell of zeros around the map, as in the papers
    gate: bool = False  # ECA gate before the heads
    head_bias: bool = True  # the papers' heads have none
    l2_norm: bool = False  # before the heads, in full precision alone: the papers' code exports the network without it
    dropout: float = Field(0.0, ge=0, lt=1)  # of whole channels after the first block, while training
    nonlinearity: Nonlinearity = "prelu"
    scaled: FormatConfig = FormatConfig(bits=10, fraction=6)  # after scale and bias
    activation: FormatConfig = FormatConfig(bits=7, fraction=4)  # after the nonlinearity
    pooled: FormatConfig = FormatConfig(bits=8, fraction=5)  # after average pooling
    output: FormatConfig = FormatConfig(bits=16, fraction=8)  # of every head
    slope_fraction: int = Field(4, ge=1, le=8)  # PReLU slopes are k / 2**slope_fraction

    @model_validator(mode="after")
    def _parts_fit(self) -> "NetworkConfig":
        if self.kind == "mobilenet" and any(c.kernel != 3 for stage in self.stages for c in stage):
            raise ValueError("kernel 1 is for kind vgg: a mobilenet block has its pointwise convolution already")
        last = len(self.stages)
        if wrong := [number for number in self.links if number >= last]:
            raise ValueError(f"links: found stage {wrong[0]}, the heads' stage is {last}: name stages before it")
        if self.join == "add" and any(
            self.stages[n - 1][-1].channels != self.stages[-1][-1].channels for n in self.links
        ):
            raise ValueError("join add needs links with as many channels as the last stage: take join concatenate")
        if self.phi == "circular" and self.pool_padding:
            raise ValueError("phi circular needs pool_padding 0: a padded map does not close")
        return self


class FirmwareDetectionConfig(Frozen):
    """The last layer of an FPGA's firmware that emits boxes instead of maps: graph.Detect."""

    threshold: float  # of a class logit minus background's
    top: int = Field(16, ge=1, le=128)  # boxes an image, each a set of registers


class DetectionConfig(Frozen):
    """Anchors, matching and what counts as a detection (paper 1, section 5; distances in eta-phi)."""

    anchor: float = Field(0.8, gt=0)  # side of the one square anchor a cell
    variance: float = Field(0.1, gt=0)  # offsets are in units of variance * anchor
    match_iou: float = Field(0.3, gt=0, lt=1)  # training: an anchor above is positive
    nms_iou: float = Field(0.25, gt=0, lt=1)
    score_threshold: float = Field(0.01, ge=0, lt=1)
    top: Positive = 100
    match_distance: float = Field(0.4, gt=0)  # evaluation: true if the centres are this near
    firmware: FirmwareDetectionConfig | None = None  # None: the firmware emits maps


class RegressionConfig(Frozen):
    """What the third head says of a jet: `mass` as mass / scale_gev, `pt` as log2(pT / scale_gev)."""

    target: Literal["mass", "pt"] = "mass"
    scale_gev: float = Field(128.0, gt=0)


class PhaseConfig(Frozen):
    """One phase of training: one cycle of the learning rate, or `peak` halved after the epochs in `halve_after`."""

    epochs: Positive
    peak: float = Field(gt=0)  # learning rate
    warm_up: float = Field(0.2, ge=0, lt=1)  # share of the steps of the cycle
    halve_after: tuple[Positive, ...] | None = None


class TrainingConfig(Frozen):
    """The recipe; each phase starts from the one before it.

    That of the papers: optimiser sgd, batch 25, weight_decay 5e-4, and for full precision 100 epochs of peak 1e-3 with
    halve_after [20, 30, 50, 60, 70, 80, 90]. The defaults reach more in fewer epochs (measured).
    """

    optimiser: Literal["adam", "sgd"] = "adam"
    momentum: float = Field(0.9, ge=0, lt=1)  # of sgd
    batch: Positive = 32
    weight_decay: float = Field(1e-4, ge=0)  # decoupled, of kernels alone
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

    schema_: Literal["jetflow-model-2"] = Field(alias="schema")
    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,40}$")
    summary: str = ""
    classes: tuple[str, ...] = Field(("b", "WZH", "t"), min_length=1)  # the scheme's, in its order
    labels: Literal["paper1", "paper2", "atlas-jets", "atlas-clusters"] = "paper1"  # scheme, see events.labels
    regression: RegressionConfig = RegressionConfig()
    input: InputConfig = InputConfig()
    network: NetworkConfig
    precision: dict[Literal["twn", "int8"], PrecisionConfig]
    detection: DetectionConfig = DetectionConfig()
    training: TrainingConfig

    @model_validator(mode="before")
    @classmethod
    def _upgrade(cls, content: Any) -> Any:
        """A config of schema 1, which knew one kind of network and one regression."""
        if not isinstance(content, dict) or content.get("schema") != "jetflow-model-1":
            return content
        content = {**content, "schema": "jetflow-model-2"}
        network, detection = content.get("network"), content.get("detection")
        if isinstance(network, dict) and network.get("kind") == "jetssd":
            content["network"] = {**network, "kind": "vgg"}
        if isinstance(detection, dict) and "mass_scale_gev" in detection:
            content["detection"] = {key: value for key, value in detection.items() if key != "mass_scale_gev"}
            content["regression"] = {"target": "mass", "scale_gev": detection["mass_scale_gev"]}
        return content

    @model_validator(mode="after")
    def _all_precisions(self) -> "ModelConfig":
        if missing := {"twn", "int8"} - set(self.precision):
            raise ValueError(f"precision lacks {', '.join(sorted(missing))}")
        return self

    @model_validator(mode="after")
    def _pooling_fits(self) -> "ModelConfig":
        times = len(self.network.stages) - 1
        sizes = self.input.rows, self.input.columns
        if not self.network.pool_padding and any(size % 2**times for size in sizes):
            raise ValueError(f"input {sizes[0]} x {sizes[1]} cannot be halved {times} times, or give pool_padding 1")
        deepest = times + len(self.network.training_stages)
        if self.network.phi == "circular" and self.input.columns % 2**deepest:
            raise ValueError(f"input of {self.input.columns} columns does not close in phi when halved {deepest} times")
        return self

    @model_validator(mode="after")
    def _layers_exist(self) -> "ModelConfig":
        from jetflow.architecture import architecture  # which reads configs

        blocks = [block.name for block in architecture(self).blocks]
        for precision, kinds in self.precision.items():
            if unknown := sorted(set(kinds.layers) - set(blocks)):
                raise ValueError(f"precision.{precision}.layers: found {unknown[0]}; blocks are {', '.join(blocks)}")
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


def save_config(path: Path, config: ModelConfig) -> None:
    """Write a config with all its keys."""
    write_text(path, yaml.safe_dump(config.model_dump(mode="json", by_alias=True), sort_keys=False, width=120))

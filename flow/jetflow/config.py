"""The configuration of a model, models/*/config.yaml: frozen, versioned, and wrong keys are named."""

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from jetflow.atomic import write_text
from jetflow.graph.fixed_point import FixedPoint
from jetflow.recipe import PhaseConfig, PhaseName, TrainingConfig
from jetflow.yaml_model import Frozen, load_yaml

__all__ = [
    "BlockFormats",
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
    "save_config",
]

Weights = Literal["ternary", "int8"]
Nonlinearity = Literal["prelu", "relu"]
Positive = Annotated[int, Field(ge=1)]


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


class BlockFormats(Frozen):
    """The formats of one block's results where they are not the network's."""

    scaled: FormatConfig | None = None
    activation: FormatConfig | None = None


class PrecisionConfig(Frozen):
    """How a quantised precision holds the weights of its convolutions, and what it does otherwise than full precision.

    `layers` names blocks whose weights differ from those of their group, `formats` those whose results have formats of
    their own: the first ones carry the range of a calorimeter, a GeV to a TeV.
    """

    first: Weights
    body: Weights
    heads: Weights
    layers: dict[str, Weights] = Field(default_factory=dict)
    formats: dict[str, BlockFormats] = Field(default_factory=dict)
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
    gate_function: Literal["hard_sigmoid", "sigmoid"] = "hard_sigmoid"  # sigmoid: the papers', in full precision alone
    head_bias: bool = True  # the papers' heads have none
    l2_norm: bool = False  # before the heads, in full precision alone: the papers' code exports the network without it
    norm_epsilon: float = Field(1e-3, gt=0)  # of batch normalisation; the papers' (PyTorch's) 1e-5
    norm_momentum: float = Field(
        0.97, ge=0, lt=1
    )  # Keras' .99 lags behind in short training (measured); the papers' .9
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
        if len(set(self.links)) < len(self.links):
            raise ValueError(f"links: found {list(self.links)}: name every stage once")
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
    anchors: Literal["map", "image"] = "map"  # where a padded map's cells sit, see networks.anchors
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
    def _network_can_be(self) -> "ModelConfig":
        from jetflow.consistency import check_consistency  # which reads configs

        check_consistency(self)
        return self

    @property
    def identifier(self) -> str:
        """The name as C++ and Verilog allow it."""
        return self.name.replace("-", "_")


def load_config(path: Path) -> ModelConfig:
    """Read a model's config."""
    return load_yaml(path, ModelConfig)


def save_config(path: Path, config: ModelConfig) -> None:
    """Write a config with all its keys."""
    write_text(path, yaml.safe_dump(config.model_dump(mode="json", by_alias=True), sort_keys=False, width=120))

"""How a model is trained: the section `training` of its config, or a recipe of models/recipes in its place."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from jetflow.checkout import CHECKOUT
from jetflow.errors import InputError
from jetflow.yaml_model import Frozen, load_yaml

__all__ = ["PhaseConfig", "PhaseName", "TrainingConfig", "find_recipe"]

RECIPES = CHECKOUT / "models" / "recipes"
PhaseName = Literal["fpn", "quantised", "folded"]
Positive = Annotated[int, Field(ge=1)]


class PhaseConfig(Frozen):
    """One phase of training: one cycle of the learning rate, or `peak` halved after the epochs in `halve_after`."""

    epochs: Positive
    peak: float = Field(gt=0)  # learning rate
    peaks: dict[Literal["twn", "int8"], Annotated[float, Field(gt=0)]] = Field(default_factory=dict)  # where another
    warm_up: float = Field(0.2, ge=0, lt=1)  # share of the steps of the cycle
    halve_after: tuple[Positive, ...] | None = None

    def of(self, precision: str) -> "PhaseConfig":
        """The phase as `precision` goes through it."""
        own = [peak for name, peak in self.peaks.items() if name == precision]
        return self.model_copy(update={"peak": own[0]}) if own else self


class TrainingConfig(Frozen):
    """The recipe; each phase starts from the one before it.

    The defaults reach more in fewer epochs than the recipe of the papers, models/recipes/papers.yaml (measured).
    """

    optimiser: Literal["adam", "sgd"] = "adam"
    momentum: float = Field(0.9, ge=0, lt=1)  # of sgd
    batch: Positive = 32
    rotations: bool = True  # of every event in phi, beside flips in eta and phi: a detector has no seam
    weight_decay: float = Field(1e-4, ge=0)  # adam: decoupled, of kernels; sgd: in the gradient, of all, as PyTorch
    classification: Literal["cross-entropy", "sigmoid"] = "cross-entropy"  # sigmoid: of each class, the released code
    label_smoothing: float = Field(0.1, ge=0, lt=1)
    negatives: float = Field(3.0, gt=0)  # background cells a positive one: hard negative mining
    mining: Literal["batch", "event"] = "batch"  # among which cells the hardest are sought; event: the released code
    regression_weight: float = Field(1.0, ge=0)
    grace_epochs: int = Field(0, ge=0)  # quantised phase: TWN's delta and alpha follow once in so many; 0: every step
    phases: dict[PhaseName, PhaseConfig]

    @model_validator(mode="after")
    def _all_phases(self) -> "TrainingConfig":
        if missing := {"fpn", "quantised", "folded"} - set(self.phases):
            raise ValueError(f"phases lacks {', '.join(sorted(missing))}")
        return self


def find_recipe(reference: str) -> TrainingConfig:
    """A recipe by NAME (of models/recipes) or FILE.yaml. Raises InputError for an unknown name or a bad file."""
    names = sorted(path.stem for path in RECIPES.glob("*.yaml"))
    if reference in names:
        return load_yaml(RECIPES / f"{reference}.yaml", TrainingConfig)
    if reference.endswith((".yaml", ".yml")):
        return load_yaml(Path(reference), TrainingConfig)
    raise InputError(f"--recipe: found {reference!r}; {', '.join(names)} or a FILE.yaml are allowed")

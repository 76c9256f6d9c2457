"""Tables of a card by |eta| and pT: piecewise linear efficiencies and resolutions."""

from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, RootModel, model_validator

__all__ = ["Curve", "Region"]

Floats = NDArray[np.float64]


class Region(BaseModel):
    """|eta| below `eta_max` (and not in an earlier region): rows [start, value, slope] in rising order of start [GeV].

    From pT = start on, the value is value + slope (pT - start); below the first start it is 0. `curvature` c adds
    c pT [1/GeV] in quadrature: hypot(value, c pT).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    eta_max: PositiveFloat
    steps: tuple[tuple[float, float, float], ...] = Field(min_length=1)
    curvature: float = Field(0.0, ge=0)

    @model_validator(mode="after")
    def _rising(self) -> Self:
        starts = [step[0] for step in self.steps]
        if starts[0] < 0 or any(low >= high for low, high in pairwise(starts)):
            raise ValueError("steps must start at 0 GeV or more and rise")
        if any(value < 0 for _, value, _ in self.steps):
            raise ValueError("values of steps must be 0 or more")
        return self


class Curve(RootModel[tuple[Region, ...]]):
    """A function of |eta| and pT: regions in rising order of `eta_max`; 0 beyond the last."""

    model_config = ConfigDict(frozen=True)

    @model_validator(mode="after")
    def _outward(self) -> Self:
        if not self.root or any(inner.eta_max >= outer.eta_max for inner, outer in pairwise(self.root)):
            raise ValueError("give one or more regions in rising order of eta_max")
        return self

    def at(self, eta: Floats, pt: Floats) -> Floats:
        """The value for every (eta, pT [GeV]); any shape (n,), float64, 0 or more."""
        longest = max(len(region.steps) for region in self.root)
        table = np.zeros((len(self.root) + 1, longest + 1, 3))  # the last region and the first step are 0
        table[:, 1:, 0] = np.inf
        for index, region in enumerate(self.root):
            table[index, 1 : 1 + len(region.steps)] = region.steps
        curvature = np.array([region.curvature for region in self.root] + [0.0])
        which = np.searchsorted([region.eta_max for region in self.root], np.abs(eta), side="right")
        step = (pt[:, None] >= table[which, 1:, 0]).sum(1)
        start, value, slope = table[which, step].T
        straight = np.maximum(value + slope * (pt - start), 0.0)
        curved: Floats = np.hypot(straight, np.where(step > 0, curvature[which] * pt, 0.0))
        return curved

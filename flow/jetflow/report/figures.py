"""A figure that says what it is."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Figure", "Kind"]


class Kind(StrEnum):
    """Where a figure comes from."""

    COUNTED = "counted"  # exact, read off the graph or off a comparison
    ESTIMATED = "estimated"  # a model; its formula is the source
    MEASURED = "measured"  # by a clock on the machine that its source names
    SIMULATED = "simulated"  # cycles counted in RTL simulation
    MAPPED = "mapped"  # open synthesis
    CSYNTH = "csynth"  # vendor tools
    COSIM = "cosim"
    POST_ROUTE = "post-route"
    PUBLISHED = "published"


@dataclass(frozen=True)
class Figure:
    """One number of a report; `layer` is None for the whole design."""

    name: str
    value: float | int
    unit: str
    kind: Kind
    source: str
    layer: str | None = None

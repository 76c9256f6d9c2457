"""What a report says of one target: its figures, and what its tables hold."""

from dataclasses import dataclass, field

from jetflow.report.figures import Figure, Kind

__all__ = ["Block", "Missing", "Platform", "Section", "Stage"]


@dataclass(frozen=True)
class Missing:
    """A figure that has no source here: why, and how to get it."""

    name: str
    reason: str
    how: str


@dataclass(frozen=True)
class Stage:
    """One hardware layer of the HLS project; `strategy` and `reuse` where it has multipliers that clocks can share."""

    name: str
    cycles: int
    interval: int
    strategy: str
    reuse: int | None
    depth: int | None  # words of the FIFO behind it
    formula: str


@dataclass(frozen=True)
class Block:
    """One block of the open RTL: a layer, or the glue between them; cells that Yosys maps it to."""

    name: str
    lut: int
    ff: int
    bram18: int
    uram: int
    dsp: int


@dataclass(frozen=True)
class Platform:
    """A row of the comparison of platforms: what one image takes (a batch of `batch` divided by it)."""

    platform: str
    network: str
    precision: str
    area_mm2: float | None
    power_w: float | None
    batch: int
    time_ms: float
    kind: Kind
    source: str


@dataclass(frozen=True)
class Section:
    """The part of a report that depends on the target."""

    figures: tuple[Figure, ...]
    stages: tuple[Stage, ...] = field(default=())
    blocks: tuple[Block, ...] = field(default=())
    platforms: tuple[Platform, ...] = field(default=())
    missing: tuple[Missing, ...] = field(default=())
    clock: str = "assumed"  # whether it was met

"""How long the stages of a build take: said at the end of each, and kept in stages.json.

The times are this machine's and this moment's, so the file is no part of the hand-over.
"""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from jetflow.atomic import write_text

__all__ = ["Announce", "Stage", "Stages"]

SCHEMA = "jetflow-stages-1"
Announce = Callable[[str], None]  # called with a line at the end of every stage


@dataclass(frozen=True)
class Stage:
    """A stage of the last build and its time by the clock; one that `ran` was not unchanged from before."""

    name: str
    seconds: float
    ran: bool


class Stages:
    """Measures from its making, or the end of the stage before, to the end of each stage."""

    def __init__(self, announce: Announce) -> None:
        self._announce = announce
        self._begin = time.perf_counter()
        self._stages: list[Stage] = []

    def end(self, name: str, found: str, ran: bool = True) -> None:
        """A stage is done: announce what it `found`, and its time."""
        end = time.perf_counter()
        self._stages.append(Stage(name, round(end - self._begin, 2), ran))
        self._begin = end
        self._announce(f"{name}: {found} ({self._stages[-1].seconds:.1f} s)")

    def write(self, folder: Path) -> None:
        """Write stages.json into `folder`, atomically."""
        content = {"schema": SCHEMA, "stages": [asdict(stage) for stage in self._stages]}
        write_text(folder / "stages.json", json.dumps(content, indent=1) + "\n")

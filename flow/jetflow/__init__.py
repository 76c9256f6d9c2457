"""jetflow: from calorimeter images to bit-exact firmware for single-shot jet detection."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jetflow.build import Build

__all__ = ["__version__", "load"]

__version__ = "0.1.0"


def load(folder: str | Path) -> Build:
    """Open a build; `load(folder).predict(images)` gives what its firmware computes (InputError if it is none)."""
    from jetflow.build import open_build

    return open_build(Path(folder))

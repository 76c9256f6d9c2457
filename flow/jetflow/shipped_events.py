"""The real events that come with jetflow: which of them a build is verified on, where no others are given."""

from pathlib import Path

from jetflow.checkout import CHECKOUT
from jetflow.errors import InputError
from jetflow.events import open_events

__all__ = ["shipped_events", "shipped_number"]

FILES = tuple(CHECKOUT / "tb" / "events" / name for name in ("sample-256.h5", "particle-flow-60.h5"))
MOST = 128
BUDGET = 12e9  # multiply-accumulates that a C simulation does in about a minute on a core
FEWEST = 2


def shipped_events(channels: tuple[str, ...]) -> Path:
    """The first file that holds the collections `channels`. Raises InputError where none does."""
    for path in FILES:
        with open_events(path) as file:
            if set(channels) <= set(file.collections):
                return path
    raise InputError(f"--events: no events of {', '.join(channels)} come with jetflow: give a file that holds them")


def shipped_number(macs: int) -> int:
    """How many events to take for a network of `macs` multiply-accumulates an image: 128, fewer at full size."""
    return max(FEWEST, min(MOST, int(BUDGET / macs)))

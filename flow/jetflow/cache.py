"""Where results that depend on nothing but a digest are kept for all builds: adder graphs, mapped layers, programs."""

import os
from pathlib import Path

__all__ = ["cache_folder"]


def cache_folder(kind: str) -> Path:
    """$XDG_CACHE_HOME/jetflow/KIND, else ~/.cache/jetflow/KIND. It may be removed at any time."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "jetflow" / kind

"""Pictures: one style, no global state, and the same bytes for the same numbers."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

from jetflow.atomic import write_bytes
from jetflow.errors import MissingToolError

__all__ = ["COLOURS", "picture", "plotting"]

# Told apart by the colour-blind (Petroff, arXiv:2107.02270), as mplhep's CMS style has them.
COLOURS = ("#5790fc", "#e42536", "#f89c20", "#964a8b", "#7a21dd", "#717581")
_DPI = 110
_SMALLER = {  # the style is made for one large panel
    "font.size": 13,
    "axes.labelsize": 14,
    "axes.titlesize": 14,
    "xtick.labelsize": 12,
    "ytick.labelsize": 12,
    "legend.fontsize": 12,
    "legend.frameon": True,  # curves that a legend stands on stay behind it
    "legend.facecolor": "white",
    "legend.edgecolor": "white",
    "legend.framealpha": 0.8,
    "lines.linewidth": 1.5,
    "xtick.major.size": 7,
    "ytick.major.size": 7,
    "xtick.minor.visible": False,  # they take most of the time
    "ytick.minor.visible": False,
}


def plotting(module: str) -> Any:
    """Import `module`; MissingToolError with the command that installs it where it is absent."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        name = module.partition(".")[0]
        raise MissingToolError(f"{name}: not found, needed to draw: pip install 'jetflow[plots]'") from error


@contextmanager
def picture(path: Path, rows: int, columns: int, size: tuple[float, float]) -> Iterator[Any]:
    """Axes (rows, columns) of a figure of `size` inches; what is drawn on them becomes the PNG file `path` at the end.

    The style is mplhep's. The file holds neither time nor version, appears whole or not at all, and is the same for the
    same drawing with the same matplotlib.
    """
    matplotlib, mplhep = plotting("matplotlib"), plotting("mplhep")
    figures = plotting("matplotlib.figure")
    with matplotlib.rc_context():
        mplhep.style.use("CMS")
        matplotlib.rcParams.update(_SMALLER)
        figure = figures.Figure(figsize=size, layout="constrained")
        yield figure.subplots(rows, columns, squeeze=False)
        content = BytesIO()
        figure.savefig(
            content, format="png", dpi=_DPI, facecolor="white", bbox_inches="tight", metadata={"Software": None}
        )
    write_bytes(path, content.getvalue())

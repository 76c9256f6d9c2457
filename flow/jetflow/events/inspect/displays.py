"""Event displays: what the detector saw in eta and phi, and boxes around what is to be found."""

from __future__ import annotations

from typing import Any

import numpy as np

from jetflow.events.block import Table
from jetflow.events.grid import Grid
from jetflow.events.inspect.figures import NAMES
from jetflow.events.labels import CLASSES, Labels, Scheme
from jetflow.plots import COLOURS, plotting

__all__ = ["draw_cells", "draw_labels", "set_frame"]

BOX = 0.8  # side of a label's box
_COLOUR = {"ecal": COLOURS[0], "hcal": COLOURS[1], "track": COLOURS[2], "photon": COLOURS[0], "neutral": COLOURS[1]}
_AREA = 6.0  # of a marker [points^2], at 1 GeV; it grows with the root of ET
_SEAM = 0.06  # from the edge, where a name still fits


def draw_cells(axis: Any, name: str, cells: Table, grid: Grid) -> None:
    """The cells of one event as squares whose area is proportional to the root of their ET."""
    column = cells.columns
    phi = (column["phi"] + 0.5) * (2 * np.pi / grid.phi_cells) - np.pi
    et = column["et"].astype(np.float64)
    total = f"{NAMES[name]} {et.sum():.0f} GeV"
    eta, area = grid.eta_centre(column["eta"]), _AREA * np.sqrt(et)
    axis.scatter(eta, phi, area, _COLOUR[name], marker="s", alpha=0.6, lw=0, label=total)


def draw_labels(axis: Any, labels: Labels, scheme: Scheme) -> None:
    """A box and a name with pT for every label of one event; a box goes on across the seam of phi."""
    patches = plotting("matplotlib.patches")
    for class_id, eta, phi, pt in zip(labels.class_id, labels.eta, labels.phi, labels.pt, strict=True):
        for turn in (-2 * np.pi, 0.0, 2 * np.pi):
            corner = (eta - BOX / 2, phi - BOX / 2 + turn)
            axis.add_patch(patches.Rectangle(corner, BOX, BOX, fill=False, edgecolor="black", lw=1.3))
        below = phi > np.pi - BOX / 2 - 0.3  # no room above the box
        place = (float(eta), float(phi - BOX / 2 - _SEAM if below else phi + BOX / 2 + _SEAM))
        text = f"{CLASSES[scheme][class_id - 1]}, {pt:.0f} GeV"
        behind = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.8}
        axis.annotate(text, place, ha="center", va="top" if below else "bottom", fontsize=11, bbox=behind, clip_on=True)


def set_frame(axis: Any, grid: Grid, title: str) -> None:
    """Axes of the unrolled detector; title and legend above the data."""
    axis.set_xlim(-grid.eta_max, grid.eta_max)
    axis.set_ylim(-np.pi, np.pi)
    axis.set_aspect("equal")
    axis.set_xlabel(r"$\eta$")
    axis.set_ylabel(r"$\phi$ [rad]")
    legend = axis.legend(
        loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, handletextpad=0.1, columnspacing=0.9, borderpad=0.2
    )
    legend.set_title(title)
    legend.set_alignment("left")

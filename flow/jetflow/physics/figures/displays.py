"""Events with their labels and what is detected (paper 1, figures 2 and 4; paper 2, figures 2 and 4)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.physics.figures.drawing import class_colour
from jetflow.physics.figures.study import Study
from jetflow.plots import plotting

__all__ = ["data", "draw", "grid"]

SHOWN = 3  # events, of different processes
THRESHOLD = 0.5  # of the score
_PAPER = {"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 0.5}  # behind text
FLOOR_GEV = 0.5  # the faintest colour


def data(study: Study) -> dict[str, Any]:
    """`events`: number, process, image (rows, columns; GeV), boxes of `truth` and `detected`: class, eta, phi, text."""
    results = study.results
    sample, config = results.sample, results.model.config
    labels, found = sample.labels, results.evaluations[results.precision].detections
    shown = []
    for number in _choose(sample.process, np.diff(labels.offsets)):
        own = slice(labels.offsets[number], labels.offsets[number + 1])
        truth = [
            _box(config.classes, *values, f"{values[3]:.0f} GeV")
            for values in zip(labels.class_id[own], labels.eta[own], labels.phi[own], labels.pt[own], strict=True)
        ]
        chosen = np.flatnonzero((found.event == number) & (found.score > THRESHOLD))
        target = "m" if config.regression.target == "mass" else "pT"
        detected = [
            _box(
                config.classes,
                found.class_id[i],
                found.eta[i],
                found.phi[i],
                found.score[i],
                f"{found.score[i]:.2f}, {target} {found.regressed[i]:.0f} GeV",
            )
            for i in chosen
        ]
        image = sample.images(number, number + 1)[0].sum(-1) * config.input.lsb_gev
        event = {"event": int(number), "process": str(sample.process[number]), "image": image}
        shown.append({**event, "truth": truth, "detected": detected})
    return {"side": config.detection.anchor, "eta_max": sample.eta_max, "events": shown}


def _choose(process: NDArray[np.str_], labels: NDArray[np.int64]) -> list[int]:
    """The first event with two labels of each of SHOWN processes."""
    full = np.flatnonzero(labels >= min(2, labels.max(initial=0)))
    _, first = np.unique(process[full], return_index=True)
    return sorted(full[first])[:SHOWN]


def _box(classes: tuple[str, ...], class_id: Any, eta: Any, phi: Any, _: Any, text: str) -> dict[str, Any]:
    return {"class": int(class_id), "eta": float(eta), "phi": float(phi), "text": f"{classes[class_id - 1]} {text}"}


def grid(data: dict[str, Any]) -> tuple[int, int]:
    """A row an event: labels at the left, detections at the right."""
    return max(len(data["events"]), 1), 2


def draw(panels: Any, data: dict[str, Any]) -> None:
    """ET on a logarithmic scale, boxes in the classes' colours."""
    eta_max, norm = data["eta_max"], plotting("matplotlib.colors").LogNorm(FLOOR_GEV, 500, clip=True)
    mesh = None
    for row, event in zip(panels, data["events"], strict=False):
        for panel, which in zip(row, ("truth", "detected"), strict=True):
            mesh = panel.imshow(
                np.maximum(event["image"].T, FLOOR_GEV),
                extent=(-eta_max, eta_max, -np.pi, np.pi),
                norm=norm,
                cmap="Greys",
                origin="lower",
                aspect="auto",
                interpolation="nearest",
            )
            for box in event[which]:
                _draw_box(panel, box, data["side"])
            panel.set(xlim=(-eta_max, eta_max), ylim=(-np.pi, np.pi))
        row[0].set(ylabel=r"$\phi$", title=f"event {event['event']} ({event['process']}): labels")
        row[1].set_title(f"detected, score above {THRESHOLD:g}")
    for panel in panels[-1]:
        panel.set_xlabel(r"$\eta$")
    if mesh is not None:
        panels[0, 0].figure.colorbar(mesh, ax=panels, label=r"$E_\mathrm{T}$ [GeV]", shrink=0.5, aspect=30)


def _draw_box(panel: Any, box: dict[str, Any], side: float) -> None:
    """A box; one that crosses the seam in phi stands at both of its ends."""
    rectangle = plotting("matplotlib.patches").Rectangle
    colour = class_colour(box["class"] - 1)
    for turn in (-2 * np.pi, 0, 2 * np.pi):
        corner = box["eta"] - side / 2, box["phi"] + turn - side / 2
        panel.add_patch(rectangle(corner, side, side, fill=False, edgecolor=colour, linewidth=1.5))
    below = box["phi"] > np.pi - side
    at = box["phi"] - side / 2 - 0.08 if below else box["phi"] + side / 2 + 0.08
    ends = {"ha": "center", "va": "top" if below else "bottom", "fontsize": 9, "color": colour}
    panel.text(float(np.clip(box["eta"], -2.2, 2.2)), at, box["text"], bbox=_PAPER, **ends)

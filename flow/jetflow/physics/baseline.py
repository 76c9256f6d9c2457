"""The rule-based baseline as detections: jets tagged by soft-drop mass and N-subjettiness (paper 2, section 5)."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from jetflow.errors import InputError
from jetflow.events import EventFile
from jetflow.events.block import Table
from jetflow.physics.detections import Detections

__all__ = ["PAPER1_WINDOWS", "Window", "baseline_detections"]


@dataclass(frozen=True)
class Window:
    """Jets of a class: `prongs`, and a soft-drop mass of `low` (included) to `high` (excluded) [GeV]."""

    prongs: int
    low: float
    high: float


PAPER1_WINDOWS: Final = (Window(1, 0.0, 65.0), Window(2, 65.0, 140.0), Window(3, 105.0, 210.0))  # b, W/Z/H, t


def baseline_detections(file: EventFile, scheme: str, start: int = 0, stop: int | None = None) -> Detections:
    """What the rule-based algorithm finds in events start .. stop - 1 of `file`, for the classes of `scheme`.

    The score of a class of N prongs is 1 - tau_N / tau_(N-1), where tau_0 is 1. A jet in two mass windows is found
    twice. paper2: the authors' windows (events.tagging); `regressed` is pT. paper1, whose authors give no baseline, by
    analogy: a b jet has one prong and a mass below the V window, W/Z/H the V and H windows as one; `regressed` is the
    soft-drop mass. Jets start at 200 GeV: b jets below are missed. Raises InputError for another scheme, and where the
    file holds no jets.
    """
    match scheme:
        case "paper1":
            return _of_windows(file.baseline(start, stop), file.grid.eta_max)
        case "paper2":
            tagged = file.tagged(start, stop)
            column = tagged.columns
            class_id, score = column["class_id"] + 1, 1 - column["ratio"]
            return _sorted(_event(tagged), class_id, score, column["eta"], column["phi"], column["pt"])
    raise InputError(f"the rule-based baseline: found scheme {scheme!r}; paper1 and paper2 are allowed")


def _of_windows(jets: Table, eta_max: float) -> Detections:
    column = jets.columns
    taus = np.stack([np.ones_like(column["tau1"]), *(column[f"tau{n}"] for n in (1, 2, 3))])
    rows, classes, scores = [], [], []
    for class_id, window in enumerate(PAPER1_WINDOWS, 1):
        inside = (column["msd"] >= window.low) & (column["msd"] < window.high) & (np.abs(column["eta"]) < eta_max)
        row = np.flatnonzero(inside)
        before, own = taus[window.prongs - 1, row], taus[window.prongs, row]
        ratio = np.divide(own, before, out=np.ones_like(own), where=before > 0)  # too few constituents: score 0
        rows.append(row)
        classes.append(np.full(len(row), class_id))
        scores.append(1 - ratio)
    row = np.concatenate(rows)
    values = (column[name][row] for name in ("eta", "phi", "msd"))
    return _sorted(_event(jets)[row], np.concatenate(classes), np.concatenate(scores), *values)


def _event(table: Table) -> NDArray[np.int64]:
    return np.repeat(np.arange(len(table.offsets) - 1), np.diff(table.offsets))


def _sorted(event: NDArray[np.int64], class_id: NDArray[Any], score: NDArray[Any], *values: NDArray[Any]) -> Detections:
    order = np.lexsort((-score, class_id, event))
    eta, phi, regressed = (value[order].astype(np.float32) for value in values)
    return Detections(
        event[order], class_id[order].astype(np.int8), score[order].astype(np.float32), eta, phi, regressed
    )

"""All of an events file in one pass, as what a summary needs: sums by event, labels, jets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jetflow.events.block import Table
from jetflow.events.files.reader import EventFile
from jetflow.events.files.schema import CALORIMETER
from jetflow.events.inspect.around import around, owner
from jetflow.events.labels import Labels, paper1_labels, paper2_labels

__all__ = ["NEAR", "Contents", "read_contents"]

NEAR = 0.4  # in (eta, phi)
_STEP = 256  # events read at a time


@dataclass(frozen=True)
class Contents:
    """Of n events: et [GeV] float64 and the number of cells int64, (n, collections); labels of paper 1 and of paper 2.

    near: calorimeter ET [GeV] within 0.4 of each label of paper 1, float64. truth, jets: the stored tables.
    """

    et: NDArray[np.float64]
    cells: NDArray[np.int64]
    paper1: Labels
    paper2: Labels
    near: NDArray[np.float64]
    truth: Table
    jets: dict[str, Table]


def read_contents(file: EventFile) -> Contents:
    """Read, and so check, every value of `file`. Memory holds 256 events and what is returned."""
    eta_max = file.grid.eta_max
    et, cells, near, truth = [], [], [], []
    jets: dict[str, list[Table]] = {name: [] for name in file.jets}
    for start in range(0, max(len(file), 1), _STEP):
        block = file.block(start, min(start + _STEP, len(file)))
        tables = [block.tables[name] for name in file.collections]
        et.append(np.stack([_sums(table) for table in tables], 1))
        cells.append(np.stack([np.diff(table.offsets) for table in tables], 1))
        truth.append(block.tables["truth"])
        labels = paper1_labels(truth[-1], eta_max)
        seen = [around(labels, block.tables[name], file.grid) for name in CALORIMETER if name in file.collections]
        near.append(sum((pairs.sums(len(labels.pt), NEAR) for pairs in seen), np.zeros(len(labels.pt))))
        for name, parts in jets.items():
            parts.append(block.tables[name])
    objects = Table.joined(truth)
    return Contents(
        et=np.concatenate(et),
        cells=np.concatenate(cells),
        paper1=paper1_labels(objects, eta_max),
        paper2=paper2_labels(objects, eta_max),
        near=np.concatenate(near),
        truth=objects,
        jets={name: Table.joined(parts) for name, parts in jets.items()},
    )


def _sums(table: Table) -> NDArray[np.float64]:
    return np.bincount(owner(table.offsets), table.columns["et"], len(table.offsets) - 1).astype(np.float64)

"""Events as a network reads them: images a block at a time, and what is to be found in them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.config import ModelConfig
from jetflow.events import Labels, open_events
from jetflow.training.batches import check_fit

__all__ = ["Counts", "Sample", "open_sample"]

CELLS = 512 * 68 * 72  # image cells in a block
Counts = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Sample:
    """Events of a file. `blocks` begins anew at each call: counts (n, rows, columns, channels) uint16."""

    blocks: Callable[[], Iterator[Counts]]
    labels: Labels
    process: NDArray[np.str_]  # (events,) names

    def __len__(self) -> int:
        return len(self.labels)

    def changed(self, change: Callable[[Counts], Counts]) -> "Sample":
        """The same events with every block of images changed."""
        return replace(self, blocks=lambda: map(change, self.blocks()))


def open_sample(path: Path, config: ModelConfig, limit: int | None = None) -> Sample:
    """The events of a file, at most `limit`. Raises InputError for a bad file or one that does not fit the config."""
    entry = config.input
    with open_events(path) as file:
        check_fit(file, config)
        events = len(file) if limit is None else min(limit, len(file))
        labels = file.labels(0, events, config.labels)
        process = np.array(file.process_names)[file.process[:events]]
    step = max(1, CELLS // (entry.rows * entry.columns))

    def blocks() -> Iterator[Counts]:
        with open_events(path) as file:
            for start in range(0, events, step):
                stop = min(start + step, events)
                yield file.images(entry.channels, entry.grid, start, stop, entry.lsb_gev, entry.bits)

    return Sample(blocks, labels, process)

"""Average jets: ET around the labels of a class, as an image and by distance (what a network has to tell apart)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jetflow.events.files.reader import EventFile
from jetflow.events.inspect.around import around
from jetflow.events.labels import CLASSES, Scheme

__all__ = ["BINS", "RADII", "REACH", "Profiles", "jet_profiles"]

REACH = 0.8  # of the images, from the label's centre
BINS = 32  # a side: 0.05 each
RADII = np.linspace(0.0, 1.0, 21)  # edges of the rings
_STEP = 128  # events read at a time


@dataclass(frozen=True)
class Profiles:
    """Mean over the `labels` labels of each class, (classes,), of ET divided by the label's pT.

    images: (classes, collections, eta, phi) share of pT in a bin of 0.05 x 0.05; rings: (classes, collections, rings)
    share of pT per unit area of a ring between RADII. 0 for a class without labels.
    """

    labels: NDArray[np.int64]
    images: NDArray[np.float64]
    rings: NDArray[np.float64]


def jet_profiles(file: EventFile, scheme: Scheme, events: int) -> Profiles:
    """Profiles of the first `events` events of `file`."""
    classes, collections = len(CLASSES[scheme]), file.collections
    count = np.zeros(classes, np.int64)
    images = np.zeros((classes, len(collections), BINS, BINS))
    rings = np.zeros((classes, len(collections), len(RADII) - 1))
    for start in range(0, min(events, len(file)), _STEP):
        stop = min(start + _STEP, events, len(file))
        labels = file.labels(start, stop, scheme)
        count += np.bincount(labels.class_id - 1, minlength=classes)
        for channel, name in enumerate(collections):
            seen = around(labels, file.cells(name, start, stop), file.grid)
            share = seen.et / labels.pt[seen.label]
            for index in range(classes):
                own = labels.class_id[seen.label] == index + 1
                d_eta, d_phi, weights = seen.d_eta[own], seen.d_phi[own], share[own]
                span = [(-REACH, REACH)] * 2
                images[index, channel] += np.histogram2d(d_eta, d_phi, BINS, span, weights=weights)[0]
                rings[index, channel] += np.histogram(np.hypot(d_eta, d_phi), RADII, weights=weights)[0]
    labelled = np.maximum(count, 1)
    area = np.pi * np.diff(RADII**2)
    return Profiles(count, images / labelled[:, None, None, None], rings / labelled[:, None, None] / area)

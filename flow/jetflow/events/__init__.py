"""Collisions to calorimeter images: generation, files, images and labels.

Reading needs h5py and NumPy alone; making events needs the extra `jetflow[events]`, imported when it is used.
"""

from jetflow.events.grid import Grid
from jetflow.events.images import load_counts
from jetflow.events.labels import CLASS_NAMES, Labels, paper1_labels
from jetflow.events.reader import CHANNELS, EventFile, open_events

__all__ = [
    "CHANNELS",
    "CLASS_NAMES",
    "EventFile",
    "Grid",
    "Labels",
    "load_counts",
    "open_events",
    "paper1_labels",
]

"""Collisions to calorimeter images: generation, files, images and labels.

Reading needs h5py and NumPy alone; making events needs the extra `jetflow[events]`, imported when it is used.

The mix that networks are trained on: gravitons to tt, HH, WW, ZZ and bb evenly (two labelled objects of one class an
event), half without pileup and half with a mean of 50, graviton mass drawn evenly between 0.8 and 3.5 TeV.

Rooms, in the order of the data: collisions, detector, jets -> generation (makes a file of them) -> files (reads and
writes) -> labels, inspect; layouts brings files of others in and out.
"""

from jetflow.events.files.feeding import EventStream
from jetflow.events.files.images import load_counts
from jetflow.events.files.reader import EventFile, GridName, open_events
from jetflow.events.files.schema import CALORIMETER, PARTICLE_FLOW
from jetflow.events.generation.request import Request
from jetflow.events.generation.run import generate
from jetflow.events.grid import Grid
from jetflow.events.labels import CLASSES, Labels, Scheme

__all__ = [
    "CALORIMETER",
    "CLASSES",
    "PARTICLE_FLOW",
    "EventFile",
    "EventStream",
    "Grid",
    "GridName",
    "Labels",
    "Request",
    "Scheme",
    "generate",
    "load_counts",
    "open_events",
]

"""Average jets of events made by hand: where the energy lies, and what it is divided by."""

from pathlib import Path

import numpy as np
import pytest

from jetflow.events import EventFile, open_events
from jetflow.events.block import Block, Table
from jetflow.events.files.schema import TRUTH
from jetflow.events.files.writer import write_events
from jetflow.events.inspect.profiles import BINS, RADII, jet_profiles


@pytest.fixture
def file(sample: Path, tmp_path: Path) -> EventFile:
    """Two events with a W of 400 GeV at the middle of crystal (170, 359): 100 GeV there, 20 GeV 0.3 away in phi."""
    with open_events(sample) as opened:
        block, grid, names = opened.block(0, 2), opened.grid, list(opened.process_names)
    place = {"eta": float(grid.eta_centre(np.array(170))), "phi": np.pi - np.pi / 360, "pt": 400.0, "pdg": 24}
    truth = Table(np.arange(3), {name: np.full(2, place.get(name, 0), dtype) for name, dtype in TRUTH.items()})
    two = np.array([0, 2, 4])
    cells = {
        "eta": np.array([170] * 4, np.uint16),
        "phi": np.array([359, 16] * 2, np.uint16),
        "et": np.array([100, 20] * 2, np.float16),
    }
    nothing = Table(np.zeros(3, np.int64), {name: values[:0] for name, values in cells.items()})
    out = tmp_path / "two.h5"
    tables = {"ecal": Table(two, cells), "hcal": nothing, "truth": truth}
    write_events(out, [Block(block.scalars, tables)], grid, names, {})
    return open_events(out)


def test_images_and_rings(file: EventFile) -> None:
    found = jet_profiles(file, "paper1", 2)
    assert found.labels.tolist() == [0, 2, 0]
    assert found.images.shape == (3, 2, BINS, BINS)
    image, rings = found.images[1, 0], found.rings[1, 0]
    assert image.sum() == pytest.approx(120 / 400)
    assert image[BINS // 2 - 1 : BINS // 2 + 1, BINS // 2 - 1 : BINS // 2 + 1].sum() == pytest.approx(100 / 400)
    away = np.unravel_index(np.where(image < 0.2, image, 0).argmax(), image.shape)
    assert away[1] == BINS // 2 + int(17 * np.pi / 180 / 0.05), "17 columns on, across the seam"
    area = np.pi * np.diff(RADII**2)
    assert (rings * area).sum() == pytest.approx(120 / 400)
    assert rings[0] == pytest.approx(100 / 400 / area[0])
    assert found.images[1, 1].sum() == found.images[[0, 2]].sum() == 0


def test_fewer_events(file: EventFile) -> None:
    assert jet_profiles(file, "paper1", 1).labels.tolist() == [0, 1, 0]
    assert jet_profiles(file, "paper2", 9).labels.tolist() == [0, 2, 0]

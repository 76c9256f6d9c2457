"""Pictures of files with and without particle flow, jets, labels and pileup."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from jetflow.errors import InputError
from jetflow.events import EventFile, open_events
from jetflow.events.files.writer import write_events
from jetflow.events.inspect.contents import read_contents
from jetflow.events.inspect.pictures import draw, draw_event


def drawn(file: EventFile, folder: Path, events: int) -> dict[str, bytes]:
    paths = draw(file, read_contents(file), folder, events)
    assert sorted(path.name for path in folder.iterdir()) == sorted(path.name for path in paths)
    for path in paths:
        pixels = imread(path)
        assert min(pixels.shape[:2]) > 200
        assert (pixels[..., :3] == 1).all(-1).mean() < 0.995, "not an empty page"
    return {path.name: path.read_bytes() for path in paths}


FIXED = {"labels.png", "spectra.png", "average-jets.png", "jet-shapes.png"}


def test_calorimeter(sample: Path, tmp_path: Path) -> None:
    """An event that is on one picture is not on another; drawn again it has the same bytes."""
    with open_events(sample) as file:
        found = drawn(file, tmp_path / "first", 2)
        assert set(found) == {"event-0.png", "event-1.png", *FIXED}
        assert found["event-0.png"] != found["event-1.png"]
        assert draw_event(file, tmp_path / "again.png", 1).read_bytes() == found["event-1.png"]


def test_particle_flow_and_jets(heavy: Path, tmp_path: Path) -> None:
    with open_events(heavy) as file:
        assert set(drawn(file, tmp_path, 1)) == {"event-0.png", *FIXED}
    wide, high = imread(tmp_path / "event-0.png").shape[1::-1]
    assert wide > 1.5 * high, "calorimeter and particle flow, side by side"


def test_nothing_to_draw(sample: Path, tmp_path: Path) -> None:
    """No events, no labels, no pileup: pictures with axes and no curves."""
    with open_events(sample) as file:
        block = file.block(0, 0)
        write_events(tmp_path / "empty.h5", [block], file.grid, list(file.process_names), {})
    with open_events(tmp_path / "empty.h5") as file:
        assert set(drawn(file, tmp_path / "pictures", 0)) == FIXED


def test_only_classes_that_are_there(heavy: Path, tmp_path: Path) -> None:
    """The average jets of b alone are one row, those of all classes three."""
    heights = []
    with open_events(heavy) as file:
        bottom = np.flatnonzero(file.process == file.process_names.index("bb"))
        write_events(tmp_path / "bb.h5", [file.block().take(bottom)], file.grid, list(file.process_names), {})
    for path in (heavy, tmp_path / "bb.h5"):
        with open_events(path) as file:
            draw(file, read_contents(file), tmp_path / "pictures", 0)
        heights.append(imread(tmp_path / "pictures" / "average-jets.png").shape[0])
    assert heights[0] > 2 * heights[1]


def test_bad_number(sample: Path, tmp_path: Path) -> None:
    with open_events(sample) as file:
        contents = read_contents(file)
        for events in (-1, 257):
            with pytest.raises(InputError, match=f"--events: found {events}; 0 to 256 events"):
                draw(file, contents, tmp_path / "none", events)
    assert not (tmp_path / "none").exists()

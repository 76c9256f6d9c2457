"""Broken events files: each gets one line that names the file and the dataset."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from jetflow.errors import InputError
from jetflow.events import open_events

Break = Callable[[h5py.File], None]


def put(name: str, value: float, row: int = 7) -> Break:
    def change(file: h5py.File) -> None:
        file[name][row] = value

    return change


def attribute(name: str, value: object) -> Break:
    def change(file: h5py.File) -> None:
        file.attrs[name] = value

    return change


def replace(name: str, values: np.ndarray) -> Break:
    def change(file: h5py.File) -> None:
        del file[name]
        file[name] = values

    return change


def drop(*names: str) -> Break:
    def change(file: h5py.File) -> None:
        for name in names:
            del file[name]

    return change


def shorten(name: str) -> Break:
    def change(file: h5py.File) -> None:
        file[name].resize(len(file[name]) - 1, axis=0)

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put("ecal/et", np.nan), r"ecal/et: found NaN; 0\.\.14000 GeV is allowed"),
        (put("ecal/et", -1), r"ecal/et: found -1 GeV"),
        (put("hcal/et", 20_000), r"hcal/et: found 2\d+ GeV|hcal/et: found 2e\+04 GeV"),
        (put("hcal/et", np.inf), r"hcal/et: found inf GeV"),
        (put("ecal/eta", 340), r"ecal/eta: found index 340; 0\.\.339 is allowed"),
        (put("hcal/phi", 360), r"hcal/phi: found index 360; 0\.\.359 is allowed"),
        (put("truth/pt", np.nan), r"truth/pt: found NaN"),
        (put("truth/jet_pt", -3), r"truth/jet_pt: found -3 GeV"),
        (put("process", 100), r"process: found \d+\.\.100; 0\.\.7 is allowed"),
        (put("process", -1), r"process: found -1\.\."),
        (put("mu", np.nan), r"mu: found a negative or undefined mean"),
        (put("ecal/offsets", 10**9), r"ecal/offsets: found 257 values"),
        (put("ecal/offsets", 10**9, -1), r"ecal/eta: found \d+ rows; the offsets say 1000000000"),
        (put("ecal/offsets", 5, 0), r"ecal/offsets"),
        (attribute("schema", "jetflow-events-2"), r"schema: found jetflow-events-2, .*install a newer jetflow"),
        (attribute("schema", "jets"), r"schema: found 'jets', .*not an events file of jetflow"),
        (attribute("schema", 3), r"schema: found .*3.*, .*not an events file"),
        (attribute("grid", "{}{"), r"attribute grid: absent or not"),
        (attribute("grid", '{"eta_cells": 340, "phi_cells": 360, "eta_step": 0.0174, "tower": 7}'), r"attribute grid"),
        (attribute("process_names", "3"), r"attribute process_names"),
        (drop("hcal/offsets"), r"hcal/offsets: absent; jetflow-events-1 needs it"),
        (drop("ecal", "hcal"), r"holds no cells; one or more of ecal, hcal, track, photon, neutral are needed"),
        (drop("truth/jet_mass"), r"truth/jet_mass: absent"),
        (replace("ecal/et", np.zeros(10, np.float64)), r"ecal/et: found float64 of shape \(10,\); a list of float16"),
        (replace("mu", np.zeros((256, 2), np.float32)), r"mu: found float32 of shape \(256, 2\)"),
        (shorten("mu"), r"mu: found 255 events, `process` has 256"),
        (shorten("hcal/et"), r"hcal/et: found \d+ rows; the offsets say \d+"),
        (shorten("truth/offsets"), r"truth/offsets: found 256 values; 257"),
    ],
)
def test_one_line_names_what_is_wrong(copy: Path, change: Break, message: str) -> None:
    with h5py.File(copy, "r+") as file:
        change(file)
    with pytest.raises(InputError, match=message) as caught, open_events(copy) as events:
        events.check()
    assert str(caught.value).startswith(f"{copy}: ")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value).split("; ")) >= 2, "says what to do"


def test_images_are_checked_too(copy: Path) -> None:
    with h5py.File(copy, "r+") as file:
        put("ecal/et", np.nan)(file)
    with open_events(copy) as events, pytest.raises(InputError, match="found NaN"):
        events.images(("ecal",), "tower", 0, 1)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.9, 0.999])
def test_truncated(copy: Path, share: float) -> None:
    whole = copy.read_bytes()
    copy.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(InputError, match=r"truncated or not HDF5") as caught, open_events(copy) as events:
        events.check()
    assert "\n" not in str(caught.value)


def test_corrupt_in_the_middle(copy: Path) -> None:
    """Bytes of a compressed chunk are overwritten: the file opens, the read fails in one line."""
    with h5py.File(copy, "r") as file:
        chunk = file["ecal/et"].id.get_chunk_info(0)
    with copy.open("r+b") as raw:
        raw.seek(chunk.byte_offset + chunk.size // 2)
        raw.write(b"\xff" * 64)
    message = r"ecal/et: unreadable, the file is corrupt"
    with pytest.raises(InputError, match=message) as caught, open_events(copy) as events:
        events.check()
    assert "\n" not in str(caught.value)


def test_foreign_files(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "foreign.h5", "w") as file:
        file["data"] = np.zeros(3)
    (tmp_path / "text.h5").write_text("eta,phi\n")
    for name, message in (("foreign", "schema: found None"), ("text", "not HDF5"), ("none", "no such events file")):
        with pytest.raises(InputError, match=message):
            open_events(tmp_path / f"{name}.h5")

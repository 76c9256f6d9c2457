"""The folder of a build: which folders may become one, and what a killed build leaves there."""

from pathlib import Path

import pytest

from jetflow.build import Settings, check_folder, open_build, start_build
from jetflow.errors import InputError

SETTINGS = Settings("m", "twn", "fpga", "xcvu13p-flga2577-2-e", 300.0, "vitis", 0.5, ("ecal", "hcal"))


def test_a_build_killed_while_its_first_file_was_written_can_be_run_again(tmp_path: Path) -> None:
    (tmp_path / ".settings.json.77.part").write_text('{"mod')
    (tmp_path / ".hls.part").mkdir()
    (tmp_path / ".hls.part" / "half.cpp").write_text("int")
    check_folder(tmp_path)
    start_build(tmp_path, SETTINGS)
    assert [path.name for path in tmp_path.iterdir()] == ["settings.json"]
    check_folder(tmp_path)


def test_what_was_half_written_below_goes_too(tmp_path: Path) -> None:
    start_build(tmp_path, SETTINGS)
    whole, half = (tmp_path / "sim" / "ap_types" / name for name in ("ap_private.h", ".ap_private.h.77.part"))
    whole.parent.mkdir(parents=True)
    for path in (whole, half):
        path.write_text("struct")
    start_build(tmp_path, SETTINGS)
    assert whole.exists() and not half.exists()


def test_folders_with_other_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="holds files that are no build"):
        check_folder(tmp_path)
    with pytest.raises(InputError, match="is a file"):
        check_folder(tmp_path / "notes.txt")
    check_folder(tmp_path / "new")


def test_a_build_that_is_not_finished_is_named(tmp_path: Path) -> None:
    start_build(tmp_path, SETTINGS)
    with pytest.raises(InputError, match="was interrupted: run `jetflow build` again"):
        open_build(tmp_path)

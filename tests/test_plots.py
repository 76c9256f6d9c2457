"""Pictures: the same bytes twice, nothing on failure, and what to install."""

from pathlib import Path

import pytest

from jetflow.errors import MissingToolError
from jetflow.plots import picture, plotting


def draw(path: Path) -> bytes:
    with picture(path, 1, 2, (6, 3)) as axes:
        for axis, colour in zip(axes[0], ("red", "blue"), strict=True):
            axis.plot([1, 2, 3], [3, 1, 2], color=colour)
            axis.set_xlabel("x [GeV]")
    return path.read_bytes()


def test_same_bytes_and_no_stamp(tmp_path: Path) -> None:
    first, second = draw(tmp_path / "first.png"), draw(tmp_path / "other" / "second.png")
    assert first == second
    assert first.startswith(b"\x89PNG")
    assert len(first) > 2000
    for stamp in (b"tEXt", b"tIME", b"matplotlib"):
        assert stamp not in first


def test_settings_of_others_stay() -> None:
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    with pytest.raises(ZeroDivisionError), picture(Path("/nowhere/x.png"), 1, 1, (2, 2)):
        raise ZeroDivisionError
    assert dict(mpl.rcParams) == before


def test_failure_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), picture(tmp_path / "x.png", 1, 1, (2, 2)):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_missing_package() -> None:
    with pytest.raises(MissingToolError, match=r"no_such_package: not found, .* pip install 'jetflow\[plots\]'"):
        plotting("no_such_package.figure")

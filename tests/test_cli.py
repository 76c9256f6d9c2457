"""The command line itself: exit codes, versions, what it does not import."""

import errno
import subprocess
import sys

import pytest
import typer

from jetflow import __version__, cli
from jetflow.errors import InputError, MissingToolError, ToolError


@pytest.mark.parametrize(
    ("raised", "code", "text"),
    [
        (InputError("a: b"), 2, "error: a: b\n"),
        (MissingToolError("g++"), 2, "error: g++\n"),
        (ToolError("g++ failed"), 3, "error: g++ failed\n"),
        (OSError(errno.ENOSPC, "No space left on device", "x.h5"), 2, "x.h5: No space left on device: free space"),
        (OSError(errno.EIO, "Input/output error", "x.h5"), 3, "a bug in jetflow"),
        (ZeroDivisionError("oops"), 3, "ZeroDivisionError: oops"),
    ],
)
def test_exit_codes(
    raised: Exception, code: int, text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    app = typer.Typer()

    @app.command()
    def fail() -> None:
        raise raised

    monkeypatch.setattr(cli, "app", app)
    monkeypatch.setattr(sys, "argv", ["jetflow"])
    app.pretty_exceptions_enable = False
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == code
    assert text in capsys.readouterr().err


def test_version_and_help_import_nothing_heavy() -> None:
    script = (
        "import sys\n"
        "from jetflow.cli import app\n"
        "try: app(['--version'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'tensorflow', 'hls4ml', 'numpy', 'h5py', 'pythia8mc'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == [__version__, "[]"]

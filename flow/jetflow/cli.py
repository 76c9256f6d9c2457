"""`jetflow`: the commands. They parse, call and print; heavy imports happen inside the command that needs them."""

import errno
import sys
import traceback
from typing import Annotated, NoReturn

import typer

from jetflow import __version__, cli_build, cli_data, cli_evaluate, cli_export, cli_front, cli_models, cli_synth
from jetflow.errors import JetflowError

__all__ = ["app", "main"]

DISK = {errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EPERM, errno.EDQUOT}

app = typer.Typer(
    help="From calorimeter images to bit-exact FPGA and DSP firmware for single-shot jet detection.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(cli_data.app, name="data")
app.add_typer(cli_models.models_app, name="models")
app.add_typer(cli_export.app, name="export")
app.command()(cli_models.train)
app.command()(cli_models.slim)
app.command()(cli_evaluate.evaluate)
app.command()(cli_build.build)
app.command()(cli_front.front)
app.command()(cli_build.verify)
app.command()(cli_build.report)
app.command()(cli_synth.synth)
app.command()(cli_build.doctor)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options that stand before a command."""


def main() -> None:
    """Entry point: what goes wrong on purpose is one line and its exit code; anything else is a bug and exit code 3."""
    try:
        app()
    except JetflowError as problem:
        _end(str(problem), problem.exit_code)
    except OSError as problem:
        if problem.errno not in DISK:
            _bug()
        _end(f"{problem.filename or 'disk'}: {problem.strerror}: free space or choose another --out", 2)
    except Exception:
        _bug()


def _bug() -> NoReturn:
    traceback.print_exc()
    _end(f"a bug in jetflow {__version__}: please report it with the lines above", 3)


def _end(message: str, code: int) -> NoReturn:
    typer.echo(f"error: {message}", err=True)
    sys.exit(code)

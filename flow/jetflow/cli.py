"""`jetflow`: the commands. They parse, call and print; heavy imports happen inside the command that needs them."""

import sys
from typing import Annotated

import typer

from jetflow import __version__, cli_build, cli_data, cli_models
from jetflow.errors import JetflowError

__all__ = ["app", "main"]

app = typer.Typer(
    help="From calorimeter images to bit-exact FPGA and DSP firmware for single-shot jet detection.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(cli_data.app, name="data")
app.add_typer(cli_models.models_app, name="models")
app.command()(cli_models.train)
app.command()(cli_models.evaluate)
app.command()(cli_build.build)
app.command()(cli_build.verify)
app.command()(cli_build.report)
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
    """Entry point: an error that jetflow raises is one line, and its exit code."""
    try:
        app()
    except JetflowError as problem:
        typer.echo(f"error: {problem}", err=True)
        sys.exit(problem.exit_code)

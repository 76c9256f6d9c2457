"""`jetflow export`: a build in the formats that others read."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["app"]

app = typer.Typer(help="Write a build in the formats that others read.", no_args_is_help=True)


class OnnxFormat(StrEnum):
    """How an ONNX model says how it is quantised."""

    QDQ = "qdq"
    QONNX = "qonnx"


@app.callback()
def _export() -> None:
    """Keeps `export onnx` a command of its own."""


@app.command()
def onnx(
    folder: Annotated[Path, typer.Argument(metavar="BUILD", help="A folder that `jetflow build` wrote.")],
    out: Annotated[Path, typer.Option(help="The file to write, FILE.onnx.")],
    format: Annotated[
        OnnxFormat, typer.Option(help="qdq: QuantizeLinear/DequantizeLinear; qonnx: for FINN and brevitas.")
    ] = OnnxFormat.QDQ,
) -> None:
    """Write the inference network as ONNX with explicit quantisation, from the integer graph of any build."""
    from jetflow.build import open_build
    from jetflow.export.onnx import write_onnx

    build = open_build(folder)
    write_onnx(build.graph, format.value, out)
    typer.echo(f"export: {out}, {len(build.graph.nodes)} nodes, {format.value}")

"""Files of events from one layout to another: ours, the authors' public one, images in NumPy, trees in ROOT."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import jetflow
from jetflow.errors import InputError
from jetflow.events.block import Block
from jetflow.events.files.reader import open_events
from jetflow.events.files.schema import CALORIMETER
from jetflow.events.files.writer import write_events
from jetflow.events.grid import Grid
from jetflow.events.layouts.numpy_images import image_blocks
from jetflow.events.layouts.public import PublicFile
from jetflow.events.layouts.public_writer import write_public
from jetflow.events.layouts.root import tree_blocks

__all__ = ["Layout", "Options", "convert"]

Layout = Literal["jetflow", "public"]
_STEP = 256  # events at a time
_FOREIGN = (".npy", ".npz", ".root")  # HDF5 is what is neither


@dataclass(frozen=True)
class Options:
    """What a file does not say about itself, and what is wanted of it.

    `pileup`: mean number of pileup collisions to note. `channels`: collections that the channels of NumPy images
    are. `lsb_gev`: ET of a count in images of integers [GeV]. `branches`: YAML file with the names of ROOT branches
    (see branches.BranchMap). `inside_top` is for the public layout: see public_writer.write_public.
    """

    pileup: float = 0.0
    channels: tuple[str, ...] = CALORIMETER
    lsb_gev: float = 0.5
    branches: Path | None = None
    inside_top: bool = False


@dataclass(frozen=True)
class _Source:
    """Events of a foreign file, block by block, and what is to be remembered of it."""

    layout: str
    blocks: Iterator[Block]
    facts: dict[str, Any] = field(default_factory=dict)


def convert(source: Path, out: Path, layout: Layout, options: Options | None = None) -> int:
    """Write the events of `source` to `out` in `layout`; return their number.

    To ours: from the public layout, NumPy images (.npy, .npz) and ROOT trees (.root), which are told apart by name and
    content. To the public layout: from ours. What is kept: see public.PublicFile.block, public_writer.write_public,
    numpy_images.image_blocks, root.tree_blocks. Raises InputError in one line for anything that does not fit.
    """
    if not source.is_file():
        raise InputError(f"{source}: no such file; give a file of events, images (.npy, .npz) or trees (.root)")
    if out.exists() and out.samefile(source):
        raise InputError(f"{out}: is the input itself; choose another OUT")
    settings = options or Options()
    if layout == "public":
        if source.suffix in _FOREIGN:
            raise InputError(f"{source}: --layout public is made from jetflow's; convert to that first")
        with open_events(source) as events:
            own = events.provenance.get("converted", {})
            return write_public(out, events, own.get("index_dtype", "int16"), settings.inside_top)
    if source.suffix in (".npy", ".npz"):
        return _write(
            source, out, _Source("numpy", image_blocks(source, settings.channels, settings.lsb_gev, settings.pileup))
        )
    if source.suffix == ".root":
        return _write(source, out, _Source("root", tree_blocks(source, settings.branches, settings.pileup)))
    with PublicFile(source) as public:
        steps = range(0, len(public), _STEP)
        blocks = (public.block(i, min(i + _STEP, len(public)), settings.pileup) for i in steps)
        return _write(source, out, _Source("public", blocks, {"index_dtype": public.index_dtype}))


def _write(source: Path, out: Path, events: _Source) -> int:
    facts = {"layout": events.layout, "file": source.name, **events.facts}
    return write_events(
        out, events.blocks, Grid(), ["unknown"], {"converted": facts, "versions": {"jetflow": jetflow.__version__}}
    )

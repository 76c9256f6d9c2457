"""What `jetflow data inspect` prints: counts, spectra and checks as tables for 80 columns."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.table import Table

from jetflow.events.files.reader import EventFile
from jetflow.events.inspect.checks import checks
from jetflow.events.inspect.contents import Contents
from jetflow.events.inspect.figures import groups, spectra
from jetflow.events.labels import CLASSES

__all__ = ["summary"]


def summary(file: EventFile, contents: Contents) -> list[Table]:
    """The tables of a file."""
    return [_groups(file, contents), _spectra(file, contents), _checks(file, contents)]


def _table(title: str, first: str, others: tuple[str, ...], caption: str | None = None) -> Table:
    table = Table(title=title, caption=caption, box=SIMPLE_HEAD, padding=0, pad_edge=False)
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _short(value: float) -> str:
    """Four digits, or a whole number, so that seven columns fit 80 characters."""
    return f"{value:.0f}" if 10_000 <= abs(value) < 1_000_000 else f"{value:.4g}"


def _groups(file: EventFile, contents: Contents) -> Table:
    request = file.provenance.get("request", {})
    seed = f", seed {request['seed']}" if "seed" in request else ""
    caption = "classes: labels of paper 1"
    columns = ("mu", "events", "collisions", *CLASSES["paper1"])
    table = _table(f"{len(file)} events{seed}", "process", columns, caption)
    for group in groups(file, contents):
        counts = map(str, group.objects.values())
        table.add_row(group.process, f"{group.mu:g}", str(group.events), f"{group.mean_npu:.1f}", *counts)
    return table


def _spectra(file: EventFile, contents: Contents) -> Table:
    table = _table("spectra", "quantity", ("entries", "mean", "5%", "50%", "95%", "max"), "ET and cells: of an event")
    for found in spectra(file, contents):
        values = (found.mean, *found.quantiles, found.largest) if found.entries else ()
        unit = f" [{found.unit}]" if found.unit else ""
        table.add_row(found.name + unit.replace("[", r"\["), str(found.entries), *map(_short, values))
    return table


def _checks(file: EventFile, contents: Contents) -> Table:
    table = _table("checks", "what", ("found", "from", "to", ""), "what has too few entries is left out")
    for check in checks(file, contents):
        numbers = map(_short, (check.found, check.low, check.high))
        table.add_row(check.name.replace("[", r"\["), *numbers, "ok" if check.passed else "look")
    return table

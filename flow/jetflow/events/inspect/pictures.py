"""The pictures of `jetflow data inspect`: events, label profiles (paper 2, figure 3), average jets, spectra."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.errors import InputError
from jetflow.events.block import Table
from jetflow.events.files.reader import EventFile
from jetflow.events.files.schema import CALORIMETER, PARTICLE_FLOW
from jetflow.events.inspect.around import owner
from jetflow.events.inspect.contents import Contents
from jetflow.events.inspect.displays import draw_cells, draw_labels, set_frame
from jetflow.events.inspect.figures import NAMES
from jetflow.events.inspect.profiles import RADII, REACH, jet_profiles
from jetflow.events.labels import CLASSES, Labels, Scheme
from jetflow.plots import COLOURS, picture, plotting

__all__ = ["draw", "draw_event"]

AVERAGED = 2000  # events of the average jets
_SIDES = ((CALORIMETER, "calorimeter"), (PARTICLE_FLOW, "particle flow"))


def draw(file: EventFile, contents: Contents, folder: Path, events: int) -> list[Path]:
    """Draw `file` in `folder`, its first `events` events one by one, and return the PNG files.

    Raises InputError for fewer than 0 or more events than there are, MissingToolError without the extra `plots`.
    """
    if not 0 <= events <= len(file):
        raise InputError(f"--events: found {events}; 0 to {len(file)} events of {file.path} can be drawn")
    plotting("mplhep")
    paths = [draw_event(file, folder / f"event-{index}.png", index) for index in range(events)]
    paths.append(_label_profiles(contents, folder / "labels.png"))
    paths.append(_spectra(file, contents, folder / "spectra.png"))
    return [*paths, *_average_jets(file, folder)]


def draw_event(file: EventFile, path: Path, index: int) -> Path:
    """Draw event `index` of `file`, calorimeter and particle flow side by side, with the labels of paper 1."""
    sides = [(names, title) for names, title in _SIDES if set(names) & set(file.collections)]
    labels = file.labels(index, index + 1)
    with picture(path, 1, len(sides), (6.6 * len(sides), 7.6)) as axes:
        for axis, (names, title) in zip(axes[0], sides, strict=True):
            for name in names:
                if name in file.collections:
                    draw_cells(axis, name, file.cells(name, index, index + 1), file.grid)
            draw_labels(axis, labels, "paper1")
            process = file.process_names[file.process[index]]
            set_frame(axis, file.grid, f"{title}: event {index}, {process}, {file.npu[index]} pileup collisions")
    return path


def _steps(
    axis: Any, groups: dict[str, NDArray[Any]], edges: NDArray[np.float64], label: str, unit: str, log: bool = False
) -> None:
    """A histogram a group as shares of all its entries, drawn as steps; the legend stands above the data."""
    mplhep = plotting("mplhep")
    for (name, values), (dash, colour) in zip(groups.items(), product(("-", "--"), COLOURS), strict=False):
        if len(values):
            shares = np.histogram(values, edges)[0] / len(values)
            mplhep.histplot(shares, edges, ax=axis, color=colour, linestyle=dash, label=name)
    axis.set_xlim(edges[0], edges[-1])
    if log:
        axis.set_yscale("log")
    else:
        axis.set_ylim(0, None)
    axis.set_xlabel(f"{label} [{unit}]" if unit else label)
    axis.set_ylabel("share of entries")
    if axis.get_legend_handles_labels()[0]:
        axis.legend(loc="lower right", bbox_to_anchor=(1, 1.0), ncols=3, handlelength=1.2, columnspacing=0.9)


def _by_class(labels: Labels, scheme: Scheme, values: NDArray[Any]) -> dict[str, NDArray[Any]]:
    return {name: values[labels.class_id == class_id] for class_id, name in enumerate(CLASSES[scheme], 1)}


def _label_profiles(contents: Contents, path: Path) -> Path:
    """pT, eta and phi of the labels of both papers."""
    schemes: tuple[tuple[Scheme, Labels], ...] = (("paper1", contents.paper1), ("paper2", contents.paper2))
    with picture(path, 2, 3, (15, 8.4)) as axes:
        for row, (scheme, labels) in zip(axes, schemes, strict=True):
            top = 100 * np.ceil(np.quantile(labels.pt, 0.995) / 100) if len(labels.pt) else 1.0
            _steps(row[0], _by_class(labels, scheme, labels.pt), np.linspace(0, top, 41), r"$p_T$", "GeV")
            _steps(row[1], _by_class(labels, scheme, labels.eta), np.linspace(-3, 3, 31), r"$\eta$", "")
            _steps(row[2], _by_class(labels, scheme, labels.phi), np.linspace(-np.pi, np.pi, 31), r"$\phi$", "rad")
            row[0].set_title(f"labels of {scheme.replace('r', 'r ')}", loc="left")
    return path


def _edges(values: NDArray[Any], bins: int = 40) -> NDArray[np.float64]:
    """Bins from 0 to beyond 99% of the values."""
    return np.linspace(0.0, max(1.0, float(np.quantile(values, 0.99)) * 1.1) if len(values) else 1.0, bins + 1)


def _spectra(file: EventFile, contents: Contents, path: Path) -> Path:
    """ET and cells of events, masses of labels and of jets."""
    mass = contents.paper1.mass
    with picture(path, 2, 3, (15, 8.4)) as axes:
        for axis, values, label, unit in (
            (axes[0, 0], contents.et, "sum of ET", "GeV"),
            (axes[0, 1], contents.cells, "cells in an event", ""),
        ):
            _steps(axis, {NAMES[n]: values[:, i] for i, n in enumerate(file.collections)}, _edges(values), label, unit)
        collisions = {f"mu {mu:g}": file.npu[file.mu == mu] for mu in np.unique(file.mu).tolist() if mu > 0}
        if collisions:
            _steps(axes[0, 2], collisions, _counts(file.npu), "pileup collisions", "")
        else:
            _nothing(axes[0, 2], "no pileup in this file")
        by_class = _by_class(contents.paper1, "paper1", mass)
        _steps(axes[1, 0], by_class, _edges(mass), "mass of the label", "GeV")
        for axis, table, column, label in (
            (axes[1, 1], "baseline", "msd", "soft-drop mass of baseline jets"),
            (axes[1, 2], "genjet", "pt", r"$p_T$ of generator jets"),
        ):
            if table in contents.jets:
                jets = contents.jets[table]
                edges = _edges(jets.columns[column])
                _steps(axis, _by_process(file, jets, column), edges, label, "GeV", log=table == "genjet")
            else:
                _nothing(axis, f"no `{table}` in this file")
    return path


def _nothing(axis: Any, why: str) -> None:
    axis.text(0.5, 0.5, why, ha="center", transform=axis.transAxes)
    axis.set_axis_off()


def _counts(values: NDArray[Any]) -> NDArray[np.float64]:
    """Bins of whole numbers, about 40."""
    width = max(1, int(values.max(initial=0)) // 40 + 1)
    return np.arange(0, int(values.max(initial=0)) + 2 * width, width) - 0.5


def _by_process(file: EventFile, jets: Table, column: str) -> dict[str, NDArray[Any]]:
    code = file.process[owner(jets.offsets)]
    return {file.process_names[i]: jets.columns[column][code == i] for i in np.unique(file.process).tolist()}


def _average_jets(file: EventFile, folder: Path) -> list[Path]:
    """Average images of every collection and class that is there, and the same by distance from the label."""
    colours = plotting("matplotlib.colors")
    profiles = jet_profiles(file, "paper1", AVERAGED)
    names, collections = CLASSES["paper1"], file.collections
    images, rings = folder / "average-jets.png", folder / "jet-shapes.png"
    top = max(float(profiles.images.max()), 1e-6)
    norm = colours.LogNorm(top * 1e-4, top)
    shown = np.flatnonzero(profiles.labels).tolist() or [0]
    with picture(images, len(shown), len(collections), (3.1 * len(collections) + 1.2, 3.2 * len(shown))) as axes:
        for row, index in enumerate(shown):
            for column, collection in enumerate(collections):
                axis = axes[row, column]
                span = (-REACH, REACH, -REACH, REACH)
                image = np.maximum(profiles.images[index, column].T, norm.vmin)
                drawn = axis.imshow(image, cmap="viridis", norm=norm, origin="lower", extent=span)
                axis.set_title(f"{names[index]}: {NAMES[collection]}", fontsize=13)
                ticks = (-0.5, 0.0, 0.5)
                axis.set_xticks(ticks, None if row == len(shown) - 1 else [""] * 3)
                axis.set_yticks(ticks, None if column == 0 else [""] * 3)
                if row == len(shown) - 1:
                    axis.set_xlabel(r"$\Delta\eta$")
                if column == 0:
                    axis.set_ylabel(r"$\Delta\phi$ [rad]")
        axes[0, 0].figure.colorbar(drawn, ax=axes, label=r"ET in 0.05 x 0.05 over the label's $p_T$", shrink=0.7)
    seen = profiles.rings[profiles.rings > 0]
    limits = (seen.min() / 2, seen.max() * 2) if len(seen) else (0.1, 1.0)
    with picture(rings, 1, len(collections), (4.2 * len(collections), 4.4)) as axes:
        for column, (axis, collection) in enumerate(zip(axes[0], collections, strict=True)):
            for row, name in enumerate(names):
                if profiles.labels[row]:
                    axis.stairs(profiles.rings[row, column], RADII, color=COLOURS[row], label=name, lw=1.6)
            axis.set_yscale("log")
            axis.set_ylim(*limits)
            axis.set_xlim(0, RADII[-1])
            axis.set_xlabel(r"$\Delta R$")
            axis.set_title(NAMES[collection], loc="left")
            if profiles.labels.any():
                axis.legend(loc="upper right")
        axes[0, 0].set_ylabel(r"ET over the label's $p_T$, per unit area")
    return [images, rings]

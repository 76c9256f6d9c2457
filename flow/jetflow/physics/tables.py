"""Figures as tables for 80 columns."""

from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

__all__ = ["figures_table"]


def figures_table(figures: dict[str, Any]) -> Table:
    """The figures by class as a table for 80 columns."""
    title = f"{figures['precision']}, {figures['events']} events, match distance {figures['match_distance']}"
    caption = "AP: 11-point; P@R: precision at that recall; residuals: half the central 68%"
    table = Table(title=title, caption=caption, box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for heading in ("class", "AP", "area AP", "P@R.3", "P@R.5", "eta", "phi", "mass ratio"):
        table.add_column(heading, justify="left" if heading == "class" else "right")
    for name, ap in figures["ap"].items():
        res = figures["residuals"][name]
        table.add_row(
            name,
            f"{ap:.3f}±{figures['ap_error'][name]:.3f}",
            f"{figures['area_ap'][name]:.3f}±{figures['area_ap_error'][name]:.3f}",
            f"{figures['precision_at_recall_30'][name]:.3f}",
            f"{figures['precision_at_recall_50'][name]:.3f}",
            f"{res['eta']['half_68']:.3f}",
            f"{res['phi']['half_68']:.3f}",
            f"{res['mass_ratio']['median']:.2f}±{res['mass_ratio']['half_68']:.2f}",
        )
    mean = f"{figures['mean_ap']:.3f}±{figures['mean_ap_error']:.3f}"
    area = f"{figures['mean_area_ap']:.3f}±{figures['mean_area_ap_error']:.3f}"
    table.add_row("mean", mean, area, *[""] * 5)
    return table

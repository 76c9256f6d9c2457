"""Figures as tables for 80 columns."""

from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from jetflow.physics.evaluation import ALL
from jetflow.physics.models import Results
from jetflow.size import model_size

__all__ = ["comparison_table", "fault_table", "figures_table", "rate_table"]

_BITS = {"fpn": "32/32", "twn": "2/8", "int8": "8/8"}  # weights and activations


def _table(title: str, caption: str, headings: list[str]) -> Table:
    """Columns of figures at the right of one of names."""
    table = Table(title=title, caption=caption, box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for i, heading in enumerate(headings):
        table.add_column(heading, justify="right" if i else "left")
    return table


def comparison_table(results: Results) -> Table:
    """Weights and the rule-based baseline side by side (paper 2, table 2)."""
    size = model_size(results.model.config)
    macs = f"{size['parameters']:,} parameters, {size['operations'] / 1e6:,.1f} M operations"
    caption = (
        f"{macs}; W/A: bits of weights (of ternary networks the body's) and activations; AP of paper 1: true are boxes "
        "of IoU > .5; AP of paper 2: area, with missed labels as found at score 0; its first row all classes pooled"
    )
    table = _table(f"{results.model.config.name}: {len(results.sample)} events", caption, ["", *results.all])
    table.add_row("W/A", *(_BITS.get(name.split("-")[0], "N/A") for name in results.all))
    for key, title in (("mean_ap", "mean AP"), ("mean_area_ap", "mean area AP")):
        cells = (f"{e.figures[key]:.3f}±{e.figures[key + '_error']:.3f}" for e in results.all.values())
        table.add_row(title, *cells)
    rows = (
        ("ap", "AP"),
        ("area_ap", "area AP"),
        ("ap_iou_50", "AP of paper 1"),
        ("ap_with_missed", "AP of paper 2"),
        ("precision_at_recall_30", "P@R=.3"),
    )
    pooled = (e.figures["ap_with_missed"][ALL] for e in results.all.values())
    table.add_row("AP of paper 2", *(f"{value:.3f}" for value in pooled))
    for name in results.model.config.classes:
        for key, title in (*rows, ("precision_at_recall_50", "P@R=.5")):
            cells = (e.figures[key][name] for e in results.all.values())
            table.add_row(f"{name} {title}", *(f"{value:.3f}" if value else "N/S" for value in cells))
    return table


def rate_table(data: dict[str, Any]) -> Table:
    """What passes a trigger on one class at the chosen rate; `data` as figures.trigger.rate has it."""
    classes = data["classes"]
    names = [key for key in next(iter(classes.values()))["at_rate"] if key not in ("threshold", "efficiency")]
    title = f"triggers on one class, each at {data['rate_khz']:g} kHz"
    caption = (
        f"rate: share of {data['minbias_events']} minimum-bias events x {data['crossing_rate_khz'] / 1000:g} MHz"
        " of crossings (assumed)"
    )
    table = _table(title, caption, ["class", "score above", "signal events", *(f"{name} events" for name in names)])
    for name, curve in classes.items():
        at = curve["at_rate"]
        shares = (f"{at[key]:.1%}" for key in ("efficiency", *names))
        table.add_row(name, f"{at['threshold']:.3f}", *shares)
    return table


def fault_table(data: dict[str, Any]) -> Table:
    """AP and rates with failing cells; `data` as figures.faults.data has it."""
    rates = data["whole"].get("rate_khz", {})
    title = f"failing cells, all channels ({data['events']} events)"
    headings = ["cells", "mean area AP", *(f"{name} kHz" for name in rates)]
    table = _table(title, "hot: the highest count; dead: 0; thresholds as without", headings)
    rows = [("none", data["whole"])]
    rows += [(f"{number} {fault}", point) for fault, by in data["faults"].items() for number, point in by.items()]
    for name, point in rows:
        table.add_row(
            name, f"{point['ap']:.3f}±{point['error']:.3f}", *(f"{r:.0f}" for r in point.get("rate_khz", {}).values())
        )
    return table


def figures_table(figures: dict[str, Any]) -> Table:
    """The figures by class as a table for 80 columns."""
    title = f"{figures['precision']}, {figures['events']} events, match distance {figures['match_distance']}"
    caption = "AP: 11-point; P@R: precision at that recall; residuals: half the central 68%"
    ratio = next(key for key in next(iter(figures["residuals"].values())) if key.endswith("ratio"))
    headings = ["class", "AP", "area AP", "P@R.3", "P@R.5", "eta", "phi", ratio.replace("_", " ")]
    table = _table(title, caption, headings)
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
            f"{res[ratio]['median']:.2f}±{res[ratio]['half_68']:.2f}",
        )
    mean = f"{figures['mean_ap']:.3f}±{figures['mean_ap_error']:.3f}"
    area = f"{figures['mean_area_ap']:.3f}±{figures['mean_area_ap_error']:.3f}"
    table.add_row("mean", mean, area, *[""] * 5)
    return table

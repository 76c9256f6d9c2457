"""report.md, for people: rendered from the report model by a template."""

from typing import Any

import jinja2

from jetflow.report.figures import Figure
from jetflow.report.report import Report

__all__ = ["render"]


def render(report: Report) -> str:
    """The report as Markdown."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("jetflow.report", "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Markdown
    )
    environment.filters["number"] = _number
    return environment.get_template("report.md.j2").render(report=report)


def _number(figure: Figure | None) -> str:
    """A figure's value for a table, or a dash where there is none."""
    if figure is None:
        return "–"
    value: Any = figure.value
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"

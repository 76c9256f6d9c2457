"""The report of a build: one model, written as JSON for programs and as Markdown for people."""

from jetflow.atomic import write_text
from jetflow.build import Build
from jetflow.report.figures import Figure, Kind
from jetflow.report.markdown import render
from jetflow.report.report import Report, make_report
from jetflow.report.section import Missing, Platform

__all__ = ["Figure", "Kind", "Missing", "Platform", "Report", "make_report", "render", "write_report"]


def write_report(build: Build) -> str:
    """Write report.json and report.md into the build; returns the Markdown."""
    report = make_report(build)
    text = render(report)
    write_text(build.folder / "report.json", report.as_json())
    write_text(build.folder / "report.md", text)
    return text

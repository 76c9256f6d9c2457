"""What one image takes on other platforms, as published, to stand beside a build's own figure."""

from jetflow.report.figures import Kind
from jetflow.report.section import Platform
from jetflow.targets import published

__all__ = ["PAPER_IMAGE", "published_platforms"]

PAPER_NETWORK = "PFJet-SSD 340x360"
PAPER_IMAGE = (340, 360, 3)  # rows, columns, channels


def published_platforms() -> list[Platform]:
    """Table 3 of paper 2 (Pol et al. 2022), from hw/targets/dsp.yaml."""
    return [
        Platform(
            row.platform,
            PAPER_NETWORK,
            row.precision,
            row.area_mm2,
            row.power_w,
            1,
            row.time_ms,
            Kind.PUBLISHED,
            row.source,
        )
        for row in published()
    ]

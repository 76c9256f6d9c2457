"""Part numbers as the tools' reports write them."""

__all__ = ["same_part"]


def same_part(reported: str, part: str) -> bool:
    """Whether a report is for `part`: reports leave out dashes, a leading xc, or what follows the package."""
    short, full = (name.lower().replace("-", "").removeprefix("xc") for name in (reported, part))
    return bool(short) and full.startswith(short)

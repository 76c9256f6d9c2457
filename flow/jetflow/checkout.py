"""Where the checkout is: hw/, models/ and tb/ lie beside the package's source root."""

from pathlib import Path

__all__ = ["CHECKOUT"]

CHECKOUT = Path(__file__).resolve().parents[2]

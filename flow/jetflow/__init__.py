"""jetflow: from calorimeter images to bit-exact firmware for single-shot jet detection."""

__version__ = "0.1.0"

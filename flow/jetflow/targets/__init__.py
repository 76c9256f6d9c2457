"""What the firmware is for."""

from jetflow.targets.fpga import Device, Part, find_part

__all__ = ["Device", "Part", "find_part"]

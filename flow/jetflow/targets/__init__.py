"""What the firmware is for."""

from jetflow.targets.choice import Choice, check_goal, check_rtl, choose
from jetflow.targets.dsp import Configuration, Core, Published, find_core, published
from jetflow.targets.fpga import Device, Part, find_part

__all__ = [
    "Choice",
    "Configuration",
    "Core",
    "Device",
    "Part",
    "Published",
    "check_goal",
    "check_rtl",
    "choose",
    "find_core",
    "find_part",
    "published",
]

"""Bit-for-bit comparison of what was built with the reference: no tolerance anywhere."""

from jetflow.verify.checks import RTL_EVENTS, RtlRun
from jetflow.verify.gate import Progress, Verdict, passed_before, verify
from jetflow.verify.result import read_result
from jetflow.verify.stress import stress_images

__all__ = ["RTL_EVENTS", "Progress", "RtlRun", "Verdict", "passed_before", "read_result", "stress_images", "verify"]

"""The integer graph as ONNX with explicit quantisation, for DSP toolchains (QDQ) and for FINN and brevitas (QONNX)."""

from jetflow.export.onnx.convert import FORMATS, to_onnx, write_onnx
from jetflow.export.onnx.runtime import check_onnx, onnx_runner, qonnx_runner

__all__ = ["FORMATS", "check_onnx", "onnx_runner", "qonnx_runner", "to_onnx", "write_onnx"]

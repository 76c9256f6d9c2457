"""Our layers in hls4ml's extension API: a table of them, and the IR classes and templates made from it.

Imported by the conversion alone, as it imports hls4ml. The C++ is in hw/hls.
"""

from dataclasses import dataclass
from functools import cache, partial
from math import prod
from typing import Any

from hls4ml.backends import get_backend
from hls4ml.backends.template import FunctionCallTemplate, LayerConfigTemplate
from hls4ml.model.attributes import Attribute, TypeAttribute, WeightAttribute
from hls4ml.model.layers import Layer, register_layer

from jetflow.hls.plan import Kind
from jetflow.hls.sources import headers

__all__ = ["attributes", "class_name", "register"]


@dataclass(frozen=True)
class _Custom:
    """A layer of hw/hls: its function in `header`, the struct that its configuration extends, and what that holds.

    `function` may name attributes of the layer in braces. `weights`: their names with the first letters of their
    variables; the function takes them after its streams.
    """

    header: str
    function: str
    config: str
    constants: tuple[str, ...]
    types: tuple[str, ...] = ()
    weights: tuple[tuple[str, str], ...] = ()


_IMAGE, _PIXELS = ("in_height", "in_width", "n_chan"), ("n_pixels", "n_chan")
_SHARED = (*_PIXELS, "reuse", "n_multipliers")
_SIGNED = ("threshold",)
_CUSTOM = {
    Kind.PADDING: _Custom(
        "padding", "pad_{phi}", "padding_config", (*_IMAGE, "pad_top", "pad_bottom", "pad_left", "pad_right")
    ),
    Kind.POOL: _Custom(
        "pooling", "average_pool", "pooling_config", (*_IMAGE, "out_height", "out_width", "padding"), ("sum", "accum")
    ),
    Kind.REQUANTISE: _Custom("pointwise", "requantise", "pointwise_config", _PIXELS, ("accum",)),
    Kind.SCALE_BIAS: _Custom(
        "pointwise", "scale_bias", "pointwise_config", _SHARED, ("scale", "bias"), (("scale", "s"), ("bias", "b"))
    ),
    Kind.PRELU: _Custom("pointwise", "prelu", "pointwise_config", _SHARED, ("slope", "accum"), (("slope", "p"),)),
    Kind.HARD_SIGMOID: _Custom("pointwise", "hard_sigmoid", "pointwise_config", _PIXELS, ("quarter", "accum")),
    Kind.ADD: _Custom("merge", "add", "merge_config", _PIXELS, ("accum",)),
    Kind.CONCATENATE: _Custom("merge", "concatenate", "merge_config", (*_PIXELS, "n_first"), ("accum",)),
    Kind.GLOBAL_SUM: _Custom("gate", "global_sum", "gate_config", _PIXELS, ("accum",)),
    Kind.CHANNEL_CONV: _Custom(
        "gate", "channel_conv", "channel_conv_config", ("n_chan", "n_taps"), ("weight", "accum"), (("weight", "w"),)
    ),
    Kind.GATE: _Custom("gate", "gate", "gate_config", _PIXELS, ("accum",)),
    Kind.CANDIDATES: _Custom(
        "detection",
        "candidates",
        "candidate_config",
        ("n_pixels", "n_offsets", "n_classes", "n_regressions"),
        ("offset", "logit", "regression"),
    ),
    Kind.PEAKS: _Custom("detection", "peaks", "peak_config", (*_IMAGE, "n_boxes", "threshold")),
}


class JetflowLayer(Layer):  # type: ignore[misc]
    """A layer whose output shape is the attribute `out_shape`."""

    custom: _Custom

    def initialize(self) -> None:
        """Declare the output stream, the types and the weights."""
        self.add_output_variable(self.get_attr("out_shape"))
        for name in self.custom.types:
            if name != "accum":  # hls4ml sets this one itself
                self._set_type_t(name)
        for name, letter in self.custom.weights:
            self.add_weights_variable(name=name, var_name=letter + "{index}")


class _Config(LayerConfigTemplate):  # type: ignore[misc]
    def __init__(self, layer: type[JetflowLayer]) -> None:
        super().__init__(layer)
        self.custom = layer.custom

    def format(self, node: Any) -> str:
        values = [
            f"    static const {'int' if key in _SIGNED else 'unsigned'} {key} = {node.get_attr(key)};\n"
            for key in self.custom.constants
        ]
        types = [f"    typedef {node.get_attr(f'{key}_t').name} {key}_t;\n" for key in self.custom.types]
        return f"struct config{node.index} : jetflow::{self.custom.config} {{\n{''.join(values + types)}}};\n"


class _Call(FunctionCallTemplate):  # type: ignore[misc]
    def __init__(self, layer: type[JetflowLayer]) -> None:
        super().__init__(layer, include_header=[f"nnet_utils/jetflow_{layer.custom.header}.h"])
        self.custom = layer.custom

    def format(self, node: Any) -> str:
        inputs = [node.get_input_variable(name) for name in node.inputs]
        output = node.get_output_variable()
        types = [variable.type.name for variable in (*inputs, output)]
        values = [variable.name for variable in (*inputs, output, *node.weights.values())]
        function = self.custom.function.format(**node.attributes.attributes)
        return f"jetflow::{function}<{', '.join(types)}, config{node.index}>({', '.join(values)});"


def class_name(kind: Kind) -> str:
    """hls4ml's name for our layer of this kind."""
    return "Jetflow" + kind.title().replace("_", "")


@cache
def register() -> None:
    """Tell hls4ml of our layers; once a process, as it keeps a registry of its own."""
    layers = [_layer_class(kind, custom) for kind, custom in _CUSTOM.items()]
    for layer in layers:
        register_layer(layer.__name__, layer)
    templates = [partial(template, layer) for layer in layers for template in (_Config, _Call)]
    for name in ("vivado", "vitis"):
        backend = get_backend(name)
        for template in templates:
            backend.register_template(template)
        for header in headers():
            backend.register_source(header)


def _layer_class(kind: Kind, custom: _Custom) -> type[JetflowLayer]:
    expected = [Attribute("out_shape", value_type=list), *(TypeAttribute(name) for name in custom.types)]
    expected += [WeightAttribute(name) for name, _ in custom.weights]
    return type(class_name(kind), (JetflowLayer,), {"custom": custom, "_expected_attributes": expected})


def attributes(shape: tuple[int, ...]) -> dict[str, Any]:
    """What every layer of ours says of its output (rows, columns, channels)."""
    return {"out_shape": list(shape), "n_pixels": prod(shape[:2]), "n_chan": shape[2]}

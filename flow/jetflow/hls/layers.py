"""Our layers in hls4ml's extension API: their IR classes, the templates of their configuration and their call.

Imported by the conversion alone, as it imports hls4ml. The C++ is in hw/hls.
"""

from functools import cache
from math import prod
from typing import Any

from hls4ml.backends import get_backend
from hls4ml.backends.template import FunctionCallTemplate, LayerConfigTemplate
from hls4ml.backends.vivado.passes.core_templates import (
    BatchNormalizationConfigTemplate,
    batchnorm_config_template,
    batchnorm_function_template,
    batchnorm_include_list,
)
from hls4ml.model.attributes import Attribute, TypeAttribute, WeightAttribute
from hls4ml.model.layers import Layer, register_layer

from jetflow.hls.sources import headers

__all__ = ["register"]


class JetflowLayer(Layer):  # type: ignore[misc]
    """A layer whose output shape is the attribute `out_shape`."""

    _expected_attributes = [Attribute("out_shape", value_type=list)]  # noqa: RUF012

    def initialize(self) -> None:
        """Declare the output stream."""
        self.add_output_variable(self.get_attr("out_shape"))


class JetflowPadding(JetflowLayer):
    """Rows and columns around the image: hw/hls/jetflow_padding.h."""


class JetflowPool(JetflowLayer):
    """2 x 2 average pooling: hw/hls/jetflow_pooling.h."""

    _expected_attributes = [TypeAttribute("sum"), TypeAttribute("accum")]  # noqa: RUF012

    def initialize(self) -> None:
        """Declare the output stream and the type of the sum."""
        super().initialize()
        self._set_type_t("sum")


class JetflowRequantise(JetflowLayer):
    """A change of format: hw/hls/jetflow_pointwise.h."""

    _expected_attributes = [TypeAttribute("accum")]  # noqa: RUF012


class JetflowPRelu(JetflowLayer):
    """PReLU with a slope a channel: hw/hls/jetflow_pointwise.h."""

    _expected_attributes = [WeightAttribute("slope"), TypeAttribute("slope"), TypeAttribute("accum")]  # noqa: RUF012

    def initialize(self) -> None:
        """Declare the output stream and the slopes."""
        super().initialize()
        self.add_weights_variable(name="slope", var_name="p{index}")


class JetflowScaleBias(JetflowLayer):
    """Scale and bias a channel: hls4ml's own C++, in a class that its passes neither merge nor delete."""

    _expected_attributes = [  # noqa: RUF012
        WeightAttribute("scale"),
        WeightAttribute("bias"),
        TypeAttribute("scale"),
        TypeAttribute("bias"),
    ]

    def initialize(self) -> None:
        """Declare the output stream, the scales and the biases."""
        super().initialize()
        self.add_weights_variable(name="scale", var_name="s{index}")
        self.add_weights_variable(name="bias", var_name="b{index}")


class _Config(LayerConfigTemplate):  # type: ignore[misc]
    layer: type[Layer]
    base: str
    constants: tuple[str, ...]
    types: tuple[str, ...] = ()

    def __init__(self) -> None:
        super().__init__(self.layer)

    def format(self, node: Any) -> str:
        values = [f"    static const unsigned {key} = {node.get_attr(key)};\n" for key in self.constants]
        types = [f"    typedef {node.get_attr(key).name} {key};\n" for key in self.types]
        return f"struct config{node.index} : jetflow::{self.base} {{\n{''.join(values + types)}}};\n"


class _Call(FunctionCallTemplate):  # type: ignore[misc]
    layer: type[Layer]
    header: str
    template: str

    def __init__(self) -> None:
        super().__init__(self.layer, include_header=[f"nnet_utils/{self.header}"])

    def format(self, node: Any) -> str:
        weights = {name: variable.name for name, variable in node.weights.items()}
        return self.template.format(**(self._default_function_params(node) | weights))


class PaddingConfig(_Config):
    layer, base = JetflowPadding, "padding_config"
    constants = ("in_height", "in_width", "n_chan", "pad_top", "pad_bottom", "pad_left", "pad_right")


class PaddingCall(_Call):
    layer, header = JetflowPadding, "jetflow_padding.h"
    template = "jetflow::pad_{phi}<{input_t}, {config}>({input}, {output});"


class PoolConfig(_Config):
    layer, base = JetflowPool, "pooling_config"
    constants = ("in_height", "in_width", "out_height", "out_width", "n_chan", "padding")
    types = ("sum_t", "accum_t")


class PoolCall(_Call):
    layer, header = JetflowPool, "jetflow_pooling.h"
    template = "jetflow::average_pool<{input_t}, {output_t}, {config}>({input}, {output});"


class RequantiseConfig(_Config):
    layer, base, constants, types = JetflowRequantise, "pointwise_config", ("n_pixels", "n_chan"), ("accum_t",)


class RequantiseCall(_Call):
    layer, header = JetflowRequantise, "jetflow_pointwise.h"
    template = "jetflow::requantise<{input_t}, {output_t}, {config}>({input}, {output});"


class PReluConfig(_Config):
    layer, base, constants, types = JetflowPRelu, "pointwise_config", ("n_pixels", "n_chan"), ("slope_t", "accum_t")


class PReluCall(_Call):
    layer, header = JetflowPRelu, "jetflow_pointwise.h"
    template = "jetflow::prelu<{input_t}, {output_t}, {config}>({input}, {output}, {slope});"


class ScaleBiasConfig(BatchNormalizationConfigTemplate):  # type: ignore[misc]
    def __init__(self) -> None:
        LayerConfigTemplate.__init__(self, JetflowScaleBias)
        self.template = batchnorm_config_template


class ScaleBiasCall(FunctionCallTemplate):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__(JetflowScaleBias, include_header=batchnorm_include_list)

    def format(self, node: Any) -> str:
        weights = {name: variable.name for name, variable in node.weights.items()}
        return str(batchnorm_function_template.format(**(self._default_function_params(node) | weights)))


_LAYERS = (JetflowPadding, JetflowPool, JetflowRequantise, JetflowPRelu, JetflowScaleBias)
_TEMPLATES = (
    (PaddingConfig, PaddingCall),
    (PoolConfig, PoolCall),
    (RequantiseConfig, RequantiseCall),
    (PReluConfig, PReluCall),
    (ScaleBiasConfig, ScaleBiasCall),
)


@cache
def register() -> None:
    """Tell hls4ml of our layers; once a process, as it keeps a registry of its own."""
    for layer in _LAYERS:
        register_layer(layer.__name__, layer)
    for name in ("vivado", "vitis"):
        backend = get_backend(name)
        for pair in _TEMPLATES:
            for template in pair:
                backend.register_template(template)
        for header in headers():
            backend.register_source(header)


def attributes(shape: tuple[int, ...]) -> dict[str, Any]:
    """What every layer of ours says of its output (rows, columns, channels)."""
    return {"out_shape": list(shape), "n_pixels": prod(shape[:2]), "n_chan": shape[2]}

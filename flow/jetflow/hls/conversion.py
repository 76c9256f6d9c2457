"""A plan as an hls4ml model: the layer list, the configuration, and the check that hls4ml kept every type."""

from typing import Any

from hls4ml.backends import get_backend
from hls4ml.model.graph import ModelGraph

from jetflow.errors import ToolError
from jetflow.graph import AveragePool, ChannelConv, Conv2D, Detect
from jetflow.hls.design import Design
from jetflow.hls.implementation import Implementation, Implementations
from jetflow.hls.layers import attributes, class_name, register
from jetflow.hls.plan import Kind, Layer, Plan
from jetflow.hls.precision import constants, precisions
from jetflow.hls.schedule import SHARING
from jetflow.hls.testbench import Types

__all__ = ["check", "convert", "type_names"]


def convert(design: Design, part: str, clock_mhz: float, backend: str) -> ModelGraph:
    """The checked hls4ml model of `design`, ready to be written, for `vitis` or `vivado`.

    Raises ToolError where hls4ml changed a type, a layer or a reuse factor.
    """
    register()
    plan = design.plan
    config = {
        "OutputDir": ".",
        "ProjectName": plan.top,
        "Backend": {"vitis": "Vitis", "vivado": "Vivado"}[backend],
        "Part": part,
        "ClockPeriod": f"{1000 / clock_mhz:.3f}",
        "IOType": "io_stream",
        "TraceOutput": True,
        "Stamp": "jetflow",
        "HLSConfig": _hls_config(plan, design.how),
        "WriterConfig": {"Namespace": None, "WriteWeightsTxt": False, "WriteTar": False, "TBOutputStream": "stdout"},
    }
    model = ModelGraph.from_layer_list(
        config,
        [_entry(plan, layer, design.how) for layer in plan.layers],
        [plan.layers[0].name],
        [plan.outputs[output.name] for output in plan.graph.outputs],
    )
    check(design, model)
    variables = _streams(model)
    for name, depth in design.depths.items():
        variables[name].pragma = ("stream", depth)
    return model


def _hls_config(plan: Plan, how: Implementations) -> dict[str, Any]:
    """Precision of every variable, by layer: `Model` names none, so that nothing can fall back on it."""
    names: dict[str, Any] = {}
    one_clock = Implementation("Latency", 1)
    for layer in plan.with_clones().layers:
        chosen = how.get(layer.node.name, one_clock) if layer.kind in SHARING else one_clock
        names[layer.name] = {
            "Precision": precisions(layer),
            "Strategy": chosen.strategy.lower(),
            "ReuseFactor": chosen.reuse_factor,
            "Trace": layer.compared,
        }
    return {"Model": {"ReuseFactor": 1, "Strategy": "Latency"}, "LayerName": names}


def _entry(plan: Plan, layer: Layer, how: Implementations) -> dict[str, Any]:
    if layer.kind is Kind.INPUT:
        return {"name": layer.name, "class_name": "InputLayer", "input_shape": list(layer.shape)}
    entry: dict[str, Any] = {"name": layer.name, "class_name": class_name(layer.kind), "inputs": list(layer.sources)}
    entry |= {f"{name}_data": values for name, values in constants(layer).items()}
    rows, columns, channels = plan[layer.source].shape
    if layer.kind is Kind.CONV:
        return entry | _conv(layer, rows, columns, channels)
    entry |= attributes(layer.shape) | {"in_height": rows, "in_width": columns}
    node = layer.node
    match layer.kind:
        case Kind.PADDING:
            padding, phi = layer.padding
            entry |= dict(zip(("pad_top", "pad_bottom", "pad_left", "pad_right"), padding, strict=True))
            entry["phi"] = str(phi)
        case Kind.POOL if isinstance(node, AveragePool):
            entry |= {"out_height": layer.shape[0], "out_width": layer.shape[1], "padding": node.padding}
        case Kind.SCALE_BIAS | Kind.PRELU:
            factor = how[layer.node.name].reuse_factor if layer.node.name in how else 1
            entry |= {"reuse": factor, "n_multipliers": -(-channels // factor)}
        case Kind.CONCATENATE:
            entry["n_first"] = channels
        case Kind.GLOBAL_SUM:
            entry["n_pixels"] = rows * columns
        case Kind.CHANNEL_CONV if isinstance(node, ChannelConv):
            entry["n_taps"] = node.kernel.size
        case Kind.CANDIDATES:
            sizes = (plan[source].shape[2] for source in layer.sources)
            entry |= dict(zip(("n_offsets", "n_classes", "n_regressions"), sizes, strict=True))
        case Kind.PEAKS if isinstance(node, Detect):
            entry |= {"n_boxes": node.top, "threshold": node.threshold, "n_chan": channels}
    return entry


def _conv(layer: Layer, rows: int, columns: int, channels: int) -> dict[str, Any]:
    node = layer.node
    assert isinstance(node, Conv2D)
    return {
        "class_name": "DepthwiseConv2D" if node.depthwise else "Conv2D",
        "depthwise_data": constants(layer)["weight"],  # hls4ml's name for the weights of a depthwise layer
        "data_format": "channels_last",
        "padding": "valid",
        "in_height": rows,
        "in_width": columns,
        "out_height": layer.shape[0],
        "out_width": layer.shape[1],
        "n_chan": channels,
        "n_filt": layer.shape[2],
        "filt_height": node.kernel.shape[0],
        "filt_width": node.kernel.shape[1],
        "stride_height": node.stride[0],
        "stride_width": node.stride[1],
        "depth_multiplier": 1,
        "min_height": 1,  # of a table that the line buffer does not read: else it is as large as the image
        "min_width": 1,
        "pad_top": 0,
        "pad_bottom": 0,
        "pad_left": 0,
        "pad_right": 0,
        "bias_data": None,
    }


def check(design: Design, model: ModelGraph) -> None:
    """Raise ToolError unless every layer of the plan stands in `model` with exactly the types of the plan.

    hls4ml's passes merge, delete and retype layers; a silent change would end as a wrong bit somewhere else.
    """
    plan = design.plan
    planned = {layer.name: layer for layer in plan.with_clones().layers}
    found = {layer.name: layer for layer in model.get_layers()}
    if set(planned) != set(found):
        missing, extra = sorted(set(planned) - set(found)), sorted(set(found) - set(planned))
        raise ToolError(f"hls4ml changed the layers of {plan.graph.name}: missing {missing}, added {extra}")
    read = get_backend("vitis").convert_precision_string
    for name, layer in planned.items():
        types = {key.removesuffix("_t"): value.precision for key, value in found[name].types.items()}
        types |= {key: value.type.precision for key, value in found[name].weights.items()}
        types["result"] = found[name].get_output_variable().type.precision
        for variable, text in precisions(layer).items():
            if variable not in types or str(types[variable]) != str(read(text)):
                has = types.get(variable, "no type")
                raise ToolError(f"hls4ml gave {name} {has} for {variable}, the graph says {text}")
        if layer.kind is Kind.CONV and layer.node.name in design.how:
            chosen = design.how[layer.node.name]
            built = found[name].get_attr("strategy"), found[name].get_attr("reuse_factor")
            if built != (chosen.strategy.lower(), chosen.reuse_factor):
                raise ToolError(f"hls4ml builds {name} with {built}, the design says {chosen}")


def _streams(model: ModelGraph) -> dict[str, Any]:
    """hls4ml's stream variables by the names of jetflow.hls.streams."""
    streams: dict[str, Any] = {}
    for layer in model.get_layers():
        variables = list(layer.get_variables())
        for i, variable in enumerate(variables):
            streams[layer.name if len(variables) == 1 else f"{layer.name}_cpy{i + 1}"] = variable
    return streams


def type_names(model: ModelGraph) -> Types:
    """The C++ names that hls4ml gave to the streams' words and to the weights."""
    return Types(
        {layer.name: layer.get_output_variable().type.name for layer in model.get_layers()},
        tuple((w.type.name, w.name, w.data_length) for w in model.get_weight_variables()),
    )

"""Shapes: what a node's output has, and what its weights must have."""

from jetflow.graph.nodes import AveragePool, Conv2D, Input, Node, Output, PReLU, Requantise, ScaleBias, Shape

__all__ = ["output_shape", "weight_shapes"]


def output_shape(node: Node, x: Shape | None) -> Shape:
    """Shape of the tensor that `node` makes of one of shape `x` (None for the Input, which brings its own).

    Raises ValueError where that is impossible.
    """
    if isinstance(node, Input):
        shape = node.shape
    elif x is None:
        raise ValueError("one input is needed")
    elif isinstance(node, Conv2D):
        top, bottom, left, right = node.padding
        (tall, wide), (down, along) = node.kernel.shape[:2], node.stride
        if min(*node.padding, down - 1, along - 1) < 0:
            raise ValueError(f"stride {node.stride} and padding {node.padding} are not allowed")
        out = x[2] if node.depthwise else node.kernel.shape[3]
        shape = ((x[0] + top + bottom - tall) // down + 1, (x[1] + left + right - wide) // along + 1, out)
    elif isinstance(node, AveragePool):
        if node.padding not in (0, 1):
            raise ValueError(f"padding {node.padding}, 0 or 1 are allowed")
        shape = ((x[0] + 2 * node.padding) // 2, (x[1] + 2 * node.padding) // 2, x[2])
    elif isinstance(node, ScaleBias | PReLU | Requantise | Output):
        shape = x
    else:
        raise ValueError(f"{type(node).__name__} is no operation")
    if len(shape) != 3 or min(shape) < 1:
        raise ValueError(f"shape {shape}, three sizes of at least 1 are needed")
    return shape


def weight_shapes(node: Node, x: Shape) -> dict[str, tuple[int, ...]]:
    """Shapes of the node's weights by field, for an input of shape `x`."""
    if isinstance(node, Conv2D):
        tall, wide, _, out = node.kernel.shape
        return {"kernel": (tall, wide, x[2], 1 if node.depthwise else out)}
    return dict.fromkeys(node.arrays, (x[2],))

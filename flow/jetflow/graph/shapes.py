"""Shapes: what a node's output has, and what its weights must have."""

from jetflow.graph.nodes import (
    BOX_FIELDS,
    Add,
    AveragePool,
    ChannelConv,
    Concatenate,
    Conv2D,
    Detect,
    Gate,
    GlobalSum,
    Input,
    Node,
    Shape,
)

__all__ = ["output_shape", "weight_shapes"]


def output_shape(node: Node, *inputs: Shape) -> Shape:
    """Shape of the tensor that `node` makes of tensors of shapes `inputs` (none for the Input: it brings its own).

    Raises ValueError where that is impossible.
    """
    fewest, most = node.sources
    if not fewest <= len(inputs) <= most:
        raise ValueError(f"has {len(inputs)} inputs, {fewest if fewest == most else f'{fewest} to {most}'} are needed")
    shape = node.shape if isinstance(node, Input) else _shape(node, *inputs)
    if len(shape) != 3 or min(shape) < 1:
        raise ValueError(f"shape {shape}, three sizes of at least 1 are needed")
    return shape


def _shape(node: Node, x: Shape, *others: Shape) -> Shape:
    rows, columns, channels = x
    match node:
        case Conv2D():
            return _convolved(node, x)
        case AveragePool():
            if node.padding not in (0, 1):
                raise ValueError(f"padding {node.padding}, 0 or 1 are allowed")
            return (rows + 2 * node.padding) // 2, (columns + 2 * node.padding) // 2, channels
        case Add():
            if others[0] != x:
                raise ValueError(f"adds shapes {x} and {others[0]}, two equal ones are needed")
        case Concatenate():
            if any(other[:2] != x[:2] for other in others):
                raise ValueError(f"concatenates maps of {x} and {others}, equal rows and columns are needed")
            return rows, columns, channels + sum(other[2] for other in others)
        case GlobalSum():
            if node.cells != rows * columns:
                raise ValueError(f"sums {node.cells} cells, its input has {rows * columns}")
            return 1, 1, channels
        case ChannelConv():
            if (rows, columns) != (1, 1):
                raise ValueError(f"reads shape {x}, one cell is needed: put a GlobalSum before it")
        case Gate():
            if others[0] != (1, 1, channels):
                raise ValueError(f"multiplies {x} by {others[0]}, {(1, 1, channels)} is needed")
        case Detect():
            return _boxes(node, x, *others)
    return x


def _convolved(node: Conv2D, x: Shape) -> Shape:
    top, bottom, left, right = node.padding
    (tall, wide), (down, along) = node.kernel.shape[:2], node.stride
    if min(*node.padding, down - 1, along - 1) < 0:
        raise ValueError(f"stride {node.stride} and padding {node.padding} are not allowed")
    out = x[2] if node.depthwise else node.kernel.shape[3]
    return (x[0] + top + bottom - tall) // down + 1, (x[1] + left + right - wide) // along + 1, out


def _boxes(node: Detect, offsets: Shape, classes: Shape, regression: Shape) -> Shape:
    if not offsets[:2] == classes[:2] == regression[:2]:
        raise ValueError(f"heads of {offsets}, {classes}, {regression}, equal rows and columns are needed")
    if node.map != offsets[:2]:
        raise ValueError(f"detects on a map of {node.map}, its heads have {offsets[:2]}")
    if classes[2] < 2:
        raise ValueError("class scores of one channel, background and at least one class are needed")
    if node.top < 1:
        raise ValueError(f"top {node.top}, at least 1 is needed")
    return node.top, 1, len(BOX_FIELDS) + offsets[2] + regression[2]


def weight_shapes(node: Node, x: Shape) -> dict[str, tuple[int, ...]]:
    """Shapes of the node's weights by field, for an input of shape `x`."""
    if isinstance(node, Conv2D):
        tall, wide, _, out = node.kernel.shape
        return {"kernel": (tall, wide, x[2], 1 if node.depthwise else out)}
    if isinstance(node, ChannelConv):
        return {"kernel": (node.kernel.size | 1,)}  # an odd size has a middle
    return dict.fromkeys(node.arrays, (x[2],))

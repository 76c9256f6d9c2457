"""Convolution and pooling of floating-point tensors (events, rows, columns, channels), by BLAS and in the cache."""

from collections.abc import Callable

import numpy as np

from jetflow.graph.floats import Float, Floats
from jetflow.graph.nodes import AveragePool, Conv2D, PhiPadding

__all__ = ["convolve", "pool"]

BLOCK = 1 << 18  # words of the windows that are multiplied at once: they stay in the cache


def convolve(node: Conv2D, kind: Float, finish: Callable[[Floats], None]) -> Callable[[Floats], Floats]:
    """The convolution as a function of images of type `kind`; `finish` changes every block of rows in place."""
    rows, columns, out = node.shape
    tall, wide, channels, _ = node.kernel.shape
    kernel: Floats = node.kernel.astype(kind)
    block = _depthwise if node.depthwise else _regular
    words = columns * (out if node.depthwise else tall * wide * channels)  # of a row
    height = max(1, min(rows, BLOCK // words))
    count = max(1, BLOCK // (words * rows))

    def run(x: Floats) -> Floats:
        x = _padded(node, x)
        y: Floats = np.empty((len(x), *node.shape), kind)
        for event in range(0, len(x), count):
            for first in range(0, rows, height):
                last = min(first + height, rows)
                part = block(node, kernel, x[event : event + count], first, last)
                finish(part)
                y[event : event + count, first:last] = part
        return y

    return run


def _regular(node: Conv2D, kernel: Floats, x: Floats, first: int, last: int) -> Floats:
    """Rows `first` to `last` of the result of padded images: their windows as a matrix, times the kernel."""
    tall, wide, channels, out = kernel.shape
    columns = node.shape[1]
    event, row, column, word = x.strides
    down, along = node.stride
    windows = np.lib.stride_tricks.as_strided(
        x[:, first * down :],
        (len(x), last - first, columns, tall, wide * channels),
        (event, row * down, column * along, row, word),
        writeable=False,
    )
    flat: Floats = windows.reshape(-1, tall * wide * channels) @ kernel.reshape(-1, out)
    return flat.reshape(len(x), last - first, columns, out)


def _depthwise(node: Conv2D, kernel: Floats, x: Floats, first: int, last: int) -> Floats:
    """As _regular, tap by tap."""
    tall, wide, channels, _ = kernel.shape
    columns = node.shape[1]
    down, along = node.stride
    total = np.zeros((len(x), last - first, columns, channels), x.dtype)
    product = np.empty_like(total)
    for i in range(tall):
        rows = slice(first * down + i, (last - 1) * down + i + 1, down)
        for j in range(wide):
            np.multiply(x[:, rows, j : j + (columns - 1) * along + 1 : along], kernel[i, j, :, 0], out=product)
            total += product
    return total


def _padded(node: Conv2D, x: Floats) -> Floats:
    """`x` with the convolution's padding, contiguous."""
    top, bottom, left, right = node.padding
    if not any(node.padding):
        return np.ascontiguousarray(x)
    events, rows, columns, channels = x.shape
    padded = np.zeros((events, top + rows + bottom, left + columns + right, channels), x.dtype)
    inner = padded[:, top : top + rows]
    inner[:, :, left : left + columns] = x
    if node.phi is PhiPadding.CIRCULAR:
        around = np.arange(-left, columns + right) % columns
        inner[:, :, :left] = x[:, :, around[:left]]
        inner[:, :, left + columns :] = x[:, :, around[left + columns :]]
    return padded


def pool(node: AveragePool, x: Floats) -> Floats:
    """Sums of 2 x 2 cells."""
    rows, columns, channels = node.shape
    if node.padding:
        padded = np.zeros((len(x), 2 * rows, 2 * columns, channels), x.dtype)
        inner = padded[:, 1:, 1:]
        height, width = min(inner.shape[1], x.shape[1]), min(inner.shape[2], x.shape[2])
        inner[:, :height, :width] = x[:, :height, :width]
        x = padded
    x = x[:, : 2 * rows, : 2 * columns]
    total: Floats = x[:, ::2, ::2] + x[:, 1::2, ::2]
    total += x[:, ::2, 1::2]
    total += x[:, 1::2, 1::2]
    return total

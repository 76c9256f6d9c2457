"""What a config's network consists of, as plain data: the one list that building, folding and counting walk along."""

from dataclasses import dataclass
from typing import Literal

from jetflow.config import BlockFormats, Convolution, FormatConfig, ModelConfig, Nonlinearity, PrecisionConfig, Weights

__all__ = ["GATE", "GATE_SIZE", "HEADS", "Architecture", "Block", "Stage", "architecture", "gate_weight_bits"]

HEADS = ("offsets", "classes", "regression")  # eta, phi; background and the classes; mass or pT
GATE = "gate"
GATE_SIZE = 3  # taps of its convolution across the channels
TRAINING = "training_"  # what names of training-only heads begin with
SUM_BITS = 24  # the integer graph's rule: what a sum may take, sign included
GATE_BITS = 8  # of its taps at most


@dataclass(frozen=True)
class Block:
    """One convolution and what follows it; the names of its layers begin with its own."""

    name: str
    role: Literal["first", "body", "head"]
    kernel: int  # cells a side
    depthwise: bool
    inputs: int  # channels
    channels: int
    cells: int  # of its map
    fraction: int  # fractional bits of what it reads
    scaled: FormatConfig  # of its sum after scale and bias
    activation: FormatConfig  # after the nonlinearity; a head has none, and the same as `scaled` here

    @property
    def weights(self) -> int:
        """Size of its kernel."""
        return self.kernel**2 * self.channels * (1 if self.depthwise else self.inputs)


@dataclass(frozen=True)
class Stage:
    """The blocks on one size of map, and the heads that read the last of them, if any."""

    number: int  # from 1, as in the config's lists
    rows: int
    columns: int
    blocks: tuple[Block, ...]
    heads: tuple[Block, ...] = ()
    prefix: str = ""  # of what belongs to its heads

    @property
    def margin(self) -> int:
        """Columns that a wrap in phi needs so that none of the blocks sees the edge."""
        return sum(block.kernel // 2 for block in self.blocks)

    @property
    def channels(self) -> int:
        """Of its last map."""
        return self.blocks[-1].channels


@dataclass(frozen=True)
class Architecture:
    """A network: its stages, how each block holds its weights in one precision, and what is switched on."""

    stages: tuple[Stage, ...]
    nonlinearity: Nonlinearity
    gate: bool
    kinds: PrecisionConfig

    @property
    def blocks(self) -> tuple[Block, ...]:
        """All convolutions in order, a stage's heads after it."""
        return tuple(block for stage in self.stages for block in (*stage.blocks, *stage.heads))

    def kind(self, block: Block) -> Weights:
        """How a block holds its weights in a quantised precision."""
        groups = {"first": self.kinds.first, "body": self.kinds.body, "head": self.kinds.heads}
        return self.kinds.layers.get(block.name, groups[block.role])


def architecture(config: ModelConfig, precision: str = "fpn", training: bool = False) -> Architecture:
    """The network of `config` in `precision`; `training` adds the stages that full-precision training alone has."""
    network = config.network
    kinds = config.precision["int8" if precision == "int8" else "twn"]
    sizes = [(config.input.rows, config.input.columns)]
    convolutions = [*network.stages, *(network.training_stages if training else ())]
    for _ in convolutions[1:]:
        rows, columns = sizes[-1]
        sizes.append((rows // 2 + network.pool_padding, columns // 2 + network.pool_padding))
    inputs, fraction, last = len(config.input.channels), config.input.fraction, len(network.stages)
    stages: list[Stage] = []
    for number, (stage, (rows, columns)) in enumerate(zip(convolutions, sizes, strict=True), 1):
        blocks = _blocks(config, kinds, number, stage, inputs, rows * columns, fraction)
        inputs, fraction = blocks[-1].channels, network.pooled.fraction
        heads: tuple[Block, ...] = ()
        prefix = "" if number <= last else TRAINING
        if number in (last, len(convolutions)):
            joined = inputs
            if number == last and network.join == "concatenate":
                joined += sum(stages[link - 1].channels for link in network.links)
            heads = _heads(config, prefix, joined, rows * columns, blocks[-1].activation.fraction)
        stages.append(Stage(number, rows, columns, blocks, heads, prefix))
    quantised = precision in config.precision
    nonlinearity = (kinds.nonlinearity if quantised else None) or network.nonlinearity
    return Architecture(tuple(stages), nonlinearity, network.gate and (kinds.gate or not quantised), kinds)


def _blocks(
    config: ModelConfig,
    kinds: PrecisionConfig,
    number: int,
    stage: tuple[Convolution, ...],
    inputs: int,
    cells: int,
    fraction: int,
) -> tuple[Block, ...]:
    """The blocks of one stage, which reads `inputs` channels with `fraction` fractional bits."""
    shapes: list[tuple[str, int, bool, int]] = []  # name, kernel, depthwise, channels
    for i, convolution in enumerate(stage, 1):
        name = f"block{number}_{i}"
        if config.network.kind == "mobilenet" and (number, i) != (1, 1):
            shapes += [(f"{name}_dw", 3, True, 0), (f"{name}_pw", 1, False, convolution.channels)]
        else:
            shapes.append((name, convolution.kernel, False, convolution.channels))
    blocks: list[Block] = []
    for name, kernel, depthwise, channels in shapes:
        role: Literal["first", "body"] = "first" if number == 1 and not blocks else "body"
        own = kinds.formats.get(name, BlockFormats())
        scaled, activation = own.scaled or config.network.scaled, own.activation or config.network.activation
        blocks.append(
            Block(name, role, kernel, depthwise, inputs, channels or inputs, cells, fraction, scaled, activation)
        )
        inputs, fraction = blocks[-1].channels, activation.fraction
    return tuple(blocks)


def _heads(config: ModelConfig, prefix: str, inputs: int, cells: int, fraction: int) -> tuple[Block, ...]:
    """The three heads on a map of `inputs` channels with `fraction` fractional bits."""
    channels = (2, 1 + len(config.classes), 1)
    output = config.network.output
    return tuple(
        Block(prefix + name, "head", 3, False, inputs, count, cells, fraction, output, output)
        for name, count in zip(HEADS, channels, strict=True)
    )


def gate_weight_bits(cells: int, bits: int) -> int:
    """Bits of the gate's taps with which GATE_SIZE sums over `cells` signed values of `bits` bits still fit SUM_BITS.

    At most GATE_BITS. Raises ValueError where not even two bits fit.
    """
    room = ((1 << SUM_BITS - 1) - 1) // (GATE_SIZE * cells << bits - 1)
    if room < 1:
        raise ValueError(f"a sum over {cells} cells of {bits} bits leaves no room for the gate's weights")
    return min((room + 1).bit_length(), GATE_BITS)  # the largest tap is 2**(result - 1) - 1 <= room

"""What the parts of a config must be to each other for its network to be: maps, links, gate, blocks by name."""

from jetflow.architecture import architecture, gate_weight_bits
from jetflow.config import ModelConfig

__all__ = ["check_consistency"]


def check_consistency(config: ModelConfig) -> None:
    """Raise ValueError, a line that says what to do, where a network of `config` cannot be built in every precision."""
    _check_pooling(config)
    _check_maps(config)
    _check_blocks(config)
    _check_gate(config)


def _check_pooling(config: ModelConfig) -> None:
    """Maps halve without rest, and those that are circular in phi stay so."""
    times, network = len(config.network.stages) - 1, config.network
    rows, columns = config.input.rows, config.input.columns
    if not network.pool_padding and any(size % 2**times for size in (rows, columns)):
        raise ValueError(f"input {rows} x {columns} cannot be halved {times} times, or give pool_padding 1")
    deepest = times + len(network.training_stages)
    if network.phi == "circular" and columns % 2**deepest:
        raise ValueError(f"input of {columns} columns does not close in phi when halved {deepest} times")


def _check_maps(config: ModelConfig) -> None:
    """No map is empty, and no stage looks around phi further than once."""
    for stage in architecture(config, training=True).stages:
        if not stage.rows or not stage.columns:
            size = f"{config.input.rows} x {config.input.columns}"
            raise ValueError(f"input {size} leaves nothing of stage {stage.number}'s map: take fewer stages")
        if config.network.phi == "circular" and stage.margin > stage.columns:
            raise ValueError(
                f"stage {stage.number} sees {stage.margin} columns to either side, more than the {stage.columns} "
                "around phi: take fewer convolutions in it, or phi zero"
            )


def _check_blocks(config: ModelConfig) -> None:
    """Precisions name blocks that are there."""
    network = architecture(config)
    blocks = [block.name for block in network.blocks]
    results = [block.name for stage in network.stages for block in stage.blocks]
    last = results[-1] if config.network.links or config.network.gate else None
    for precision, kinds in config.precision.items():
        if unknown := sorted(set(kinds.layers) - set(blocks)):
            raise ValueError(f"precision.{precision}.layers: found {unknown[0]}; blocks are {', '.join(blocks)}")
        if unknown := sorted(set(kinds.formats) - set(results)):
            raise ValueError(f"precision.{precision}.formats: found {unknown[0]}; it may name {', '.join(results)}")
        if last in kinds.formats and kinds.formats[last].activation:
            raise ValueError(f"precision.{precision}.formats: a gate or links read {last}: leave its activation out")


def _check_gate(config: ModelConfig) -> None:
    """A quantised gate has room for its weights."""
    for precision in config.precision:
        network = architecture(config, precision)
        if network.gate:
            try:
                gate_weight_bits(network.stages[-1].heads[0].cells, config.network.activation.bits)
            except ValueError as error:
                raise ValueError(
                    f"precision.{precision}.gate: {error}: take false, more stages or fewer bits of activation"
                ) from error

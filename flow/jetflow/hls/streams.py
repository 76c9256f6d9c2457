"""The streams between the layers: which layer writes each, which one reads it."""

from jetflow.hls.plan import Kind, Plan

__all__ = ["PORT_DEPTH", "stream_map"]

PORT_DEPTH = 2  # what the model gives to the ports of the top function, which are no FIFOs of the design


def stream_map(plan: Plan) -> dict[str, tuple[str, str]]:
    """Every stream by name: the layer that writes it and the one that reads it ("" for an output of the design).

    A stream is named after its writer; the branches of a clone are `clone_x_cpy1`, `clone_x_cpy2`, ...
    """
    full = plan.with_clones()
    found: dict[str, tuple[str, str]] = {}
    for layer in full.layers:
        readers = [reader.name for reader in full.readers(layer.name)] or [""]
        for i, reader in enumerate(readers):
            found[f"{layer.name}_cpy{i + 1}" if layer.kind is Kind.CLONE else layer.name] = (layer.name, reader)
    return found

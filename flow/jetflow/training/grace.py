"""The grace period of ternary weights: delta and alpha that stand still for some epochs (paper 2, section 3)."""

from dataclasses import dataclass
from typing import Any

from jetflow.networks.quantisers import TernaryWeights

__all__ = ["Grace"]


@dataclass(frozen=True)
class Grace:
    """The held quantisers of a network; none where it was built without `hold`."""

    model: Any
    epochs: int

    @property
    def variables(self) -> dict[str, Any]:
        """The deltas and alphas that stand still, as a checkpoint names them."""
        found: dict[str, Any] = {}
        for layer, _, quantiser in self._held():
            found |= {f"{layer}/delta": quantiser.held_delta, f"{layer}/alpha": quantiser.held_alpha}
        return found

    def begin(self, epoch: int) -> None:
        """Let them follow their kernels before `epoch` (from 0) where a period ends; in the papers' code each epoch."""
        if self.epochs and epoch % self.epochs == 0:
            for _, kernel, quantiser in self._held():
                quantiser.refresh(kernel)

    def _held(self) -> list[tuple[str, Any, TernaryWeights]]:
        """Layer's name, kernel and quantiser."""
        found = []
        for layer in self.model.layers:
            for kind in ("kernel", "depthwise"):
                quantiser = getattr(layer, f"{kind}_quantizer_internal", None)
                if isinstance(quantiser, TernaryWeights) and quantiser.held is not None:
                    kernel = layer.depthwise_kernel if kind == "depthwise" else layer.kernel
                    found.append((layer.name, kernel, quantiser))
        return found

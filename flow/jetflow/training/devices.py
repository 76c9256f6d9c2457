"""The devices that a network is trained on: one, several of this host, or several hosts.

Several hosts find each other through TF_CONFIG, one process a host with the same command and the same events; each
keeps a whole run of its own:

    TF_CONFIG='{"cluster": {"worker": ["hostA:5000", "hostB:5000"]}, "task": {"type": "worker", "index": 0}}' \\
        jetflow train ...
"""

import os
from pathlib import Path
from typing import Any

from jetflow.errors import InputError
from jetflow.networks.backend import keras, tf

__all__ = ["check_batch", "choose_strategy", "own_folder", "split", "use_mixed_precision"]


def choose_strategy() -> Any:
    """MultiWorkerMirrored where TF_CONFIG is set, Mirrored over several GPUs, else TensorFlow's own for one device."""
    if os.environ.get("TF_CONFIG"):
        return tf.distribute.MultiWorkerMirroredStrategy()
    gpus = tf.config.list_logical_devices("GPU")
    return tf.distribute.MirroredStrategy(gpus) if len(gpus) > 1 else tf.distribute.get_strategy()


def own_folder(strategy: Any, folder: Path) -> Path:
    """Where this process writes a run: `folder` itself, or beside it for all workers but the first."""
    resolver = strategy.cluster_resolver
    task = 0 if resolver is None else resolver.task_id or 0
    return folder.with_name(f"{folder.name}-worker{task}") if task else folder


def check_batch(strategy: Any, batch: int) -> None:
    """Raise InputError where `batch` events cannot be shared evenly."""
    replicas = strategy.num_replicas_in_sync
    if batch % replicas:
        raise InputError(f"training.batch: found {batch}, not divisible among {replicas} devices: choose a multiple")


def split(strategy: Any, batch: tuple[Any, ...]) -> tuple[Any, ...]:
    """Each array of a batch as a per-replica value: replica i of n has the i-th n-th of the events.

    All workers make the same batch, so a step sees every event of it once.
    """

    def share(array: Any) -> Any:
        def own(context: Any) -> Any:
            events = array.shape[0] // context.num_replicas_in_sync
            first = context.replica_id_in_sync_group * events
            return array[first : first + events]

        return strategy.experimental_distribute_values_from_function(own)

    return tuple(share(array) for array in batch)


def use_mixed_precision(wanted: bool) -> None:
    """Compute in bfloat16 with float32 weights where that is `wanted` and there is a GPU; in float32 otherwise.

    bfloat16 has float32's range and needs no scaling of the loss. On a CPU it is ten times slower (measured), and
    quantised networks are exact in float32 alone.
    """
    gpu = bool(tf.config.list_logical_devices("GPU"))
    keras.mixed_precision.set_global_policy("mixed_bfloat16" if wanted and gpu else "float32")

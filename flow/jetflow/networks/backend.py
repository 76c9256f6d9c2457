"""The one import of Keras and QKeras, which need the legacy Keras 2 and learn so through the environment."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["BaseQuantizer", "QActivation", "QConv2D", "QDepthwiseConv2D", "keras", "tf"]

os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Hold back what is written to file descriptor 2, and show it only if the body fails.

    TensorFlow 2.19 looks for CUDA while it is imported and complains before its log levels act.
    """
    sys.stderr.flush()
    saved = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(saved, held.read())
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)


with _quiet_stderr():
    import tensorflow as tf
    import tf_keras as keras
    from qkeras import BaseQuantizer, QActivation, QConv2D, QDepthwiseConv2D

    tf.config.list_physical_devices()  # the search for a GPU

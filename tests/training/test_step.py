"""One step of the optimiser: SGD with momentum and decay as PyTorch defines them."""

from typing import Any

import numpy as np

from jetflow.networks.backend import keras, tf
from jetflow.recipe import find_recipe
from jetflow.training.step import make_optimiser, make_step

RATE = 0.05


def test_sgd_is_pytorchs() -> None:
    """v <- momentum v + gradient + decay w; w <- w - rate v: three steps by hand, every variable with decay."""
    recipe = find_recipe("papers").model_copy(update={"weight_decay": 0.1})
    image = x = keras.Input((1, 2, 3))
    x = keras.layers.PReLU(name="slope")(x)
    model: Any = keras.Model(image, [keras.layers.Conv2D(n, 1, use_bias=False)(x) for n in (2, 4, 1)])
    random = np.random.default_rng(1)
    images = random.normal(size=(25, 1, 2, 3)).astype(np.float32)
    classes = random.integers(0, 4, (25, 2)).astype(np.int32)
    batch = images, classes, np.zeros((25, 2, 2), np.float32), np.ones((25, 2), np.float32)

    def gradients() -> list[np.ndarray]:
        from jetflow.training.losses import ssd_loss

        with tf.GradientTape() as tape:
            outputs = [tf.reshape(y, (25, 2, -1)) for y in model(images)]
            total = ssd_loss(tuple(outputs), batch[1:], recipe)["total"]
        return [g.numpy() for g in tape.gradient(total, model.trainable_variables)]

    optimiser = make_optimiser(recipe)
    optimiser.build(model.trainable_variables)
    optimiser.learning_rate.assign(RATE)
    step = make_step(model, optimiser, recipe, {})
    weights = [v.numpy() for v in model.trainable_variables]
    speed = [np.zeros_like(w) for w in weights]
    for _ in range(3):
        speed = [0.9 * v + g + 0.1 * w for v, g, w in zip(speed, gradients(), weights, strict=True)]
        weights = [w - RATE * v for w, v in zip(weights, speed, strict=True)]
        step(*batch)
        for expected, variable in zip(weights, model.trainable_variables, strict=True):
            np.testing.assert_allclose(variable.numpy(), expected, rtol=1e-4, atol=1e-6)

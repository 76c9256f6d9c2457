"""Stress images: their shapes, their ranges, and that each does what its name says."""

import numpy as np

from jetflow.graph import FixedPoint, Input
from jetflow.verify import stress_images

IMAGE = Input("image", (), (6, 8, 2), FixedPoint(False, 10, 6))


def test_images_have_the_input_s_shape_and_range() -> None:
    for name, image in stress_images(IMAGE).items():
        assert image.shape == IMAGE.shape, name
        assert image.min() >= 0, name
        assert image.max() <= 1023, name


def test_what_each_image_is() -> None:
    images = stress_images(IMAGE)
    assert not images["zeros"].any()
    assert (images["maximum"] == 1023).all()
    assert len(np.unique(images["uniform"])) > 50
    hot = [name for name in images if name.startswith("hot")]
    assert hot == ["hot_0_0", "hot_0_7", "hot_5_0", "hot_5_7"]
    assert all(np.count_nonzero(images[name]) == 2 for name in hot)
    assert (images["hot_5_0"][5, 0] == 1023).all()


def test_the_same_seed_gives_the_same_images() -> None:
    assert np.array_equal(stress_images(IMAGE, 4)["uniform"], stress_images(IMAGE, 4)["uniform"])
    assert not np.array_equal(stress_images(IMAGE, 4)["uniform"], stress_images(IMAGE, 5)["uniform"])

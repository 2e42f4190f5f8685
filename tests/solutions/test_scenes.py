"""Patches of a photograph with labels."""

from __future__ import annotations

import itertools

import torch

from solutions.scenes import SCENE, TEST, TRAIN, Box, centred, china, scene_patches


def test_photograph_is_an_image_in_the_unit_range() -> None:
    """Three channels, as large as scikit-learn's."""
    photo = china()
    assert photo.shape == (3, 427, 640)
    assert 0 <= float(photo.min()) < 0.1
    assert 0.9 < float(photo.max()) <= 1


def test_patches_are_balanced_and_repeat_themselves() -> None:
    """As many of each class as asked for, the same for the same seed."""
    data = scene_patches(train=5, test=3, seed=2)
    assert data.train_x.shape == (15, 3, 32, 32)
    assert data.test_y.bincount().tolist() == [3] * len(SCENE)
    assert torch.equal(scene_patches(train=5, test=3, seed=2).test_x, data.test_x)


def test_centring_maps_the_range_around_zero() -> None:
    """0 and 1 become -2 and 2."""
    assert centred(torch.tensor([0.0, 0.5, 1.0])).tolist() == [-2, 0, 2]


def test_boxes_for_training_and_testing_are_apart() -> None:
    """No pixel is in a box for training and in one for testing; all lie in the photograph."""
    boxes = [[box for name in SCENE for box in part[name]] for part in (TRAIN, TEST)]
    for one, other in itertools.product(*boxes):
        assert not _overlap(one, other)
    for left, top, right, bottom in itertools.chain(*boxes):
        assert 0 <= left < right <= 640
        assert 0 <= top < bottom <= 427


def _overlap(one: Box, other: Box) -> bool:
    across = max(one[0], other[0]) < min(one[2], other[2])
    return across and max(one[1], other[1]) < min(one[3], other[3])

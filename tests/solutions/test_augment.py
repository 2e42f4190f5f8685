"""Colours shifted along their axes, and ten crops."""

from __future__ import annotations

import pytest
import torch

from solutions.augment import colour_axes, shifted_colours, ten_crops


def test_colour_axes_are_those_of_the_covariance() -> None:
    """Largest variance first; directions of length one that rebuild the covariance."""
    image = torch.rand(3, 8, 10, dtype=torch.float64) * torch.tensor([3.0, 1.0, 2.0])[:, None, None]
    variances, axes = colour_axes(image)
    assert variances.tolist() == sorted(variances.tolist(), reverse=True)
    assert axes.max(0).values.tolist() == axes.abs().max(0).values.tolist()
    torch.testing.assert_close(axes @ torch.diag(variances) @ axes.T, image.flatten(1).cov())


def test_shift_adds_one_colour_along_an_axis() -> None:
    """Every pixel moves by the same, as far as the deviation along the axis says."""
    image = torch.rand(3, 8, 10, dtype=torch.float64)
    variances, axes = colour_axes(image)
    amounts = torch.tensor([0.0, 0.5, 0.0], dtype=torch.float64)
    moved = shifted_colours(image, amounts) - image
    expected = 0.5 * variances[1].sqrt() * axes[:, 1]
    torch.testing.assert_close(moved, expected[:, None, None].expand_as(image))


def test_variances_depend_on_the_unit_and_deviations_do_not() -> None:
    """Pixels up to 255 instead of 1: 255 times the share of the range, or the same share."""
    image = torch.rand(3, 8, 10, dtype=torch.float64)
    amounts = torch.tensor([0.1, 0.0, 0.0], dtype=torch.float64)
    for deviations, factor in [(True, 1), (False, 255)]:
        small = shifted_colours(image, amounts, deviations=deviations) - image
        large = shifted_colours(255 * image, amounts, deviations=deviations) - 255 * image
        torch.testing.assert_close(large.abs() / 255, factor * small.abs())


def test_ten_crops_are_corners_centre_and_mirrors() -> None:
    """In this order, with the mirror images behind."""
    image = torch.arange(2 * 6 * 9.0).view(2, 6, 9)
    crops = ten_crops(image, 4)
    assert crops.shape == (10, 2, 4, 4)
    assert torch.equal(crops[1], image[:, :4, 5:])
    assert torch.equal(crops[3], image[:, 2:, 5:])
    assert torch.equal(crops[4], image[:, 1:5, 2:6])
    assert torch.equal(crops[5:].flip(-1), crops[:5])


def test_crops_that_do_not_fit_are_refused() -> None:
    """With both sizes in the message."""
    with pytest.raises(ValueError, match="no crop of 7 pixels fits into 6x9"):
        ten_crops(torch.zeros(3, 6, 9), 7)

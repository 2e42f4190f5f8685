"""Digits in a row, and how answers become a reading."""

from __future__ import annotations

import torch

from solutions.strips import NOTHING, read, strip, strip_windows


def test_strip_has_the_digits_in_order_and_gaps_between() -> None:
    """Wide enough for all, at most 15 pixels more for each gap, nothing lost."""
    images = torch.rand(3, 1, 32, 32) + 0.1
    row = strip(images, torch.Generator().manual_seed(0))
    assert row.shape[:3] == (1, 1, 32)
    assert 3 * 32 <= row.shape[3] <= 3 * 32 + 4 * 15
    inked = row[0, 0].any(0)
    torch.testing.assert_close(row[0, 0][:, inked], torch.cat(list(images[:, 0]), dim=1))


def test_windows_have_eleven_classes_and_repeat_themselves() -> None:
    """One window a digit and one for every second pair; a seed decides all of it."""
    data = strip_windows(seed=1)
    assert data.train_x.shape == (1348 + 674, 1, 32, 32)
    assert sorted(data.train_y.unique().tolist()) == list(range(11))
    assert int((data.train_y == NOTHING).sum()) == 674
    assert torch.equal(strip_windows(seed=1).test_x, data.test_x)


def test_reading_joins_neighbours_and_drops_nothing() -> None:
    """Positions 3, 3, nothing, 5 (sure) beside 8 (less sure), nothing, 3: reads 3, 5, 3."""
    scores = torch.zeros(11, 7)
    for place, (label, certainty) in enumerate(
        [(3, 5.0), (3, 5.0), (NOTHING, 5.0), (5, 9.0), (8, 4.0), (NOTHING, 5.0), (3, 5.0)]
    ):
        scores[label, place] = certainty
    assert read(scores) == [3, 5, 3]


def test_nothing_to_read() -> None:
    """A strip without digits reads as no digits."""
    scores = torch.zeros(11, 4)
    scores[NOTHING] = 3
    assert read(scores) == []

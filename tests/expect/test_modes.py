"""Blocks in training mode: batch statistics, running statistics, gradients."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder.expect import Unmet
from autograder.expect.modes import learns_everywhere, trains_alike
from autograder.submission import LocalTransport, Submission


class Block(nn.Module):
    """A convolution with batch norm and ReLU."""

    def __init__(self, a: int, b: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(a, b, 3, padding=1)
        self.norm = nn.BatchNorm2d(b)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve, normalise, activate."""
        return F.relu(self.norm(self.conv(x)))


class Frozen(Block):
    """Batch norm that never looks at the batch."""

    def forward(self, x: Tensor) -> Tensor:
        """As in evaluation mode."""
        self.norm.training = False
        return super().forward(x)


class Forgetful(Block):
    """Batch norm with another momentum."""

    def __init__(self, a: int, b: int) -> None:
        super().__init__(a, b)
        self.norm = nn.BatchNorm2d(b, momentum=0.9)


class Clipped(Block):
    """ReLU6 in place of ReLU."""

    def forward(self, x: Tensor) -> Tensor:
        """Clip at 6."""
        return super().forward(x).clamp(max=6)


class Detached(Block):
    """No gradient reaches its convolution."""

    def forward(self, x: Tensor) -> Tensor:
        """Cut the graph."""
        return F.relu(self.norm(self.conv(x).detach()))


def having(block: Callable[..., nn.Module]) -> Submission:
    """A submission that defines ``Block`` so."""
    return Submission(LocalTransport({"Block": block}))


def test_right_block_trains_alike() -> None:
    """The same block agrees in both modes."""
    trains_alike(having(Block), having(Block), "Block", (3, 4), seed=1)


@pytest.mark.parametrize(
    ("block", "says"),
    [(Frozen, r"Block\(3, 4\) in training mode"), (Forgetful, "after a step in training mode")],
)
def test_wrong_batch_norm_is_told(block: type[Block], says: str) -> None:
    """Which statistics are wrong shows in the mode that the message names."""
    with pytest.raises(Unmet, match=says):
        trains_alike(having(block), having(Block), "Block", (3, 4), seed=1)


def test_own_hint() -> None:
    """A network with other constants has a hint that fits it."""
    with pytest.raises(Unmet) as caught:
        trains_alike(having(Forgetful), having(Block), "Block", (3, 4), seed=1, hint="Mind this.")
    assert caught.value.hint == "Mind this."


def test_scale_decides_whether_six_matters() -> None:
    """Small activations never reach 6, large ones do."""
    trains_alike(having(Clipped), having(Block), "Block", (3, 4), seed=1, scale=1 / 8)
    with pytest.raises(Unmet, match="other values"):
        trains_alike(having(Clipped), having(Block), "Block", (3, 4), seed=1, scale=8.0)


def test_gradients_everywhere() -> None:
    """A detached convolution gets none."""
    torch.manual_seed(0)
    learns_everywhere(having(Block), "Block", (3, 4), (2, 4, 6, 4))
    with pytest.raises(Unmet, match=r"2 of 4 parameters of Block\(3, 4\) get no gradient"):
        learns_everywhere(having(Detached), "Block", (3, 4), (2, 4, 6, 4))

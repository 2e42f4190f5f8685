"""Reference answers of ``assignments/inception`` in the assignment's own form.

The functions of questions 1 to 4, the block, the head and the loss are slotted straight from
:mod:`solutions.nin` and :mod:`solutions.inception`; here is what the notebook asks for in another
form. Each body stands alone: it uses torch, the notebook's table and the names of earlier answers,
because it is printed into a solved notebook.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from solutions.inception import BLOCKS, Inception, auxiliary_head, scaled


class GoogLeNet(nn.Module):
    """The network of Szegedy et al. 2015, Table 1 and figure 3, in one loop over its blocks.

    Input ``(N, 3, H, W)``, output ``(N, num_classes)`` logits; in training mode with heads a tuple:
    the network's logits, those of the head on 4a, those of the head on 4d.
    """

    def __init__(self, num_classes: int, aux: bool, width: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, width, 7, stride=2, padding=3),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2, ceil_mode=True),
            nn.LocalResponseNorm(5),
            nn.Conv2d(width, width, 1),
            nn.ReLU(),
            nn.Conv2d(width, 3 * width, 3, padding=1),
            nn.ReLU(),
            nn.LocalResponseNorm(5),
            nn.MaxPool2d(3, stride=2, ceil_mode=True),
        )
        self.blocks = nn.ModuleDict()
        self.heads = nn.ModuleDict()
        in_channels = 3 * width
        for name, row in BLOCKS.items():
            branches = scaled(row, width)
            c1, c3, c5, pool_proj = branches
            self.blocks[name] = Inception(in_channels, *branches)
            in_channels = c1 + c3[1] + c5[1] + pool_proj
            if aux and name in ("4a", "4d"):
                self.heads[name] = auxiliary_head(in_channels, num_classes, width)
        self.pool = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.dropout = nn.Dropout(0.4)
        self.classifier = nn.Linear(in_channels, num_classes)

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:
        """Map ``(N, 3, H, W)`` to logits, with heads in training mode to three times logits."""
        x = self.stem(x)
        auxiliary = []
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.training and name in self.heads:
                auxiliary.append(self.heads[name](x))
        logits: torch.Tensor = self.classifier(self.dropout(x.mean(dim=(2, 3))))
        return (logits, *auxiliary) if auxiliary else logits


def googlenet(num_classes: int = 1000, aux: bool = False, width: int = 64) -> nn.Module:
    """GoogLeNet; ``width`` are the channels of its first convolution, a multiple of 8."""
    return GoogLeNet(num_classes, aux, width)


def conclusion() -> dict[str, str]:
    """What the ablation of the branches shows, on 8x8 digits."""
    return {
        "best_single_branch": "5x5",
        "all_four_against_the_best_single": "better",
        "why_1x1_fails": "no pixel meets its neighbours",
    }

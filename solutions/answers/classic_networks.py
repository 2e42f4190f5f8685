"""Reference answers of ``assignments/classic-networks`` in the assignment's own form.

``C3`` is slotted straight from :mod:`solutions.lenet`, ``local_response_norm`` from
:mod:`solutions.alexnet`; here is what the notebook asks for beyond them. Each body stands alone: it
uses torch and the names of earlier answers, because it is printed into a solved notebook.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from solutions.alexnet import local_response_norm


def conv_output_size(n: int, kernel_size: int, stride: int = 1, padding: int = 0) -> int:
    """Height or width of what a convolution or pooling makes of ``n`` pixels."""
    return (n + 2 * padding - kernel_size) // stride + 1


def conv_cost(
    in_channels: int,
    out_channels: int,
    kernel_size: int,
    n: int,
    stride: int = 1,
    padding: int = 0,
    groups: int = 1,
) -> tuple[int, int]:
    """Parameters (with biases) and multiply-adds of a convolution on one ``n`` x ``n`` image."""
    side = conv_output_size(n, kernel_size, stride, padding)
    weights = out_channels * (in_channels // groups) * kernel_size**2
    return weights + out_channels, weights * side**2


class LeNet5(nn.Module):
    """Two convolutions with average pooling, three linear layers, tanh after all but the last.

    Input ``(N, 1, 32, 32)``, output ``(N, num_classes)`` logits. Source: LeCun et al. 1998, section
    II.B, with a full C3, plain pooling and a linear output.
    """

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.pool = nn.AvgPool2d(2)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(N, 1, 32, 32)`` to ``(N, num_classes)`` logits."""
        x = self.pool(torch.tanh(self.conv1(x)))
        x = self.pool(torch.tanh(self.conv2(x)))
        x = torch.flatten(x, 1)
        x = torch.tanh(self.fc1(x))
        x = torch.tanh(self.fc2(x))
        logits: Tensor = self.fc3(x)
        return logits


class ResponseNorm(nn.Module):
    """Local response normalisation with the constants of Krizhevsky et al. 2012, section 3.3."""

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(N, C, H, W)`` to itself."""
        return local_response_norm(x)


def alexnet(groups: int = 2, num_classes: int = 1000, width: int = 96) -> nn.Module:
    """AlexNet (Krizhevsky et al. 2012, section 3.5); ``width`` is the first layer's channels.

    Input ``(N, 3, 227, 227)``, output ``(N, num_classes)`` logits.
    """
    wide, middle, hidden = width * 8 // 3, width * 4, width * 128 // 3
    return nn.Sequential(
        nn.Conv2d(3, width, 11, stride=4),
        nn.ReLU(),
        ResponseNorm(),
        nn.MaxPool2d(3, stride=2),
        nn.Conv2d(width, wide, 5, padding=2, groups=groups),
        nn.ReLU(),
        ResponseNorm(),
        nn.MaxPool2d(3, stride=2),
        nn.Conv2d(wide, middle, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(middle, middle, 3, padding=1, groups=groups),
        nn.ReLU(),
        nn.Conv2d(middle, wide, 3, padding=1, groups=groups),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2),
        nn.Flatten(),
        nn.Linear(wide * 6 * 6, hidden),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(hidden, hidden),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(hidden, num_classes),
    )


def vgg_config(depth: int) -> list[int | str]:
    """The configuration of VGG-11, 13, 16 or 19 (Simonyan and Zisserman 2015, Table 1)."""
    convolutions = {
        11: (1, 1, 2, 2, 2),
        13: (2, 2, 2, 2, 2),
        16: (2, 2, 3, 3, 3),
        19: (2, 2, 4, 4, 4),
    }
    config: list[int | str] = []
    for number, channels in zip(convolutions[depth], (64, 128, 256, 512, 512), strict=True):
        config += [channels] * number + ["M"]
    return config


def make_vgg(config: Sequence[int | str], num_classes: int = 1000, hidden: int = 4096) -> nn.Module:
    """The network of a configuration (Simonyan and Zisserman 2015, section 2.1).

    Input ``(N, 3, H, W)`` whose last maps are 7x7, output ``(N, num_classes)`` logits.
    """
    layers: list[nn.Module] = []
    channels = 3
    for entry in config:
        if isinstance(entry, str):
            layers.append(nn.MaxPool2d(2))
        else:
            layers += [nn.Conv2d(channels, entry, 3, padding=1), nn.ReLU()]
            channels = entry
    layers += [nn.Flatten(), nn.Linear(channels * 7 * 7, hidden), nn.ReLU(), nn.Dropout(0.5)]
    layers += [nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(0.5)]
    layers += [nn.Linear(hidden, num_classes)]
    return nn.Sequential(*layers)


def receptive_field(layers: Sequence[tuple[int, int]]) -> int:
    """Input pixels, along one side, that one output position sees; layers are (kernel, stride)."""
    field, step = 1, 1
    for kernel_size, stride in layers:
        field += (kernel_size - 1) * step
        step *= stride
    return field


def fc_to_conv(linear: nn.Linear, shape: tuple[int, int, int]) -> nn.Module:
    """The convolution that equals ``linear`` on flattened maps of ``shape`` (C, H, W)."""
    channels, height, width = shape
    conv = nn.Conv2d(channels, linear.out_features, (height, width))
    conv.weight = nn.Parameter(linear.weight.detach().reshape(-1, *shape).clone())
    conv.bias = nn.Parameter(linear.bias.detach().clone())
    return conv


def conclusion() -> dict[str, str]:
    """What the experiment with and without tanh shows."""
    return {
        "accuracy_without_tanh": "above 80 %",
        "gap_without_tanh": "zero up to rounding",
        "what_tells_them_apart": "additivity",
    }

"""AlexNet: the network of 2012 on two GPUs, its single tower, and the one that libraries ship.

Source: Krizhevsky, Sutskever and Hinton, "ImageNet Classification with Deep Convolutional Neural
Networks", NIPS 2012 (:func:`alexnet`), and Krizhevsky, "One weird trick for parallelizing
convolutional neural networks", 2014 (arXiv 1404.5997), footnote 1 (:func:`alexnet_owt`).

Departures: images are 227x227 (with 224 and no padding, as the paper prints, 11x11 at stride 4 does
not come out even); weights start as PyTorch's do; :func:`alexnet_owt` averages its last maps to 6x6
whatever the image's size, and drops out in front of its first two linear layers, as torchvision's.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# --- layers --------------------------------------------------------------------------------------


def local_response_norm(
    x: Tensor, size: int = 5, alpha: float = 1e-4, beta: float = 0.75, k: float = 2.0
) -> Tensor:
    """``x_i / (k + alpha * sum of x_j ** 2) ** beta`` over the ``size`` nearest channels j of i.

    Input and output ``(N, C, H, W)``; at the first and last channels the window is cut off. An odd
    ``size`` is meant. Source: section 3.3. ``nn.LocalResponseNorm`` divides alpha by ``size``: the
    paper's layer is ``nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2)``.
    """
    reach = size // 2
    squares = F.pad(x.square(), (0, 0, 0, 0, reach, reach))  # zeros before and after the channels
    windows = squares.unfold(1, size, 1)  # (N, C, H, W, size)
    return x / (k + alpha * windows.sum(-1)) ** beta


class LocalResponseNorm(nn.Module):
    """:func:`local_response_norm` with the constants of section 3.3; nothing to learn."""

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(N, C, H, W)`` to itself."""
        return local_response_norm(x)


# --- the network ---------------------------------------------------------------------------------


class AlexNet(nn.Module):
    """Convolutions, their last maps flattened, and three linear layers.

    ``features`` end in ``(N, channels, 6, 6)``. Input ``(N, 3, H, W)``, output ``(N, num_classes)``
    logits. Source: section 3.5.
    """

    def __init__(self, features: nn.Sequential, classifier: nn.Sequential) -> None:
        super().__init__()
        self.features = features
        self.classifier = classifier

    def forward_features(self, x: Tensor) -> Tensor:
        """Map ``(N, 3, H, W)`` to the last maps ``(N, channels, 6, 6)``."""
        return self.features(x)  # type: ignore[no-any-return]  # a module's call is untyped

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(N, 3, H, W)`` to ``(N, num_classes)`` logits."""
        x = torch.flatten(self.forward_features(x), 1)
        return self.classifier(x)  # type: ignore[no-any-return]


# --- builders ------------------------------------------------------------------------------------


def alexnet(num_classes: int = 1000, *, groups: int = 2, width: int = 96) -> AlexNet:
    """The network of 2012 for 227x227 images.

    With ``groups=2`` the second, fourth and fifth convolution read the maps of their own GPU only
    (60,965,224 parameters); ``groups=1`` is the single tower of lectures (62,378,344). ``width`` is
    the channels of the first convolution, a multiple of 6: all else keeps its proportion to it.
    Source: section 3.5 and figure 2.
    """
    second, middle, hidden = width * 8 // 3, width * 4, width * 128 // 3
    features = OrderedDict[str, nn.Module](
        conv1=nn.Conv2d(3, width, 11, stride=4),
        relu1=nn.ReLU(),
        norm1=LocalResponseNorm(),
        pool1=nn.MaxPool2d(3, stride=2),
        conv2=nn.Conv2d(width, second, 5, padding=2, groups=groups),
        relu2=nn.ReLU(),
        norm2=LocalResponseNorm(),
        pool2=nn.MaxPool2d(3, stride=2),
        conv3=nn.Conv2d(second, middle, 3, padding=1),
        relu3=nn.ReLU(),
        conv4=nn.Conv2d(middle, middle, 3, padding=1, groups=groups),
        relu4=nn.ReLU(),
        conv5=nn.Conv2d(middle, second, 3, padding=1, groups=groups),
        relu5=nn.ReLU(),
        pool5=nn.MaxPool2d(3, stride=2),
    )
    classifier = OrderedDict[str, nn.Module](
        fc6=nn.Linear(second * 6 * 6, hidden),
        relu6=nn.ReLU(),
        drop6=nn.Dropout(),
        fc7=nn.Linear(hidden, hidden),
        relu7=nn.ReLU(),
        drop7=nn.Dropout(),
        fc8=nn.Linear(hidden, num_classes),
    )
    return AlexNet(nn.Sequential(features), nn.Sequential(classifier))


def alexnet_owt(num_classes: int = 1000, *, width: int = 64) -> AlexNet:
    """The single tower of 2014 for 224x224 images: torchvision's ``alexnet``.

    61,100,840 parameters. No groups, no response normalisation, 64-192-384-256-256 channels.
    ``width`` is the first of these; all else keeps its proportion to it.
    Source: "One weird trick", footnote 1.
    """
    second, middle, last, hidden = 3 * width, 6 * width, 4 * width, 64 * width
    features = OrderedDict[str, nn.Module](
        conv1=nn.Conv2d(3, width, 11, stride=4, padding=2),
        relu1=nn.ReLU(),
        pool1=nn.MaxPool2d(3, stride=2),
        conv2=nn.Conv2d(width, second, 5, padding=2),
        relu2=nn.ReLU(),
        pool2=nn.MaxPool2d(3, stride=2),
        conv3=nn.Conv2d(second, middle, 3, padding=1),
        relu3=nn.ReLU(),
        conv4=nn.Conv2d(middle, last, 3, padding=1),
        relu4=nn.ReLU(),
        conv5=nn.Conv2d(last, last, 3, padding=1),
        relu5=nn.ReLU(),
        pool5=nn.MaxPool2d(3, stride=2),
        average=nn.AdaptiveAvgPool2d(6),
    )
    classifier = OrderedDict[str, nn.Module](
        drop6=nn.Dropout(),
        fc6=nn.Linear(last * 6 * 6, hidden),
        relu6=nn.ReLU(),
        drop7=nn.Dropout(),
        fc7=nn.Linear(hidden, hidden),
        relu7=nn.ReLU(),
        fc8=nn.Linear(hidden, num_classes),
    )
    return AlexNet(nn.Sequential(features), nn.Sequential(classifier))

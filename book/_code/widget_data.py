"""What the widgets show, computed by the reference library while the book is built.

Each function returns what JSON can hold. The pages' scripts repeat the arithmetic of single layers,
because they must answer to any input; everything about whole networks comes from here.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from solutions.alexnet import alexnet, alexnet_owt
from solutions.counting import Ledger, Row, ledger
from solutions.datasets import digits
from solutions.efficientnet import (
    STAGES,
    VARIANTS,
    EfficientNet,
    compound_scale,
    cost_factor,
    efficientnet,
    round_repeats,
)
from solutions.inception import googlenet, googlenet_bn
from solutions.lenet import lenet5, lenet5_1998
from solutions.mobilenet import conv_mobilenet, mobilenet_v1, shallow_mobilenet_v1
from solutions.mobilenet_v2 import mobilenet_v2
from solutions.nin import nin
from solutions.probes import gradient_profile, without_batch_norm
from solutions.resnet import (
    plain18,
    plain34,
    plain_cifar,
    resnet18,
    resnet34,
    resnet50,
    resnet101,
    resnet152,
    resnet_cifar,
)
from solutions.training import seeded
from solutions.vgg import vgg11, vgg13, vgg16, vgg19

Json = dict[str, Any]
Shape = tuple[int, int, int]
Network = tuple[Callable[[], nn.Module], Shape]

IMAGE = (3, 224, 224)

# --- ledgers of all networks ---------------------------------------------------------------------


def _efficientnet(variant: str) -> Network:
    size = VARIANTS[variant].resolution
    return lambda: efficientnet(variant), (3, size, size)


FAMILIES: dict[str, dict[str, Network]] = {
    "LeNet": {
        "LeNet-5 (1998)": (lenet5_1998, (1, 32, 32)),
        "LeNet-5 (usual)": (lenet5, (1, 32, 32)),
    },
    "AlexNet": {
        "AlexNet (2012)": (alexnet, (3, 227, 227)),
        "AlexNet, single tower": (lambda: alexnet(groups=1), (3, 227, 227)),
        "AlexNet, one weird trick": (alexnet_owt, IMAGE),
    },
    "VGG": {
        "VGG-11": (vgg11, IMAGE),
        "VGG-13": (vgg13, IMAGE),
        "VGG-16": (vgg16, IMAGE),
        "VGG-19": (vgg19, IMAGE),
    },
    "ResNet": {
        "ResNet-18": (resnet18, IMAGE),
        "ResNet-34": (resnet34, IMAGE),
        "ResNet-50": (resnet50, IMAGE),
        "ResNet-101": (resnet101, IMAGE),
        "ResNet-152": (resnet152, IMAGE),
        "Plain-18": (plain18, IMAGE),
        "Plain-34": (plain34, IMAGE),
        "ResNet-20 (CIFAR)": (lambda: resnet_cifar(3), (3, 32, 32)),
        "ResNet-56 (CIFAR)": (lambda: resnet_cifar(9), (3, 32, 32)),
        "ResNet-110 (CIFAR)": (lambda: resnet_cifar(18), (3, 32, 32)),
        "Plain-20 (CIFAR)": (lambda: plain_cifar(3), (3, 32, 32)),
    },
    "Network in network, Inception": {
        "NiN (CIFAR)": (nin, (3, 32, 32)),
        "GoogLeNet": (googlenet, IMAGE),
        "GoogLeNet with batch norm": (googlenet_bn, IMAGE),
    },
    "MobileNet": {
        "MobileNetV1": (mobilenet_v1, IMAGE),
        "MobileNetV1, shallow": (shallow_mobilenet_v1, IMAGE),
        "MobileNetV1, full convolutions": (conv_mobilenet, IMAGE),
        "MobileNetV2": (mobilenet_v2, IMAGE),
    },
    "EfficientNet": {f"EfficientNet-{name.upper()}": _efficientnet(name) for name in VARIANTS},
}
NETWORKS = {name: network for family in FAMILIES.values() for name, network in family.items()}


def on_meta(build: Callable[[], nn.Module]) -> nn.Module:
    """A model with shapes but no values: large networks cost nothing."""
    with torch.device("meta"):
        return build()


def ledgers() -> Json:
    """Every network of the library by part and by layer; rows are bare lists, to stay small."""
    return {
        "families": [[family, list(networks)] for family, networks in FAMILIES.items()],
        "start": "ResNet-18",
        "networks": {name: _ledger(*network) for name, network in NETWORKS.items()},
    }


def _ledger(build: Callable[[], nn.Module], shape: Shape) -> Json:
    model = on_meta(build)
    table = ledger(model, shape)
    layers = [
        _line(row.name, _description(model.get_submodule(row.name)), row)
        for row in with_norms_joined(table).rows
        if row.parameters or row.macs
    ]
    parts = [
        _line(_part_name(row.name), "", row) for row in table.grouped(*_parts(table, model)).rows
    ]
    return {"input": list(shape), "parts": parts, "layers": layers}


def _line(name: str, what: str, row: Row) -> list[Any]:
    return [name, what, list(row.output_shape), row.parameters, row.macs, row.activations]


def _parts(table: Ledger, model: nn.Module) -> Sequence[str]:
    """The parts that a model names; of others, the children of the model itself."""
    outermost = dict.fromkeys(row.name.split(".")[0] for row in table.rows)
    return getattr(model, "parts", tuple(outermost))


def _part_name(name: str) -> str:
    """Stages are numbered from 1, as in the tables of the pages."""
    return f"stage {int(name[7:]) + 1}" if name.startswith("stages.") else name


def with_norms_joined(table: Ledger) -> Ledger:
    """Batch norm's parameters are counted with the convolution in front of it."""
    rows: list[Row] = []
    for row in table.rows:
        if row.kind == "BatchNorm2d" and rows and rows[-1].kind == "Conv2d":
            last = rows.pop()
            both = last.parameters + row.parameters
            row = Row(last.name, last.kind, last.output_shape, both, last.macs, last.activations)
        rows.append(row)
    return Ledger(tuple(rows))


def _description(layer: nn.Module) -> str:
    """``3×3 convolution, stride 2`` for a layer; the class's name for what has no kernel."""
    if not isinstance(layer, nn.Conv2d):
        return "fully connected" if isinstance(layer, nn.Linear) else type(layer).__name__
    height, width = layer.kernel_size
    kind = "depthwise convolution" if layer.groups == layer.in_channels > 1 else "convolution"
    groups = f", {layer.groups} groups" if 1 < layer.groups < layer.in_channels else ""
    stride = f", stride {layer.stride[0]}" if layer.stride[0] > 1 else ""
    return f"{height}×{width} {kind}{groups}{stride}"


# --- single layers -------------------------------------------------------------------------------

KEYS = ("size", "in_channels", "out_channels", "kernel", "stride", "padding", "dilation", "groups")


def convolutions() -> Json:
    """Limits of the calculator's fields, and layers of famous networks to start from."""
    fields = [
        ("size", "Input size", 1, 4096),
        ("in_channels", "Input channels", 1, 8192),
        ("out_channels", "Output channels", 1, 8192),
        ("kernel", "Kernel size", 1, 99),
        ("stride", "Stride", 1, 99),
        ("padding", "Padding", 0, 99),
        ("dilation", "Dilation", 1, 99),
        ("groups", "Groups", 1, 8192),
    ]
    layers = [
        ("3×3, size stays", (56, 64, 128, 3, 1, 1, 1, 1), "convolution", False),
        ("3×3, stride 2", (56, 64, 128, 3, 2, 1, 1, 1), "convolution", False),
        ("1×1", (56, 256, 64, 1, 1, 0, 1, 1), "convolution", False),
        ("5×5 of LeNet-5", (32, 1, 6, 5, 1, 0, 1, 1), "convolution", True),
        ("first layer of AlexNet, 227 pixels", (227, 3, 96, 11, 4, 0, 1, 1), "convolution", True),
        ("the same with 224 pixels", (224, 3, 96, 11, 4, 0, 1, 1), "convolution", True),
        ("second layer of AlexNet, 2 groups", (27, 96, 256, 5, 1, 2, 1, 2), "convolution", True),
        ("first layer of ResNet", (224, 3, 64, 7, 2, 3, 1, 1), "convolution", False),
        ("depthwise 3×3 of MobileNet", (112, 32, 32, 3, 1, 1, 1, 32), "convolution", False),
        ("3×3, dilation 2", (28, 64, 64, 3, 1, 2, 2, 1), "convolution", False),
        ("pooling of VGG", (224, 64, 64, 2, 2, 0, 1, 1), "pooling", False),
        ("pooling of ResNet", (112, 64, 64, 3, 2, 1, 1, 1), "pooling", False),
    ]
    examples = [
        [name, {**dict(zip(KEYS, values, strict=True)), "operation": operation, "bias": bias}]
        for name, values, operation, bias in layers
    ]
    return {"fields": [list(field) for field in fields], "examples": examples}


def separables() -> Json:
    """Limits of the fields, and layers to start from, the lecture's small one first."""
    fields = [
        ("kernel", "Kernel size k", 1, 31),
        ("in_channels", "Input channels M", 1, 8192),
        ("out_channels", "Output channels N", 1, 8192),
        ("size", "Output size", 1, 1024),
    ]
    layers = [
        ("6×6×3 to 4×4×5", (3, 3, 5, 4)),
        ("MobileNet, second block", (3, 64, 128, 56)),
        ("MobileNet, last block", (3, 1024, 1024, 7)),
        ("5×5, 240 channels", (5, 240, 240, 14)),
        ("one output channel", (3, 64, 1, 56)),
    ]
    keys = [field[0] for field in fields]
    examples = [[name, dict(zip(keys, values, strict=True))] for name, values in layers]
    return {"fields": [list(field) for field in fields], "examples": examples}


# --- receptive fields ----------------------------------------------------------------------------

Layer = tuple[int, int, int]  # kernel, stride, dilation
MOST_LAYERS, LARGEST_KERNEL, LARGEST_STEP = 60, 99, 32


def receptive_fields() -> Json:
    """Stacks to start from: small ones to play with, and the main paths of real networks."""
    examples: list[list[Any]] = [
        ["three 3×3", 32, [[3, 1, 1]] * 3],
        ["one 7×7", 32, [[7, 1, 1]]],
        ["five 3×3, the first with stride 2", 32, [[3, 2, 1]] + [[3, 1, 1]] * 4],
        ["3×3, dilations 1, 2, 4, 8", 64, [[3, 1, dilation] for dilation in (1, 2, 4, 8)]],
    ]
    for name in ("LeNet-5 (usual)", "AlexNet (2012)", "VGG-16", "ResNet-18", "MobileNetV1"):
        build, shape = NETWORKS[name]
        examples.append([name, shape[1], [list(layer) for layer in main_path(build, shape)]])
    return {"limits": [MOST_LAYERS, LARGEST_KERNEL, LARGEST_STEP], "examples": examples}


def main_path(build: Callable[[], nn.Module], shape: Shape) -> list[Layer]:
    """Kernel, stride, dilation of each convolution and pooling on the way through all branches.

    Shortcuts are left out: what they see, the branches beside them see as well.
    """
    model = on_meta(build)
    path = []
    for row in ledger(model, shape).rows:
        layer = model.get_submodule(row.name)
        if (
            isinstance(layer, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d)
            and "shortcut" not in row.name
        ):
            kernel, stride = _first(layer.kernel_size), _first(layer.stride)
            path.append((kernel, stride, _first(getattr(layer, "dilation", 1))))
    return path


def _first(size: int | tuple[int, ...]) -> int:
    return size if isinstance(size, int) else size[0]


def table_of_fields(layers: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """Receptive field and jump after each ``(kernel, stride, dilation)``, in input pixels."""
    sees, jump, rows = 1, 1, []
    for kernel, stride, dilation in layers:
        sees += (kernel - 1) * dilation * jump
        jump *= stride
        rows.append((sees, jump))
    return rows


# --- gradients by depth --------------------------------------------------------------------------


def gradients(blocks: Sequence[int] = (1, 2, 3, 5, 7, 9), seeds: int = 3) -> Json:
    """Median gradient norms by layer of fresh networks: four kinds, one profile for each depth.

    Networks of ``6n + 2`` layers and width 8, on 64 of scikit-learn's digits, as on the page about
    why ResNets work.
    """
    data = digits(channels=3)
    x, y = data.train_x[:64], data.train_y[:64]
    curves: dict[str, list[list[float]]] = {}
    for name, build in (("plain", plain_cifar), ("residual", resnet_cifar)):
        for n in blocks:
            models = [seeded(lambda build=build, n=n: build(n, width=8), s) for s in range(seeds)]
            bare = [without_batch_norm(model) for model in models]
            for label, group in ((name, models), (f"{name}, no batch norm", bare)):
                profiles = [gradient_profile(model, x, y) for model in group]
                curves.setdefault(label, []).append(_medians(profiles))
    named = [{"name": name, "norms": norms} for name, norms in curves.items()]
    return {"depths": [6 * n + 2 for n in blocks], "seeds": seeds, "curves": named}


def _medians(profiles: Sequence[Sequence[float]]) -> list[float]:
    """Layer by layer, to three digits: more would only make the page larger."""
    return [float(f"{statistics.median(norms):.3g}") for norms in zip(*profiles, strict=True)]


# --- compound scaling ----------------------------------------------------------------------------

BASES = (1.2, 1.1, 1.15)  # of depth, width and resolution
RESOLUTION = VARIANTS["b0"].resolution


def compound(most: float = 7, step: float = 0.5) -> Json:
    """Networks along phi, counted, and the released ones with the phi of each coefficient."""
    places = [step * index for index in range(round(most / step) + 1)]
    steps = [_scaled(phi) for phi in places]
    released = [_released(name, steps[0]["macs"]) for name in VARIANTS]
    return {"bases": list(BASES), "steps": steps, "released": released}


def _scaled(phi: float) -> Json:
    depth, width, factor = compound_scale(phi)
    resolution = round(RESOLUTION * factor)
    counts = _counts(lambda: EfficientNet(depth, width), resolution)
    blocks = sum(round_repeats(stage.repeats, depth) for stage in STAGES)
    return {"phi": phi, "resolution": resolution, "blocks": blocks, **counts}


def _counts(build: Callable[[], nn.Module], size: int) -> Json:
    table = ledger(on_meta(build), (3, size, size))
    return {"parameters": table.parameters, "macs": table.macs}


def _released(name: str, base_macs: int) -> Json:
    """A released network, and for each of its coefficients the phi that would give that value."""
    depth, width, resolution, _ = VARIANTS[name]
    counts = _counts(lambda: efficientnet(name), resolution)
    factors = (depth, width, resolution / RESOLUTION)
    powers = [math.log(factor, base) for factor, base in zip(factors, BASES, strict=True)]
    macs = math.log(counts["macs"] / base_macs, cost_factor(*BASES))
    phi = dict(zip(("depth", "width", "resolution", "macs"), [*powers, macs], strict=True))
    return {
        "name": name.upper(),
        "depth": depth,
        "width": width,
        "resolution": resolution,
        **counts,
        "phi": {key: round(power, 6) for key, power in phi.items()},
    }

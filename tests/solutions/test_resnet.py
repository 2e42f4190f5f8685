"""The residual networks: published counts, and what each block computes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from solutions import resnet
from solutions.counting import count_macs, count_parameters
from solutions.resnet import (
    BasicBlock,
    Bottleneck,
    BottleneckV1,
    PaddedBlock,
    PaddedShortcut,
    PlainBlock,
    ProjectedBlock,
    ResNet,
    plain_cifar,
    resnet_cifar,
    zero_init_residual,
)

IMAGENET = (3, 224, 224)
BLOCKS = (BasicBlock, PaddedBlock, ProjectedBlock, PlainBlock)


def on_meta(build: Callable[[], ResNet]) -> ResNet:
    """The network with shapes but without values: counting needs no more."""
    with torch.device("meta"):
        return build()


# Parameters and multiply-adds at 224x224, counted on independent public implementations:
# torchvision and timm for v1.5 with option B, the authors' Caffe definitions for v1.
PUBLISHED = [
    (lambda: resnet.resnet18(), 11_689_512, 1_814_073_344),
    (lambda: resnet.resnet34(), 21_797_672, 3_663_761_408),
    (lambda: resnet.resnet50(), 25_557_032, 4_089_184_256),
    (lambda: resnet.resnet101(), 44_549_160, 7_801_405_440),
    (lambda: resnet.resnet152(), 60_192_808, 11_513_626_624),
    (lambda: resnet.resnet18(block=PaddedBlock), 11_515_688, 1_794_805_760),
    (lambda: resnet.resnet34(block=PaddedBlock), 21_623_848, 3_644_493_824),
    (lambda: resnet.plain18(), 11_515_688, 1_794_805_760),
    (lambda: resnet.plain34(), 21_623_848, 3_644_493_824),
    # The authors' ResNet-50 prototxt keeps a bias in conv1: 64 parameters more than this.
    (lambda: resnet.resnet50(block=BottleneckV1), 25_557_032, 3_857_973_248),
    (lambda: resnet.resnet101(block=BottleneckV1), 44_549_160, 7_570_194_432),
    (lambda: resnet.resnet152(block=BottleneckV1), 60_192_808, 11_282_415_616),
]


@pytest.mark.parametrize(("build", "parameters", "macs"), PUBLISHED)
def test_imagenet_counts(build: Callable[[], ResNet], parameters: int, macs: int) -> None:
    """Every ImageNet net has the parameters and multiply-adds of independent implementations."""
    model = on_meta(build)
    assert (count_parameters(model), count_macs(model, IMAGENET)) == (parameters, macs)


@pytest.mark.parametrize(
    ("build", "parameters"),
    [
        (lambda: resnet.resnet18(block=ProjectedBlock), 12_043_816),
        (lambda: resnet.resnet34(block=ProjectedBlock), 22_716_840),
        (lambda: resnet.resnet18(10), 11_181_642),
        (lambda: resnet.resnet50(10), 23_528_522),
    ],
)
def test_variant_counts(build: Callable[[], ResNet], parameters: int) -> None:
    """Option C and ten classes count to what other implementations of them count to."""
    assert count_parameters(on_meta(build)) == parameters


@pytest.mark.parametrize(
    ("n", "parameters", "macs"),
    [
        (3, 269_722, 40_551_040),
        (5, 464_154, 68_862_592),
        (7, 658_586, 97_174_144),
        (9, 853_018, 125_485_696),
        (18, 1_727_962, 252_887_680),
        (200, 19_421_274, 2_829_238_912),
    ],
)
def test_cifar_counts(n: int, parameters: int, macs: int) -> None:
    """ResNet-20 to 1202 of section 4.2 (option A) count to what the paper rounds."""
    model = on_meta(lambda: resnet_cifar(n))
    assert (count_parameters(model), count_macs(model, (3, 32, 32))) == (parameters, macs)


@pytest.mark.parametrize("n", [3, 9, 18])
def test_plain_twin_has_the_same_cost(n: int) -> None:
    """Taking the shortcuts of option A away changes neither parameters nor multiply-adds."""
    plain, residual = on_meta(lambda: plain_cifar(n)), on_meta(lambda: resnet_cifar(n))
    assert count_parameters(plain) == count_parameters(residual)
    assert count_macs(plain, (3, 32, 32)) == count_macs(residual, (3, 32, 32))


def test_cifar_with_projections() -> None:
    """ResNet-20 with option B has 2,752 parameters more."""
    assert count_parameters(on_meta(lambda: resnet_cifar(3, block=BasicBlock))) == 272_474


@pytest.mark.parametrize("depth", [8, 20, 56])
def test_cifar_depth_is_6n_plus_2(depth: int) -> None:
    """The number in the name counts the layers with weights along the main path."""
    model = on_meta(lambda: resnet_cifar((depth - 2) // 6))
    weighted = [m for m in model.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert len(weighted) == depth


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("size", [(8, 10), (7, 9)])
def test_basic_block_shape(block: type[BasicBlock], stride: int, size: tuple[int, int]) -> None:
    """Channels follow the arguments; height and width are divided by the stride, rounded up."""
    height, width = size
    out = block(3, 5, stride)(torch.randn(2, 3, height, width))
    assert out.shape == (2, 5, -(-height // stride), -(-width // stride))


@pytest.mark.parametrize("block", [Bottleneck, BottleneckV1])
def test_bottleneck_shape(block: type[Bottleneck]) -> None:
    """A bottleneck block is four times wider outside than inside."""
    assert block(3, 4, 2)(torch.randn(2, 3, 7, 10)).shape == (2, 16, 4, 5)


def test_cifar_net_on_another_size() -> None:
    """Pooling over all positions lets the net take images that are not 32x32."""
    assert resnet_cifar(1, num_classes=7)(torch.randn(2, 3, 8, 13)).shape == (2, 7)


def _awake(module: nn.Module) -> nn.Module:
    """Float64, evaluation mode, and batch norms away from their defaults."""
    module = module.double().eval()
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            for values in (part.weight.data, part.running_var):
                nn.init.uniform_(values, 0.5, 1.5)
            for values in (part.bias.data, part.running_mean):
                nn.init.normal_(values)
    return module


def _norm(x: Tensor, bn: nn.BatchNorm2d) -> Tensor:
    """Batch norm at evaluation, written out as its formula."""
    mean, var, gamma, beta = (
        v[:, None, None] for v in (bn.running_mean, bn.running_var, bn.weight, bn.bias)
    )
    return gamma * (x - mean) / torch.sqrt(var + bn.eps) + beta


def test_basic_block_is_its_formula() -> None:
    """ReLU(F(x) + S(x)), written with functional convolutions and a batch norm by hand."""
    block = _awake(BasicBlock(3, 5, 2))
    x = torch.randn(2, 3, 8, 10, dtype=torch.float64)
    inner = F.conv2d(x, block.conv1.weight, stride=2, padding=1)
    inner = _norm(inner, block.bn1).clamp(min=0)
    inner = _norm(F.conv2d(inner, block.conv2.weight, padding=1), block.bn2)
    shortcut = _norm(F.conv2d(x, block.shortcut[0].weight, stride=2), block.shortcut[1])
    torch.testing.assert_close(block(x), (inner + shortcut).clamp(min=0))


@pytest.mark.parametrize(("block", "strides"), [(Bottleneck, (1, 2)), (BottleneckV1, (2, 1))])
def test_bottleneck_is_its_formula(block: type[Bottleneck], strides: tuple[int, int]) -> None:
    """1x1, 3x3, 1x1; the stride on the 3x3 in v1.5 and on the first 1x1 in v1."""
    block = _awake(block(3, 4, 2))
    x = torch.randn(2, 3, 8, 10, dtype=torch.float64)
    inner = _norm(F.conv2d(x, block.conv1.weight, stride=strides[0]), block.bn1).clamp(min=0)
    inner = F.conv2d(inner, block.conv2.weight, stride=strides[1], padding=1)
    inner = _norm(inner, block.bn2).clamp(min=0)
    inner = _norm(F.conv2d(inner, block.conv3.weight), block.bn3)
    shortcut = _norm(F.conv2d(x, block.shortcut[0].weight, stride=2), block.shortcut[1])
    torch.testing.assert_close(block(x), (inner + shortcut).clamp(min=0))


def test_padded_shortcut_keeps_positions_and_adds_zeros() -> None:
    """Every second position of the old channels, then channels of zeros."""
    x = torch.randn(2, 3, 7, 10)
    out = PaddedShortcut(3, 5, 2)(x)
    assert out.shape == (2, 5, 4, 5)
    assert torch.equal(out[:, :3], x[:, :, ::2, ::2])
    assert not out[:, 3:].any()


def test_padded_shortcut_without_change_is_the_identity() -> None:
    """Equal channels and stride 1: the input itself."""
    x = torch.randn(2, 3, 7, 10)
    assert torch.equal(PaddedShortcut(3, 3)(x), x)


@pytest.mark.parametrize("block", [BasicBlock, PaddedBlock])
def test_equal_shapes_need_no_projection(block: type[BasicBlock]) -> None:
    """Options A and B agree on the identity where shapes agree."""
    assert isinstance(block(4, 4).shortcut, nn.Identity)


def test_option_c_projects_always() -> None:
    """Option C has a projection with batch norm in every shortcut."""
    assert count_parameters(ProjectedBlock(4, 4)) - count_parameters(BasicBlock(4, 4)) == 16 + 8


@pytest.mark.parametrize("block", [BasicBlock(4, 4), Bottleneck(16, 4), PaddedBlock(4, 4)])
def test_zeroed_branch_leaves_the_activated_shortcut(block: nn.Module) -> None:
    """After zero initialisation a block with an identity shortcut returns ReLU(x)."""
    zero_init_residual(block)
    x = torch.randn(2, 16 if isinstance(block, Bottleneck) else 4, 8, 10)
    torch.testing.assert_close(block(x), x.clamp(min=0))


def test_zero_init_spares_everything_else() -> None:
    """One gamma a block is zeroed, stays trainable, and nothing else moves."""
    model = resnet.resnet50(5, width=4)
    before = {name: p.clone() for name, p in model.named_parameters()}
    zero_init_residual(model)
    changed = {n for n, p in model.named_parameters() if not torch.equal(p, before[n])}
    assert len(changed) == 3 + 4 + 6 + 3
    assert all(name.endswith("bn3.weight") for name in changed)
    assert all(p.requires_grad for p in model.parameters())


@pytest.mark.parametrize("block", [*BLOCKS, Bottleneck, BottleneckV1])
def test_blocks_leave_their_input_alone(block: type[BasicBlock]) -> None:
    """No in-place operation reaches the caller's tensor."""
    x = torch.randn(2, 4, 6, 8)
    kept = x.clone()
    block(4, 4)(x)
    assert torch.equal(x, kept)


def test_every_parameter_learns() -> None:
    """The gradient reaches every parameter of a network of mixed strides and shortcuts."""
    model = resnet_cifar(2, block=BasicBlock)
    F.cross_entropy(model(torch.randn(4, 3, 8, 8)), torch.tensor([0, 1, 2, 3])).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())

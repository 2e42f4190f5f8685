"""GoogLeNet: published counts and shapes, and what its blocks, heads and loss compute."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from solutions import inception
from solutions.counting import count_macs, count_parameters, ledger
from solutions.inception import (
    BLOCKS,
    GoogLeNet,
    Inception,
    InceptionBN,
    ToUnitRange,
    auxiliary_head,
    branch_cost,
    break_even,
    googlenet,
    googlenet_bn,
    googlenet_loss,
    inception_cost,
)

IMAGENET = (3, 224, 224)


def on_meta(build: Callable[[], GoogLeNet]) -> GoogLeNet:
    """The network with shapes but without values: counting needs no more."""
    with torch.device("meta"):
        return build()


def _random(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)


# Parameters and multiply-adds at 224x224 without the heads' work, counted on independent public
# implementations: BVLC's Caffe definition for the paper's net, torchvision for the other.
PUBLISHED = [
    (lambda: googlenet(), 6_998_552, 1_582_671_872),
    (lambda: googlenet(aux=True), 13_378_280, 1_582_671_872),
    (lambda: googlenet_bn(), 6_624_904, 1_498_376_192),
    (lambda: googlenet_bn(aux=True), 13_004_888, 1_498_376_192),
]


@pytest.mark.parametrize(("build", "parameters", "macs"), PUBLISHED)
def test_counts(build: Callable[[], GoogLeNet], parameters: int, macs: int) -> None:
    """Both nets have the parameters and multiply-adds of independent implementations."""
    model = on_meta(build)
    assert (count_parameters(model), count_macs(model, IMAGENET)) == (parameters, macs)


def test_ten_classes() -> None:
    """Counted on the same definition with a classifier for ten classes."""
    assert count_parameters(on_meta(lambda: googlenet(10))) == 5_983_802


@pytest.mark.parametrize(("in_channels", "parameters"), [(512, 3_188_840), (528, 3_190_888)])
def test_head_counts(in_channels: int, parameters: int) -> None:
    """The heads on 4a and 4d, and what both cost: 8,372,224 multiply-adds."""
    assert count_parameters(auxiliary_head(in_channels)) == parameters


def test_both_heads_cost() -> None:
    """In training the net does 1,591,044,096 multiply-adds: Caffe's definition for training."""
    heads = [(auxiliary_head(c), (c, 14, 14)) for c in (512, 528)]
    assert sum(count_macs(head, shape) for head, shape in heads) == 8_372_224


STAGES = {
    "stem.0": (64, 112, 112), "stem.2": (64, 56, 56), "stem.4": (64, 56, 56),
    "stem.6": (192, 56, 56), "stem.9": (192, 28, 28), "to_4a.3a": (256, 28, 28),
    "to_4a.3b": (480, 28, 28), "to_4a.pool": (480, 14, 14), "to_4a.4a": (512, 14, 14),
    "to_4d.4b": (512, 14, 14), "to_4d.4c": (512, 14, 14), "to_4d.4d": (528, 14, 14),
    "to_5b.4e": (832, 14, 14), "to_5b.pool": (832, 7, 7), "to_5b.5a": (832, 7, 7),
    "to_5b.5b": (1024, 7, 7), "pool": (1024, 1, 1), "classifier": (1000,),
}  # fmt: skip


def test_stage_shapes() -> None:
    """The maps of Table 1, as Caffe's definition has them."""
    model = on_meta(googlenet).eval()
    found: dict[str, tuple[int, ...]] = {}

    def hook(name: str) -> Callable[[nn.Module, object, Tensor], None]:
        return lambda _, __, output: found.update({name: tuple(output.shape[1:])})

    for name in STAGES:
        model.get_submodule(name).register_forward_hook(hook(name))
    model(torch.empty(1, *IMAGENET, device="meta"))
    assert found == STAGES


def test_block_3a() -> None:
    """Table 1's row 3a: 163,328 weights (K is 1024 there) and 368 biases, 128M operations."""
    rows = ledger(Inception(192, *BLOCKS["3a"]), (192, 28, 28))
    assert (rows.parameters, rows.macs) == (163_696, 128_049_152)
    assert inception_cost(192, *BLOCKS["3a"], 28, 28) == (163_696, 128_049_152)


@pytest.mark.parametrize("name", BLOCKS)
def test_cost_by_formula_is_cost_by_counting(name: str) -> None:
    """The formula and the ledger agree on every block, on a map that is not square."""
    rows = ledger(Inception(40, *BLOCKS[name]), (40, 6, 9))
    assert inception_cost(40, *BLOCKS[name], 6, 9) == (rows.parameters, rows.macs)


def test_lecture_costs() -> None:
    """28x28x192 to 32 channels by 5x5: directly, and through 16 channels."""
    assert branch_cost(192, 32, 5, 28, 28) == 120_422_400
    assert branch_cost(192, 32, 5, 28, 28, 16) == 12_443_648


@pytest.mark.parametrize(("channels", "kernel"), [((192, 32), 5), ((4, 4), 1), ((7, 3), 3)])
def test_break_even_is_the_last_that_saves(channels: tuple[int, int], kernel: int) -> None:
    """One channel more, and the reduction no longer pays."""
    last = break_even(*channels, kernel)
    direct = branch_cost(*channels, kernel, 5, 6)
    assert branch_cost(*channels, kernel, 5, 6, last) < direct
    assert branch_cost(*channels, kernel, 5, 6, last + 1) >= direct


def test_inception_is_its_formula() -> None:
    """Four branches from the same input, in the order of the paper's figure."""
    block = Inception(3, 2, (3, 4), (2, 5), 6).double()
    x = _random(2, 3, 7, 10)
    conv = {
        name: [(c.weight, c.bias) for c in getattr(block, name) if isinstance(c, nn.Conv2d)]
        for name in ("branch1", "branch3", "branch5", "branch_pool")
    }
    one = F.conv2d(x, *conv["branch1"][0])
    three = F.conv2d(F.conv2d(x, *conv["branch3"][0]).relu(), *conv["branch3"][1], padding=1)
    five = F.conv2d(F.conv2d(x, *conv["branch5"][0]).relu(), *conv["branch5"][1], padding=2)
    pooled = F.conv2d(F.max_pool2d(x, 3, 1, 1), *conv["branch_pool"][0])
    expected = torch.cat([one, three, five, pooled], dim=1).relu()
    assert expected.shape == (2, 17, 7, 10)
    torch.testing.assert_close(block(x), expected)


def test_batch_norm_block_has_3x3_everywhere() -> None:
    """The known departure of the released weights: no 5x5, and no biases."""
    block = InceptionBN(8, 2, (3, 4), (2, 5), 6)
    convolutions = [m for m in block.modules() if isinstance(m, nn.Conv2d)]
    assert [c.kernel_size[0] for c in convolutions] == [1, 1, 3, 1, 3, 1]
    assert all(c.bias is None for c in convolutions)
    assert block(torch.randn(2, 8, 7, 10)).shape == (2, 17, 7, 10)


@pytest.mark.parametrize("build", [googlenet, googlenet_bn])
def test_heads_speak_in_training_alone(build: Callable[..., GoogLeNet]) -> None:
    """Three outputs in training mode, one in evaluation mode, for which the heads do not run."""
    model = build(5, aux=True, width=8)
    found = model(torch.randn(2, 3, 224, 224))
    assert [tuple(part.shape) for part in found] == [(2, 5)] * 3
    assert model.eval()(torch.randn(2, 3, 40, 33)).shape == (2, 5)


def test_heads_hang_on_4a_and_4d() -> None:
    """The gradient of a head reaches what lies before it and nothing behind."""
    model = googlenet(5, aux=True, width=8)
    _, at_4a, at_4d = model(torch.randn(1, 3, 224, 224))
    inner = [model.to_4a[3].branch1[0].weight, model.to_4d[0].branch1[0].weight,
             model.to_4d[2].branch1[0].weight, model.to_5b[0].branch1[0].weight]  # fmt: skip
    for output, reached in ((at_4a, [1, 0, 0, 0]), (at_4d, [1, 1, 1, 0])):
        found = torch.autograd.grad(output.sum(), inner, retain_graph=True, allow_unused=True)
        assert [gradient is not None for gradient in found] == [bool(r) for r in reached]


def test_width_scales_every_channel() -> None:
    """At an eighth of the width, the blocks have an eighth of the channels."""
    with torch.device("meta"):
        slim = googlenet(width=8)
    assert slim.to_4d[0](torch.empty(1, 64, 7, 7, device="meta")).shape == (1, 64, 7, 7)
    assert slim.classifier.in_features == 128


def test_width_must_be_a_multiple_of_8() -> None:
    """A width that would break channels says so."""
    with pytest.raises(ValueError, match=r"must be a multiple of 8.*: 12"):
        googlenet(width=12)


def test_input_transform() -> None:
    """ImageNet's mean and a white pixel, normalised, become the same in [-1, 1]."""
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    image = torch.stack([mean, torch.ones(3), torch.zeros(3)], dim=1)[None, :, :, None]
    normalised = (image - mean[:, None, None]) / deviation[:, None, None]
    torch.testing.assert_close(ToUnitRange()(normalised), 2 * image - 1)


def test_loss_weighs_the_heads() -> None:
    """The heads count 0.3 each; a single tensor is the plain cross-entropy."""
    logits, first, second = _random(3, 4, 5)
    y = torch.tensor([0, 3, 2, 4])
    plain = F.cross_entropy(logits, y)
    torch.testing.assert_close(googlenet_loss(logits, y), plain)
    both = F.cross_entropy(first, y) + F.cross_entropy(second, y)
    torch.testing.assert_close(googlenet_loss((logits, first, second), y), plain + 0.3 * both)


@pytest.mark.parametrize("build", [googlenet, googlenet_bn])
def test_every_parameter_learns(build: Callable[..., GoogLeNet]) -> None:
    """The loss with heads reaches every parameter."""
    model = build(5, aux=True, width=8)
    loss = googlenet_loss(model(torch.randn(2, 3, 224, 224)), torch.tensor([1, 4]))
    loss.backward()
    assert all(p.grad is not None for p in model.parameters())


def test_styles_name_their_departures() -> None:
    """What differs between the two nets is what the module's text lists."""
    assert (inception.PAPER.last_window, inception.BATCH_NORM.last_window) == (3, 2)
    assert (inception.PAPER.dropout, inception.BATCH_NORM.dropout) == (0.4, 0.2)

"""What surrounds a call: dtypes, the meta device, and torch's settings afterwards."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from autograder.submission.surroundings import OnMeta, calm, cast, prepared, state_of


class Net(nn.Module):
    """Tied weights, a buffer of whole numbers, and a statistic."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(3, 3)
        self.second = nn.Linear(3, 3)
        self.second.weight = self.first.weight
        self.norm = nn.BatchNorm1d(3)


def test_cast_is_torchs():
    """The same values in the same tensors; whole numbers stay."""
    torch.manual_seed(0)
    ours = Net()
    torch.manual_seed(0)
    theirs = Net().to(torch.float64)
    state = cast(ours, torch.float64)
    assert [kind for kind, _ in state] == [kind for kind, _ in state_of(theirs)]
    for (_, one), (_, other) in zip(state, state_of(theirs), strict=True):
        assert one.dtype is torch.float64
        assert torch.equal(one, other)
    assert ours.second.weight is ours.first.weight
    assert ours.norm.num_batches_tracked.dtype is torch.int64
    assert all(part.requires_grad for part in ours.parameters())


class Marked(nn.Parameter):
    """A parameter of a class of its own."""


@pytest.mark.parametrize("odd", ["subclass", "gradient"])
def test_cast_leaves_what_is_odd_to_torch(odd):
    """Their kinds and their gradients go along as ``module.to`` takes them."""
    net = nn.Linear(2, 2)
    if odd == "subclass":
        net.weight = Marked(net.weight.data)
    else:
        net(torch.ones(1, 2)).sum().backward()
    cast(net, torch.float64)
    assert net.weight.dtype is torch.float64
    if odd == "gradient":
        assert net.weight.grad is not None
        assert net.weight.grad.dtype is torch.float64


def test_on_meta_nothing_is_filled():
    """Every way to make a tensor ends on the meta device, and torch's state is as before."""
    with OnMeta():
        net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Linear(4, 2))
        loose = [torch.zeros(2), torch.ones(3), torch.randn(2, 2), torch.tensor([1.0, 2.0])]
        nn.init.kaiming_normal_(net[0].weight, mode="fan_out")
        nn.init.normal_(tensor=net[2].weight)
    assert all(tensor.is_meta for tensor in [*net.parameters(), *net.buffers(), *loose])
    assert torch.empty(1).device.type == "cpu"


def test_on_meta_real_numbers_are_filled():
    """A tensor that student code makes on the CPU by name gets its numbers."""
    with OnMeta():
        real = torch.empty(4, device="cpu")
        real.fill_(3.0)
        nn.init.constant_(real[:2], 5.0)
    assert real.tolist() == [5.0, 5.0, 3.0, 3.0]


class Even(nn.Linear):
    """A layer with a way of its own to begin."""

    asked = 0

    def reset_parameters(self) -> None:
        """Remember that it was asked, then begin as its kind does."""
        self.asked += 1
        super().reset_parameters()
        nn.init.constant_(self.weight, 2.0)


def test_on_meta_layers_begin_as_students_say():
    """Torch's own way is left out where there are no numbers, and only there; then it is back."""
    kinds = (nn.Conv2d, nn.BatchNorm2d, nn.Linear)
    before = [kind.reset_parameters for kind in kinds]
    with OnMeta():
        torch.manual_seed(0)
        real = nn.Linear(3, 2, device="cpu")
        bare = nn.BatchNorm2d(3, affine=False)
        own = Even(2, 2)
        assert own.asked == 1
        assert own.weight.is_meta
    torch.manual_seed(0)
    assert torch.equal(real.weight, nn.Linear(3, 2).weight)
    assert bare.running_mean is not None
    assert bare.running_mean.is_meta
    assert [kind.reset_parameters for kind in kinds] == before
    with pytest.raises(ZeroDivisionError), OnMeta():
        _ = 1 / 0
    assert [kind.reset_parameters for kind in kinds] == before


class Watching(nn.Module):
    """Remembers whether oneDNN was in use."""

    def forward(self, x: Tensor) -> Tensor:
        """Give the images back."""
        self.seen = torch._C._get_mkldnn_enabled()
        return x


@pytest.mark.parametrize(
    ("shape", "groups", "used"),
    [((2, 3, 40, 40), 1, False), ((64, 3, 32, 32), 1, True), ((2, 3, 8, 8), 16, False),
     ((2, 3, 8, 8), 48, True)],
)  # fmt: skip
def test_small_batches_go_without_onednn(shape, groups, used):
    """Except through many depthwise filters. Afterwards the setting is what it was."""
    net, x = Watching(), torch.zeros(shape)
    net.layer = nn.Conv2d(48, 48, 3, groups=groups)
    with prepared(net, [x], train=False, seed=0):
        net(x)
    assert net.seen is used
    assert torch._C._get_mkldnn_enabled()


class Moving(nn.Linear):
    """A layer that knows itself what is to be moved."""

    def __init__(self) -> None:
        super().__init__(2, 2)
        self.plain = torch.ones(2)

    def _apply(self, fn, recurse=True):
        self.plain = fn(self.plain)
        return super()._apply(fn, recurse)


def test_cast_honours_a_way_of_its_own():
    """What ``module.to`` would have moved is moved."""
    net = Moving()
    cast(net, torch.float64)
    assert (net.plain.dtype, net.weight.dtype) == (torch.float64, torch.float64)


@pytest.mark.filterwarnings("ignore:.*torch.jit.script.* is deprecated")
def test_modes_are_set_and_put_back():
    """Those that were otherwise, of plain and of scripted modules; the mode is what torch sees."""
    drop = nn.Dropout(0.9)
    scripted = torch.jit.script(nn.Dropout(0.9))
    net = nn.Sequential(drop, scripted)
    drop.eval()
    x = torch.ones(400)
    with prepared(net, [x], train=False, seed=0):
        assert torch.equal(net(x), x)
    with prepared(net, [x], train=True, seed=0):
        assert int((drop(x) == 0).sum()) > 300
        assert int((scripted(x) == 0).sum()) > 300
        drop.training = "odd"
    assert (drop.training, scripted.training, net.training) == (False, True, True)


@pytest.mark.parametrize("enabled", [True, False])
def test_gradients_are_on_inside_and_as_before_outside(enabled):
    """Whatever student code does to torch's switch."""
    with torch.set_grad_enabled(enabled):
        with calm(0):
            assert torch.is_grad_enabled()
            torch.set_grad_enabled(False)
        assert torch.is_grad_enabled() is enabled


def test_calm_inside_inference_mode():
    """Tensors made there can have gradients."""
    with torch.inference_mode(), calm(0):
        assert torch.ones(1, requires_grad=True).requires_grad

"""Correct blocks and networks in other styles are bound, without names, and accepted."""

# ruff: noqa: D102 - the small modules here are described by their class

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder.expect import make_case, random_input, same_function, same_module
from autograder.submission import LocalTransport, Submission
from solutions import resnet as reference

ARGUMENTS = [(4, 6, 2), (4, 4, 1), (6, 4, 1), (4, 4, 2)]


def submission(**names: object) -> Submission:
    """A submission that defines these names."""
    return Submission(LocalTransport(dict(names)))


def projected(a: int, b: int, stride: int) -> bool:
    """Whether the shortcut needs a projection."""
    return a != b or stride != 1


# --- basic blocks --------------------------------------------------------------------------------


class NestedSequential(nn.Module):
    """One Sequential a branch, an empty one as identity, torch.add."""

    def __init__(self, a, b, stride=1):
        super().__init__()
        self.skip = nn.Sequential()
        if projected(a, b, stride):
            self.skip = nn.Sequential(nn.Conv2d(a, b, 1, stride, bias=False), nn.BatchNorm2d(b))
        first = nn.Sequential(nn.Conv2d(a, b, 3, stride, 1, bias=False), nn.BatchNorm2d(b))
        second = nn.Sequential(nn.Conv2d(b, b, 3, 1, 1, bias=False), nn.BatchNorm2d(b))
        self.body = nn.Sequential(first, nn.ReLU(inplace=True), second)

    def forward(self, x):
        return F.relu(torch.add(self.body(x), self.skip(x)))


class Biased(nn.Module):
    """Biases before batch norm, reversed registration, None as identity, in-place addition."""

    def __init__(self, a, b, stride=1):
        super().__init__()
        self.shortcut = None
        if projected(a, b, stride):
            self.shortcut = nn.ModuleList([nn.BatchNorm2d(b), nn.Conv2d(a, b, 1, stride)])
        self.n2, self.n1 = nn.BatchNorm2d(b), nn.BatchNorm2d(b)
        self.c2, self.c1 = nn.Conv2d(b, b, 3, padding=1), nn.Conv2d(a, b, 3, stride, 1)

    def forward(self, x):
        kept = x if self.shortcut is None else self.shortcut[0](self.shortcut[1](x))
        out = self.n2(self.c2(self.n1(self.c1(x)).relu_()))
        out += kept
        return out.relu_()


class ShortcutFirst(nn.Module):
    """The shortcut is computed, and registered, before the branch; layers in a ModuleDict."""

    def __init__(self, a, b, stride=1):
        super().__init__()
        self.parts = nn.ModuleDict()
        if projected(a, b, stride):
            self.parts["p"] = nn.Conv2d(a, b, 1, stride, bias=False)
            self.parts["pn"] = nn.BatchNorm2d(b)
        for name, shape in (("b", (b, b)), ("a", (a, b))):
            self.parts[name + "n"] = nn.BatchNorm2d(b)
            steps = stride if name == "a" else 1
            self.parts[name] = nn.Conv2d(*shape, 3, steps, 1, bias=False)

    def forward(self, x):
        parts = self.parts
        total = parts["pn"](parts["p"](x)) if "p" in parts else x
        x = F.relu(parts["an"](parts["a"](x)))
        return F.relu(total + parts["bn"](parts["b"](x)))


class Functional(nn.Module):
    """Bare parameters and buffers, torch.nn.functional, no submodule."""

    def __init__(self, a, b, stride=1):
        super().__init__()
        self.stride = stride
        self.kernels = nn.ParameterList([torch.randn(b, b, 3, 3), torch.randn(b, a, 3, 3)])
        if projected(a, b, stride):
            self.kernels.append(torch.randn(b, a, 1, 1))
        for n in range(len(self.kernels)):
            self.register_parameter(f"beta{n}", nn.Parameter(torch.zeros(b)))
            self.register_parameter(f"gamma{n}", nn.Parameter(torch.ones(b)))
            self.register_buffer(f"var{n}", torch.ones(b))
            self.register_buffer(f"mean{n}", torch.zeros(b))

    def norm(self, x, n):
        mean, var, gamma, beta = (
            getattr(self, f"{k}{n}") for k in ("mean", "var", "gamma", "beta")
        )
        return F.batch_norm(x, mean, var, gamma, beta, self.training)

    def forward(self, x):
        y = F.relu(self.norm(F.conv2d(x, self.kernels[1], stride=self.stride, padding=1), 1))
        y = self.norm(F.conv2d(y, self.kernels[0], padding=1), 0)
        if len(self.kernels) > 2:
            x = self.norm(F.conv2d(x, self.kernels[2], stride=self.stride), 2)
        return F.relu(x + y)


class TorchNorm(Functional):
    """``torch.batch_norm`` with its other order of arguments."""

    def norm(self, x, n):
        parts = [getattr(self, f"{k}{n}") for k in ("gamma", "beta", "mean", "var")]
        return torch.batch_norm(x, *parts, self.training, 0.1, 1e-5, False)


class WrittenNorm(Functional):
    """Batch norm written out with buffers, scale and shift."""

    def norm(self, x, n):
        parts = (getattr(self, f"{k}{n}")[:, None, None] for k in ("mean", "var", "gamma", "beta"))
        mean, var, gamma, beta = parts
        if self.training:
            mean = x.mean((0, 2, 3), keepdim=True)
            var = x.var((0, 2, 3), keepdim=True, correction=0)
        return (x - mean) / torch.sqrt(var + 1e-5) * gamma + beta


class FoldedNorm(Functional):
    """Batch norm as one scale and one shift, both computed from all four vectors."""

    def norm(self, x, n):
        mean, var, gamma, beta = (
            getattr(self, f"{k}{n}") for k in ("mean", "var", "gamma", "beta")
        )
        if self.training:
            return F.batch_norm(x, mean, var, gamma, beta, True)
        scale = gamma * torch.rsqrt(var + 1e-5)
        shift = beta - mean * scale
        return x * scale.view(1, -1, 1, 1) + shift.view(1, -1, 1, 1)


class LooseBias(Functional):
    """A bias of its own, added behind each convolution."""

    def __init__(self, a, b, stride=1):
        super().__init__(a, b, stride)
        self.biases = nn.ParameterList(torch.randn(b) for _ in self.kernels)

    def norm(self, x, n):
        return super().norm(x + self.biases[n].reshape(-1, 1, 1), n)


class Masked(Functional):
    """Weights multiplied with a mask of ones before use."""

    def forward(self, x):
        kernels = [kernel * torch.ones_like(kernel) for kernel in self.kernels]
        y = F.relu(self.norm(F.conv2d(x, kernels[1], stride=self.stride, padding=1), 1))
        y = self.norm(F.conv2d(y, kernels[0], padding=1), 0)
        if len(kernels) > 2:
            x = self.norm(F.conv2d(x, kernels[2], stride=self.stride), 2)
        return (x + y).clamp_min(0)


class LinearProjection(NestedSequential):
    """The projection as a linear layer over every stride-th pixel."""

    def __init__(self, a, b, stride=1):
        super().__init__(a, b, stride)
        self.stride = stride
        if len(self.skip):
            self.skip = nn.ModuleList([nn.Linear(a, b), nn.BatchNorm2d(b)])

    def forward(self, x):
        kept = x
        if len(self.skip):
            kept = self.skip[0](x[..., :: self.stride, :: self.stride].movedim(1, 3))
            kept = self.skip[1](kept.movedim(3, 1))
        return torch.relu(kept + self.body(x))


class EinsumProjection(NestedSequential):
    """The projection as an einsum with a matrix that has inputs first, sliced afterwards."""

    def __init__(self, a, b, stride=1):
        super().__init__(a, b, stride)
        self.stride, self.matrix = stride, None
        if len(self.skip):
            self.skip, self.matrix = nn.BatchNorm2d(b), nn.Parameter(torch.randn(a, b))

    def forward(self, x):
        kept = x
        if self.matrix is not None:
            kept = torch.einsum("nchw,co->nohw", x, self.matrix)
            kept = self.skip(kept[:, :, :: self.stride, :: self.stride])
        return torch.relu(kept + self.body(x))


class Unfolded(nn.Module):
    """Convolutions by hand: patches times filters, the filters as rows of a matrix."""

    def __init__(self, a, b, stride=1):
        super().__init__()
        self.stride = stride
        self.second, self.first = (
            nn.Parameter(torch.randn(b, 9 * b)),
            nn.Parameter(torch.randn(b, 9 * a)),
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(b) for _ in range(3))
        self.match = nn.Conv2d(a, b, 1, stride) if projected(a, b, stride) else None

    def convolve(self, x, filters, stride):
        patches = F.unfold(x, 3, padding=1, stride=stride)
        height, width = ((size - 1) // stride + 1 for size in x.shape[2:])
        return (filters @ patches).view(len(x), -1, height, width)

    def forward(self, x):
        y = F.relu(self.norms[1](self.convolve(x, self.first, self.stride)))
        y = self.norms[0](self.convolve(y, self.second, 1))
        return F.relu(y + (x if self.match is None else self.norms[2](self.match(x))))


class Preallocated(NestedSequential):
    """The sum is collected in a tensor made beforehand, slice by slice."""

    def forward(self, x):
        y = self.body(x)
        out = torch.empty_like(y)
        half = y.shape[1] // 2
        out[:, :half], out[:, half:] = y[:, :half], y[:, half:]
        out[:, :half] += self.skip(x)[:, :half]
        out[:, half:].add_(self.skip(x)[:, half:])
        return F.relu(out)


BASIC = [
    NestedSequential, Biased, ShortcutFirst, Functional, TorchNorm, WrittenNorm, FoldedNorm,
    LooseBias, Masked, LinearProjection, EinsumProjection, Unfolded, Preallocated,
]  # fmt: skip


@pytest.mark.parametrize("block", BASIC, ids=lambda block: block.__name__)
@pytest.mark.parametrize("train", [False, True], ids=["eval", "train"])
def test_basic_block_in_another_style(block, train):
    """It passes for every configuration, with running and with batch statistics."""
    student, oracle = submission(Block=block), submission(Block=reference.BasicBlock)
    for n, arguments in enumerate(ARGUMENTS):
        shape = (2, arguments[0], 7, 10)
        same_module(student, oracle, "Block", *arguments, shape=shape, seed=n, train=train)


# --- bottlenecks ---------------------------------------------------------------------------------


class MatmulBottleneck(nn.Module):
    """1x1 convolutions as matrix products, weights with inputs first; the shortcut first."""

    def __init__(self, a, m, stride=1):
        super().__init__()
        self.stride = stride
        self.out, self.into = nn.Parameter(torch.randn(m, 4 * m)), nn.Parameter(torch.randn(a, m))
        self.middle = nn.Conv2d(m, m, 3, stride, 1)
        self.norms = nn.ModuleList(nn.BatchNorm2d(size) for size in (4 * m, m, m))
        self.side = None
        if projected(a, 4 * m, stride):
            self.side, self.side_norm = nn.Parameter(torch.randn(a, 4 * m)), nn.BatchNorm2d(4 * m)

    def mix(self, x, matrix):
        return (x.permute(0, 2, 3, 1) @ matrix).permute(0, 3, 1, 2)

    def forward(self, x):
        kept = x
        if self.side is not None:
            kept = self.side_norm(self.mix(x[..., :: self.stride, :: self.stride], self.side))
        x = F.relu(self.norms[1](self.mix(x, self.into)))
        x = F.relu(self.norms[2](self.middle(x)))
        return F.relu(kept + self.norms[0](self.mix(x, self.out)))


class LinearBottleneck(MatmulBottleneck):
    """The same by ``F.linear`` with transposed weights."""

    def mix(self, x, matrix):
        return F.linear(x.movedim(1, -1), matrix.t()).movedim(-1, 1)


class ShortcutFirstBottleneck(reference.Bottleneck):
    """The projection runs before the branch, whose last convolution has the same shape."""

    def forward(self, x):
        kept = self.shortcut(x)
        x = F.relu(self.bn1(self.conv1(x)))
        return F.relu(kept + self.bn3(self.conv3(F.relu(self.bn2(self.conv2(x))))))


@pytest.mark.parametrize(
    "block", [MatmulBottleneck, LinearBottleneck, ShortcutFirstBottleneck],
    ids=lambda block: block.__name__,
)  # fmt: skip
@pytest.mark.parametrize("arguments", [(8, 2, 1), (3, 3, 1), (8, 3, 2), (4, 4, 2)])
def test_bottleneck_in_another_style(block, arguments):
    """It passes, square matrices and twice the same shape included."""
    student, oracle = submission(Block=block), submission(Block=reference.Bottleneck)
    same_module(student, oracle, "Block", *arguments, shape=(2, arguments[0], 7, 6), seed=4)


# --- blocks of later chapters --------------------------------------------------------------------


class Inception(nn.Module):
    """Four branches of which two have layers of the same shapes."""

    def __init__(self, a, c):
        super().__init__()
        self.one = nn.Conv2d(a, c, 1)
        self.three = nn.Sequential(nn.Conv2d(a, c, 1), nn.ReLU(), nn.Conv2d(c, c, 3, padding=1))
        self.other = nn.Sequential(nn.Conv2d(a, c, 1), nn.ReLU(), nn.Conv2d(c, c, 3, padding=1))
        self.pool = nn.Sequential(nn.MaxPool2d(3, 1, 1), nn.Conv2d(a, c, 1))

    def forward(self, x):
        branches = (self.one, self.three, self.other, self.pool)
        return torch.cat([F.relu(branch(x)) for branch in branches], 1)


class InceptionBackwards(nn.Module):
    """The same, computed and registered from the last branch to the first, one ReLU for all."""

    def __init__(self, a, c):
        super().__init__()
        self.points = nn.ModuleList(nn.Conv2d(a, c, 1) for _ in range(4))
        self.wide = nn.ModuleList(nn.Conv2d(c, c, 3, padding="same") for _ in range(2))

    def forward(self, x):
        pool = self.points[3](F.max_pool2d(x, 3, 1, 1))
        right = self.wide[0](self.points[1](x).relu())
        left = self.wide[1](self.points[0](x).relu())
        return F.relu(torch.cat([self.points[2](x), left, right, pool], 1))


def inverted_residual(a, t):
    """Expansion, depthwise, projection."""
    return nn.Sequential(
        nn.Conv2d(a, a * t, 1, bias=False), nn.BatchNorm2d(a * t), nn.ReLU6(),
        nn.Conv2d(a * t, a * t, 3, padding=1, groups=a * t, bias=False), nn.BatchNorm2d(a * t),
        nn.ReLU6(), nn.Conv2d(a * t, a, 1, bias=False), nn.BatchNorm2d(a),
    )  # fmt: skip


class InvertedResidual(nn.Module):
    """The same with clamps and a registration from back to front."""

    def __init__(self, a, t):
        super().__init__()
        self.norms = nn.ModuleList(nn.BatchNorm2d(c) for c in (a, a * t, a * t))
        self.project = nn.Conv2d(a * t, a, 1)
        self.depthwise = nn.Conv2d(a * t, a * t, 3, 1, 1, groups=a * t)
        self.expand = nn.Conv2d(a, a * t, 1)

    def forward(self, x):
        x = self.norms[2](self.expand(x)).clamp(0, 6)
        return self.norms[0](self.project(self.norms[1](self.depthwise(x)).clamp(0, 6)))


@pytest.mark.parametrize(
    ("definition", "other", "arguments"),
    [(Inception, InceptionBackwards, (5, 3)), (inverted_residual, InvertedResidual, (3, 4))],
    ids=["inception", "inverted residual"],
)
def test_block_of_another_chapter(definition, other, arguments):
    """Branches of equal shapes are told apart, depthwise layers bound."""
    student, oracle = submission(Block=other), submission(Block=definition)
    same_module(student, oracle, "Block", *arguments, shape=(2, arguments[0], 6, 7), seed=9)


# --- whole networks ------------------------------------------------------------------------------


class Network(nn.Module):
    """A network of blocks, head first in registration, mean as pooling."""

    def __init__(self, stem, block, plan, classes):
        super().__init__()
        self.head = nn.Linear(plan[-1][1] * getattr(block, "expansion", 1), classes)
        self.blocks = nn.ModuleList()
        self.stem = stem
        channels = plan[0][1]
        for count, width, stride in plan:
            for n in range(count):
                self.blocks.append(block(channels, width, stride if n == 0 else 1))
                channels = width * getattr(block, "expansion", 1)

    def forward(self, x):
        x = F.relu(self.stem(x))
        for block in self.blocks:
            x = block(x)
        return self.head(x.mean((2, 3)))


class PaddedBiased(Biased):
    """Option A by slicing and concatenation."""

    def __init__(self, a, b, stride=1):
        super().__init__(a, b, stride)
        self.stride, self.extra = stride, b - a
        self.shortcut = None

    def forward(self, x):
        zeros = x.new_zeros(len(x), self.extra, *x[..., :: self.stride, :: self.stride].shape[2:])
        kept = torch.cat([x[..., :: self.stride, :: self.stride], zeros], 1)
        return F.relu(kept + self.n2(self.c2(F.relu(self.n1(self.c1(x))))))


def resnet_cifar(n):
    """The 6n + 2 layers in another style."""
    stem = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16))
    return Network(stem, PaddedBiased, [(n, 16, 1), (n, 32, 2), (n, 64, 2)], 10)


class FixedShortcut(PaddedBiased):
    """Option A as a convolution with a fixed matrix, kept as a buffer."""

    def __init__(self, a, b, stride=1):
        super().__init__(a, b, stride)
        self.register_buffer("kernel", torch.eye(b, a)[:, :, None, None])

    def forward(self, x):
        kept = F.conv2d(x, self.kernel, stride=self.stride)
        return F.relu(kept + self.n2(self.c2(F.relu(self.n1(self.c1(x))))))


def resnet50(width):
    """The fifty layers with the projection ahead of each branch."""
    stem = nn.Sequential(
        nn.Conv2d(3, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width), nn.MaxPool2d(3, 2, 1)
    )
    plan = [(3, width, 1), (4, 2 * width, 2), (6, 4 * width, 2), (3, 8 * width, 2)]
    return Network(stem, ShortcutFirstBottleneck, plan, 7)


def test_resnet_cifar_in_another_style():
    """Fourteen layers of three widths find their places."""
    oracle = submission(resnet_cifar=reference.resnet_cifar)
    student = submission(resnet_cifar=resnet_cifar)
    same_module(student, oracle, "resnet_cifar", 2, shape=(2, 3, 9, 12), seed=1)


def test_shortcut_with_a_fixed_matrix():
    """A convolution with a buffer is no layer to bind."""
    oracle, student = (
        submission(Block=block) for block in (reference.PaddedBlock, FixedShortcut)
    )  # fmt: skip
    same_module(student, oracle, "Block", 4, 6, 2, shape=(2, 4, 7, 10), seed=1)


def test_resnet50_with_the_shortcut_first():
    """53 convolutions are bound at once, though the order of use differs in four blocks."""
    oracle = submission(resnet50=lambda width: reference.resnet50(7, width=width))
    student = submission(resnet50=resnet50)
    same_module(student, oracle, "resnet50", 3, shape=(2, 3, 40, 48), seed=1)


def test_deep_network_within_rounding():
    """Activations that grow through 27 blocks are compared relative to their size."""
    oracle = submission(resnet_cifar=reference.resnet_cifar)
    student = submission(resnet_cifar=resnet_cifar)
    same_module(student, oracle, "resnet_cifar", 9, shape=(2, 3, 8, 8), seed=1)


class Branches(nn.Module):
    """Three branches on one input, side by side: 1x1, 3x3 behind a 1x1, 5x5 behind a 1x1."""

    def __init__(self, order: str = "135", *, matrix: bool = False) -> None:
        super().__init__()
        self.order, self.matrix = order, matrix
        self.one = nn.Conv2d(3, 4, 1)
        self.three = nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1))
        self.reduce, self.five = nn.Conv2d(3, 4, 1), nn.Conv2d(4, 4, 5, padding=2)
        if matrix:
            self.five = nn.Linear(4 * 25, 4)

    def fifth(self, x: Tensor) -> Tensor:
        y = self.reduce(x).relu()
        if not self.matrix:
            return self.five(y)
        columns = F.unfold(y, 5, padding=2).transpose(1, 2)
        return self.five(columns).transpose(1, 2).unflatten(2, x.shape[2:])

    def forward(self, x: Tensor) -> Tensor:
        ways = {"1": self.one, "3": self.three, "5": self.fifth}
        found = {name: ways[name](x) for name in self.order}
        return torch.cat([found[name] for name in "135"], 1)


@pytest.mark.parametrize("order", ["135", "153", "315", "351", "513", "531"])
@pytest.mark.parametrize("matrix", [False, True])
def test_branches_may_be_computed_in_any_order(order: str, *, matrix: bool) -> None:
    """Also where one of them holds its filters as a matrix: it stands where the other stands."""
    names = {"make": lambda: Branches(order, matrix=matrix)}
    student = Submission(LocalTransport(names)).build("make", dtype="float64")
    reference = Submission(LocalTransport({"make": Branches})).build("make", dtype="float64")
    same_function(student, make_case(reference, random_input((2, 3, 7, 6), 1), seed=2))

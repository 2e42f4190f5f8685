"""A reference under random weights: what goes in, what must come out.

Weights have the scale that keeps activations near one; batch-norm statistics and affine parameters
are far from their defaults, so that leaving one out shows.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from weakref import WeakKeyDictionary, ref

import torch
from torch import Tensor

from autograder.expect.groups import Group, groups_of
from autograder.submission import BadReply, ModuleHandle, Submission, SubmissionFault

MAX_KEPT_CASES = 64
MAX_KEPT_NUMBERS = 2**20
"""Cases of larger weights are drawn anew instead of kept."""
MAX_FILLED = 2**16
"""Numbers of a vector that the reference does not have and that changes nothing."""


@dataclass(frozen=True)
class Layer:
    """The weights of one layer of a reference, all float64; None where it has none."""

    group: Group
    weight: Tensor | None
    bias: Tensor | None
    gamma: Tensor | None
    beta: Tensor | None
    mean: Tensor | None
    var: Tensor | None


@dataclass(frozen=True)
class Case:
    """The layers of a reference, what goes in, and what must come out.

    ``under`` gives what the reference puts out for the same input when its layers have other
    weights; None where there is no reference, as at home.
    """

    layers: tuple[Layer, ...]
    inputs: tuple[Tensor, ...]
    output: Tensor
    train: bool = False
    under: Callable[[Sequence[Layer]], Tensor] | None = field(
        default=None, compare=False, repr=False
    )


def random_input(shape: Sequence[int], seed: int) -> Tensor:
    """Standard normal numbers in float64."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def make_case(oracle: ModuleHandle, *inputs: Tensor, seed: int, train: bool = False) -> Case:
    """Draw weights for ``oracle``, load them and run it on ``inputs`` (float64).

    With ``train`` it runs in training mode, so that batch norm uses the batch's statistics.
    """
    layers, shapes = _drawn(oracle, inputs, seed)
    return _case(oracle, layers, shapes, inputs, train=train)


def _drawn(
    oracle: ModuleHandle, inputs: Sequence[Tensor], seed: int
) -> tuple[list[Layer], list[tuple[int, ...]]]:
    """Random weights for each layer that ``oracle`` uses on ``inputs``; the shapes of its state."""
    generator = torch.Generator().manual_seed(seed)
    trace = oracle.trace(*inputs)
    shapes = [entry.shape for entry in trace.state.entries]
    return [_draw(group, shapes, generator) for group in groups_of(trace)], shapes


def _case(
    oracle: ModuleHandle,
    layers: Sequence[Layer],
    shapes: Sequence[tuple[int, ...]],
    inputs: Sequence[Tensor],
    *,
    train: bool,
) -> Case:
    """What ``oracle`` puts out with these layers."""
    values: dict[int, Tensor] = {}
    for layer in layers:
        values.update(bound(layer, layer.group, shapes))
    output = oracle.forward(*inputs, train=train, values=values)
    if not isinstance(output, Tensor):
        raise TypeError(f"a case needs a reference that returns one tensor, not {type(output)}")
    return Case(tuple(layers), tuple(inputs), output, train, under(oracle, inputs, train=train))


def under(
    oracle: ModuleHandle, inputs: Sequence[Tensor], *, train: bool
) -> Callable[[Sequence[Layer]], Tensor]:
    """What ``oracle``, as long as it is there, puts out under other weights for its layers."""
    number, side = oracle.number, ref(oracle.submission)  # a case must not keep what it is kept for

    def output(layers: Sequence[Layer]) -> Tensor:
        submission = side()
        assert submission is not None
        return _output(ModuleHandle(submission, number), layers, inputs, train=train)

    return output


def _output(
    handle: ModuleHandle, layers: Sequence[Layer], inputs: Sequence[Tensor], *, train: bool
) -> Tensor:
    """What the reference puts out; that it does not is never the submission's fault."""
    try:
        shapes = [entry.shape for entry in handle.state(values=False).entries]
        values: dict[int, Tensor] = {}
        for layer in layers:
            values.update(bound(layer, layer.group, shapes))
        found: Tensor = handle.forward(*inputs, train=train, values=values)
    except SubmissionFault as error:
        raise RuntimeError(f"the reference cannot be asked under other weights: {error}") from error
    return found


def _draw(group: Group, shapes: Sequence[tuple[int, ...]], generator: torch.Generator) -> Layer:
    """Random tensors for one layer; a bias in front of a batch norm stays zero."""

    def normal(index: int | None, scale: float) -> Tensor | None:
        if index is None:
            return None
        return scale * torch.randn(shapes[index], generator=generator, dtype=torch.float64)

    def uniform(index: int | None, low: float, high: float) -> Tensor | None:
        if index is None:
            return None
        drawn = torch.rand(shapes[index], generator=generator, dtype=torch.float64)
        return low + (high - low) * drawn

    bias = normal(group.bias, 0.0 if group.norm else 0.5)
    gamma = uniform(group.gamma, 0.5, 1.5)
    if gamma is not None:
        flipped = torch.randint(0, 4, gamma.shape, generator=generator) == 0
        gamma = torch.where(flipped, -gamma, gamma)
    return Layer(
        group=group,
        weight=normal(group.weight, math.sqrt(2.0 / math.prod(group.shape[1:]))),
        bias=bias,
        gamma=gamma,
        beta=normal(group.beta, 0.5),
        mean=normal(group.mean, 0.5),
        var=uniform(group.var, 0.5, 2.0),
    )


def bound(
    layer: Layer, group: Group, shapes: Sequence[tuple[int, ...]], *, flip: bool = False
) -> dict[int, Tensor]:
    """The values that loading ``layer`` into ``group`` sets, by state index.

    ``flip`` when the group holds the weight with inputs first. What the layer does not have gets
    the value that changes nothing: an extra bias in front of a batch norm becomes zero.
    """
    values: dict[int, Tensor] = {}
    pairs = [
        (group.gamma, layer.gamma, 1.0),
        (group.beta, layer.beta, 0.0),
        (group.mean, layer.mean, 0.0),
        (group.var, layer.var, 1.0),
        (group.bias, layer.bias, 0.0),
    ]
    if group.weight is not None and layer.weight is not None:
        weight = layer.weight
        if flip:
            weight = weight.reshape(len(weight), -1).T
        values[group.weight] = _shaped(weight, shapes[group.weight])
    for index, value, default in pairs:
        if index is not None and value is not None:
            values[index] = _shaped(value, shapes[index])
        elif index is not None:
            if math.prod(shapes[index]) > MAX_FILLED:
                raise BadReply(f"a layer with a vector of shape {shapes[index]}")
            values[index] = torch.full(shapes[index], default, dtype=torch.float64)
    return values


def _shaped(value: Tensor, shape: tuple[int, ...]) -> Tensor:
    """``value`` in a shape that was only claimed."""
    if value.shape == shape:
        return value
    if math.prod(shape) != value.numel():
        raise BadReply(f"a layer whose tensor of shape {shape} is used in another size")
    return value.reshape(shape)


def rescaled(oracle: ModuleHandle, case: Case, scale: float) -> Case:
    """``case`` of ``oracle`` with every activation ``scale`` times as large.

    A network of convolutions, batch norms and ReLUs grows in proportion to its input when what it
    adds (biases, running means, shifts; in training mode the scales of batch norm) grows alike. So
    a small ``scale`` keeps every activation below the 6 at which a ReLU6 differs from a ReLU, and a
    large one brings them above it, without any other change to what a case tells apart.
    """
    shapes = [entry.shape for entry in oracle.state(values=False).entries]
    layers = _scaled(case.layers, scale, train=case.train)
    inputs = [scale * x for x in case.inputs]
    return _case(oracle, layers, shapes, inputs, train=case.train)


def _scaled(layers: Sequence[Layer], scale: float, *, train: bool) -> list[Layer]:
    """The layers with ``scale`` times what they add."""
    if scale == 1.0:
        return list(layers)
    found = []
    for layer in layers:
        fields = ("bias", "gamma", "beta") if train else ("bias", "beta", "mean")
        parts = {name: getattr(layer, name) for name in fields}
        larger = {name: scale * part for name, part in parts.items() if part is not None}
        found.append(replace(layer, **larger))
    return found


_KEPT: WeakKeyDictionary[Submission, OrderedDict[tuple[Any, ...], Case]] = WeakKeyDictionary()


def reference_case(
    oracle: Submission,
    name: str,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    *,
    shape: Sequence[int],
    seed: int,
    train: bool = False,
    offset: float = 0.0,
    scale: float = 1.0,
) -> Case:
    """The case of ``name(*args, **kwargs)`` of ``oracle`` on a random input of ``shape``.

    ``offset`` is the scale of a constant that is added to each channel: flat images, unlike noise,
    show what a ReLU does in front of a max pooling. ``scale`` as in :func:`rescaled`. Seeds are the
    same for every submission, so it is made once for each oracle and kept.
    """
    kept = _KEPT.setdefault(oracle, OrderedDict())
    key = (name, repr(args), repr(sorted(kwargs.items())), tuple(shape), seed, train, offset, scale)
    if key not in kept:
        handle = oracle.build(name, *args, dtype="float64", **kwargs)
        x = random_input(shape, seed)
        x += offset * random_input((*shape[:2], *[1] * len(shape[2:])), seed + 2)
        layers, shapes = _drawn(handle, [x], seed + 1)
        layers = _scaled(layers, scale, train=train)
        case = _case(handle, layers, shapes, [scale * x], train=train)
        handle.drop()
        case = replace(case, under=_made_anew(oracle, name, args, kwargs, case))
        if _numbers(case) > MAX_KEPT_NUMBERS:
            return case
        kept[key] = case
        if len(kept) > MAX_KEPT_CASES:
            kept.popitem(last=False)
    return kept[key]


def _made_anew(
    oracle: Submission, name: str, args: Sequence[Any], kwargs: Mapping[str, Any], case: Case
) -> Callable[[Sequence[Layer]], Tensor]:
    """As :func:`under`, of a module that is made when it is asked: that happens seldom."""
    side = ref(oracle)

    def output(layers: Sequence[Layer]) -> Tensor:
        submission = side()
        assert submission is not None
        handle = submission.build(name, *args, dtype="float64", **kwargs)
        found = _output(handle, layers, case.inputs, train=case.train)
        handle.drop()
        return found

    return output


def _numbers(case: Case) -> int:
    weights = [layer.weight for layer in case.layers if layer.weight is not None]
    return sum(tensor.numel() for tensor in [*weights, *case.inputs, case.output])

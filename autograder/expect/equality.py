"""Are two modules the same function? Decided by outputs under shared weights, without names.

The judge draws weights for a reference, binds them to the submission's layers by shape and place in
the flow, loads them into the box and compares outputs in float64. Several bindings may fit the
shapes; one that agrees is enough, since two different functions agree on random weights and inputs
under no binding.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from autograder.expect.groups import Group, groups_of, in_words
from autograder.expect.tensors import close, has_shape
from autograder.expect.unmet import Unmet
from autograder.submission import ModuleHandle, Submission

MAX_BINDINGS = 96


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
    """A reference under random weights: what goes in, what must come out."""

    layers: tuple[Layer, ...]
    inputs: tuple[Tensor, ...]
    output: Tensor
    train: bool = False


def random_input(shape: Sequence[int], seed: int) -> Tensor:
    """Standard normal numbers in float64."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def make_case(oracle: ModuleHandle, *inputs: Tensor, seed: int, train: bool = False) -> Case:
    """Draw weights for ``oracle``, load them and run it on ``inputs`` (float64).

    Weights have the scale that keeps activations near one; batch-norm statistics and affine
    parameters are far from their defaults, so that leaving one out shows.
    """
    generator = torch.Generator().manual_seed(seed)
    trace = oracle.trace(*inputs)
    shapes = [entry.shape for entry in trace.state.entries]
    layers, values = [], {}
    for group in groups_of(trace):
        layer = _draw(group, shapes, generator)
        layers.append(layer)
        values.update(_bound(layer, group, shapes))
    oracle.load(values)
    output = oracle.forward(*inputs, train=train)
    return Case(tuple(layers), tuple(inputs), output, train)


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

    fan_in = math.prod(group.shape[1:]) if group.weight is not None else 1
    bias = normal(group.bias, 0.0 if group.norm else 0.5)
    gamma = uniform(group.gamma, 0.5, 1.5)
    if gamma is not None:
        signs = torch.randint(0, 4, gamma.shape, generator=generator) == 0
        gamma = torch.where(signs, -gamma, gamma)
    return Layer(
        group=group,
        weight=normal(group.weight, math.sqrt(2.0 / fan_in)),
        bias=bias,
        gamma=gamma,
        beta=normal(group.beta, 0.5),
        mean=normal(group.mean, 0.5),
        var=uniform(group.var, 0.5, 2.0),
    )


def _bound(
    layer: Layer, group: Group, shapes: Sequence[tuple[int, ...]], *, flip: bool = False
) -> dict[int, Tensor]:
    """The values that loading ``layer`` into ``group`` sets, by state index."""
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
            weight = weight.reshape(weight.shape[0], weight.shape[1]).T
        values[group.weight] = weight.reshape(shapes[group.weight])
    for index, value, default in pairs:
        if index is not None:
            filled = torch.full(shapes[index], default, dtype=torch.float64)
            values[index] = filled if value is None else value.reshape(shapes[index])
    return values


def same_function(
    student: ModuleHandle, case: Case, *, of: str = "the module", hint: str = "", tol: float = 1e-8
) -> None:
    """``student`` gives ``case``'s output under its weights, for one way to bind them.

    The module keeps the binding that agreed.
    """
    trace = student.trace(*case.inputs)
    if trace.output_shape != tuple(case.output.shape):
        output = student.forward(*case.inputs, train=case.train)
        has_shape(output, tuple(case.output.shape), of=f"the output of {of}", hint=hint)
    groups = groups_of(trace)
    wanted = [layer.group for layer in case.layers]
    if Counter(g.signature for g in groups) != Counter(g.signature for g in wanted):
        raise Unmet(
            f"{of} is made of other layers than the definition",
            expected=in_words(wanted),
            got=in_words(groups),
            hint=hint,
        )
    shapes = [entry.shape for entry in trace.state.entries]
    failure: Unmet | None = None
    for binding in _bindings(case.layers, groups):
        values: dict[int, Tensor] = {}
        for layer, group, flip in binding:
            values.update(_bound(layer, group, shapes, flip=flip))
        student.load(values)
        output = student.forward(*case.inputs, train=case.train)
        try:
            close(output, case.output, of=f"the output of {of}", rtol=tol, atol=tol, hint=hint)
        except Unmet as unmet:
            failure = failure or unmet  # the first binding is the natural one: its message counts
        else:
            return
    assert failure is not None
    raise failure


Bound = tuple[Layer, Group, bool]


def _bindings(layers: Sequence[Layer], groups: Sequence[Group]) -> Iterator[list[Bound]]:
    """Ways to pair layers with groups of equal signature, the natural one first.

    Both come by depth. All orders within a signature are tried if there are few; in a deep network
    only layers at the same depth are exchanged.
    """
    classes: dict[object, list[int]] = {}
    for number, group in enumerate(groups):
        classes.setdefault(group.signature, []).append(number)
    by_signature: dict[object, list[Layer]] = {}
    for layer in layers:
        by_signature.setdefault(layer.group.signature, []).append(layer)
    blocks = list(classes.values())
    if math.prod(math.factorial(min(len(block), 9)) for block in blocks) > MAX_BINDINGS:
        blocks = [tied for block in blocks for tied in _ties(block, groups)]
        if math.prod(math.factorial(min(len(block), 9)) for block in blocks) > MAX_BINDINGS:
            blocks = [[number] for block in blocks for number in block]
    base = {
        number: layer
        for signature, numbers in classes.items()
        for number, layer in zip(numbers, by_signature[signature], strict=True)
    }
    orders = itertools.product(*(itertools.permutations(block) for block in blocks))
    ranked = sorted(orders, key=lambda order: _displaced(order, blocks))
    flips = _flips(groups, base)
    for order in ranked:
        moved = {a: base[b] for block, new in zip(blocks, order, strict=True)
                 for a, b in zip(block, new, strict=True)}  # fmt: skip
        for flipped in flips:
            yield [(moved[n], group, n in flipped) for n, group in enumerate(groups)]


def _ties(block: Sequence[int], groups: Sequence[Group]) -> list[list[int]]:
    """Members of a class that stand at the same depth."""
    by_depth: dict[int, list[int]] = {}
    for number in block:
        by_depth.setdefault(groups[number].depth, []).append(number)
    return list(by_depth.values())


def _displaced(order: Sequence[Sequence[int]], blocks: Sequence[Sequence[int]]) -> int:
    return sum(a != b for new, old in zip(order, blocks, strict=True)
               for a, b in zip(new, old, strict=True))  # fmt: skip


def _flips(groups: Sequence[Group], base: dict[int, Layer]) -> list[set[int]]:
    """Which bare matrices stand transposed: told by their shape, tried both ways when square."""
    sure, open_ = set(), set()
    for number, group in enumerate(groups):
        wanted = base[number].group.shape
        if len(group.shape) == 2 and group.loose and group.shape[0] == group.shape[1]:
            open_.add(number)
        elif len(group.shape) == 2 and group.shape != wanted:
            sure.add(number)
    return [sure, sure | open_] if open_ else [sure]


def same_module(
    submission: Submission,
    oracle: Submission,
    name: str,
    *args: Any,
    shape: Sequence[int],
    seed: int,
    train: bool = False,
    hint: str = "",
    **kwargs: Any,
) -> None:
    """``name(*args, **kwargs)`` is the same function in both, on a random input of ``shape``."""
    inputs = random_input(shape, seed)
    reference = oracle.build(name, *args, dtype="float64", **kwargs)
    case = make_case(reference, inputs, seed=seed + 1, train=train)
    reference.drop()
    student = submission.build(name, *args, dtype="float64", **kwargs)
    words = [str(arg) for arg in args] + [f"{key}={value}" for key, value in kwargs.items()]
    where = f"{name}({', '.join(words)}) on {tuple(shape)}{' in training mode' if train else ''}"
    same_function(student, case, of=where, hint=hint)
    student.drop()

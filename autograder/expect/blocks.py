"""Checks that blocks of every residual network share. They need no reference.

A block is built as ``name(in_channels, channels, stride)``, the stride optional.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

import torch
from torch import Tensor

from autograder.expect.counting import parameter_count
from autograder.expect.tensors import close, has_shape
from autograder.expect.unmet import Unmet
from autograder.submission import ModuleHandle, State, Submission

Configuration = tuple[int, ...]
MAX_MADE = 2**22
"""Numbers that are made for the parameters of one small module."""


def sample(*shape: int) -> Tensor:
    """Standard normal float32 numbers, negative ones among them; the same for equal shapes."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(1))


def block_shapes(
    submission: Submission,
    name: str,
    cases: Iterable[tuple[Configuration, tuple[int, int, int]]],
    *,
    expansion: int = 1,
    hint: str = "Which layers have the stride, which the padding?",
    channels_hint: str = "The second argument says how many channels the output has.",
) -> None:
    """For each configuration and input ``(N, H, W)`` the output has the shape of a strided block.

    That is ``(N, expansion * channels, ceil(H / stride), ceil(W / stride))``. ``channels_hint`` is
    what to say where the number of channels is another one, ``hint`` of any other shape.
    """
    for args, (n, height, width) in cases:
        stride = args[2] if len(args) > 2 else 1
        output = submission.shared(name, *args).forward(sample(n, args[0], height, width))
        wanted = (n, expansion * args[1], -(-height // stride), -(-width // stride))
        of = f"the output of {name}{args} for an input of shape {(n, args[0], height, width)}"
        others = isinstance(output, Tensor) and output.dim() > 1 and output.shape[1] != wanted[1]
        has_shape(output, wanted, of=of, hint=channels_hint if others else hint)


def add_up(
    handle: ModuleHandle,
    base: int,
    biases: Iterable[int],
    *,
    wrong: Mapping[int, str],
    of: str,
) -> None:
    """``base`` trainable parameters, and on top those of any of the redundant conv ``biases``.

    ``wrong`` are hints by the difference to ``base``.
    """
    sums = 1  # bit n is set where some of the biases add up to n
    for bias in biases:
        sums |= sums << bias
    state = handle.state(values=False)
    more = state.count - base
    if more >= 0 and sums >> more & 1:
        return
    known = {base + difference: hint for difference, hint in wrong.items()}
    meaning = "without conv biases"
    extra = conv_biases([part.shape for part in state.parameters])
    if extra and sums >> extra & 1:  # they may be there: what is wrong is something else
        known = {base + extra + difference: hint for difference, hint in wrong.items()} | known
        meaning = f"without conv biases, or {base + extra:,} with yours"
        known.setdefault(state.count, _differing(more - extra, base))
    parameter_count(handle, {base: meaning}, known_wrong=known, of=of)


def _differing(more: int, base: int) -> str:
    """What to say of a count that is off, biases of convolutions apart."""
    word = "more" if more > 0 else "fewer"
    return f"Biases apart, {abs(more):,} {word} than {base:,}. Which layers have that many?"


def conv_biases(shapes: Sequence[Sequence[int]]) -> int:
    """Parameters in biases of convolutions, told by what is registered after each filter.

    One vector is a bias, two are those of a batch norm, three are all of these.
    """
    found, vectors, filters = 0, 0, 0
    for shape in [*shapes, ()]:
        if len(shape) == 1 and shape[0] == filters:
            vectors += 1
            continue
        found += filters * (vectors % 2)
        vectors, filters = 0, shape[0] if len(shape) == 4 else 0
    return found


def shortcut_remains(submission: Submission, name: str, args: Configuration) -> None:
    """With every parameter zero, ReLU(x) is left of a block whose shortcut is the identity."""
    block = submission.shared(name, *args)
    zeros = for_each(block.state(values=False), torch.zeros, of=f"{name}{args}")
    x = sample(2, args[0], 5, 4)
    close(
        block.forward(x, values=zeros), x.relu(),
        of=f"the output of {name}{args} with all its parameters set to zero",
        hint="F(x) is zero then. What is left is ReLU(x), if the shortcut carries x to the end.",
    )  # fmt: skip


def for_each(
    state: State, make: Callable[..., Tensor], *, of: str, buffers: bool = False
) -> dict[int, Tensor]:
    """``make(shape)`` for each parameter, and buffer if asked, to be loaded.

    The shapes are only claimed: more numbers than a small module has are not made.
    """
    parts = state.entries if buffers else state.parameters  # parameters come first
    count = sum(math.prod(max(size, 1) for size in part.shape) for part in parts)
    if count > MAX_MADE:
        raise Unmet(
            f"{of} has more parameters than can be checked here",
            expected=f"a few thousand, and never more than {MAX_MADE:,}",
            got=f"{count:,}",
        )
    return {index: make(part.shape) for index, part in enumerate(parts)}


def passing(shape: Sequence[int]) -> Tensor:
    """A weight that passes numbers on one by one, whichever axis are the outputs."""
    each = torch.eye(shape[0], math.prod(shape[1:]))
    return each.reshape(tuple(shape))


def holding(state: State, values: Mapping[int, Tensor]) -> State:
    """``state`` once ``values`` are loaded, which takes them into the dtypes that it has.

    To ask a large network again what it holds takes as long as to run it.
    """
    entries = list(state.entries)
    for index, value in values.items():
        dtype = getattr(torch, entries[index].dtype, None)
        loaded = value.to(dtype) if isinstance(dtype, torch.dtype) else None
        entries[index] = entries[index]._replace(value=loaded)
    return State(tuple(entries))


def never_negative(
    submission: Submission,
    name: str,
    configurations: Sequence[Configuration],
    *,
    hint: str = "One more ReLU stands after the addition.",
) -> None:
    """No output of a block is negative."""
    for args in configurations:
        output = submission.shared(name, *args).forward(sample(2, args[0], 6, 6))
        negative = int((output < 0).sum()) if isinstance(output, Tensor) else 0
        if negative:
            raise Unmet(
                f"the output of {name}{args} has negative values",
                expected="none, since a ReLU comes last",
                got=f"{negative} of {output.numel()} are negative",
                hint=hint,
            )


def changed_entries(before: State, after: State) -> list[int]:
    """The indices of state entries whose values differ."""
    pairs = zip(before.entries, after.entries, strict=False)
    return [
        index
        for index, (old, new) in enumerate(pairs)
        if old.value is None
        or new.value is None
        or old.value.dtype != new.value.dtype
        or not torch.equal(old.value, new.value)
    ]

"""A module's layers as a trace shows them: each product with the batch norm that follows it.

Names, order of registration and style are gone here; what is left is which tensors work together,
their shapes, and where in the flow they stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autograder.submission import State, Trace, Unit

Signature = tuple[object, ...]


@dataclass(frozen=True)
class Group:
    """One layer: a convolution or linear map, the batch norm on its output, or either alone.

    The fields are indices into the state. ``loose`` means that the weight is a bare tensor in a
    matrix product, so that it may stand transposed.
    """

    weight: int | None
    bias: int | None
    gamma: int | None
    beta: int | None
    mean: int | None
    var: int | None
    shape: tuple[int, ...]
    norm: bool
    depth: int
    loose: bool = False

    @property
    def signature(self) -> Signature:
        """What two layers must share to be bound to each other."""
        shape = tuple(sorted(self.shape)) if len(self.shape) == 2 else self.shape
        return (shape, self.norm, self.weight is None)


def canonical(shape: Sequence[int]) -> tuple[int, ...]:
    """A weight's shape, in which a 1x1 convolution is a linear map."""
    if len(shape) == 4 and tuple(shape[2:]) == (1, 1):
        return tuple(shape[:2])
    return tuple(shape)


def groups_of(trace: Trace) -> list[Group]:
    """The layers of a trace by depth, then order of use; a layer used twice counts once."""
    state = trace.state
    norms = {unit.source: unit for unit in trace.units if unit.op == "batch_norm"}
    groups: list[Group] = []
    used: set[int] = set()
    taken: set[int] = set()
    for number, unit in enumerate(trace.units):
        if unit.op == "batch_norm":
            continue
        if unit.weight is None or unit.weight in used:
            continue
        used.add(unit.weight)
        norm = norms.get(number)
        if norm is not None:
            taken.add(id(norm))
        groups.append(_product(unit, norm, state))
    for unit in trace.units:
        if unit.op == "batch_norm" and id(unit) not in taken and unit.weight not in used:
            if unit.weight is not None:
                used.add(unit.weight)
            if unit.source is None or unit.weight is not None:
                groups.append(_lone_norm(unit, state))
    return sorted(groups, key=lambda group: group.depth)


def _product(unit: Unit, norm: Unit | None, state: State) -> Group:
    assert unit.weight is not None
    return Group(
        weight=unit.weight,
        bias=unit.bias,
        gamma=norm.weight if norm else None,
        beta=norm.bias if norm else None,
        mean=norm.mean if norm else None,
        var=norm.var if norm else None,
        shape=canonical(state.entries[unit.weight].shape),
        norm=norm is not None,
        depth=unit.depth,
        loose=unit.op == "product",
    )


def _lone_norm(unit: Unit, state: State) -> Group:
    owner = unit.weight if unit.weight is not None else unit.mean
    shape = state.entries[owner].shape if owner is not None else ()
    return Group(
        weight=None, bias=None, gamma=unit.weight, beta=unit.bias, mean=unit.mean, var=unit.var,
        shape=tuple(shape), norm=True, depth=unit.depth,
    )  # fmt: skip


def in_words(groups: Sequence[Group]) -> str:
    """The layers as a student would list them."""
    counts: dict[str, int] = {}
    for group in groups:
        counts[_words(group)] = counts.get(_words(group), 0) + 1
    return ", ".join(f"{n} x {text}" if n > 1 else text for text, n in counts.items()) or "none"


def _words(group: Group) -> str:
    shape = group.shape
    if group.weight is None:
        return "batch norm with no convolution before it"
    after = " + batch norm" if group.norm else ""
    if len(shape) == 4:
        return f"{shape[2]}x{shape[3]} conv {shape[1]}->{shape[0]}{after}"
    if len(shape) == 2:
        return f"1x1 conv or linear {shape[1]}->{shape[0]}{after}"
    return f"parameter of shape {shape}{after}"

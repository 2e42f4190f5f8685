"""How a block's layers were bound once tells how to bind them in the same block of other sizes.

To trace a block costs more than to run it. Where a class or a function gave the definition's
output under one binding, its next block of the same structure is tried under that one first; if
its state is laid out otherwise, or the outputs disagree, nothing is said, and it is looked at
anew. So it cannot hide a layer that only some sizes have.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from autograder.expect.binding import Bound
from autograder.expect.cases import Case, Layer
from autograder.submission import ModuleHandle, State

PARTS = {"weight": 0.0, "bias": 0.0, "gamma": 1.0, "beta": 0.0, "mean": 0.0, "var": 1.0}
"""The tensors of a layer, and the number that changes nothing where the reference has none."""


class Place(NamedTuple):
    """Where one layer of the reference stands in a submission: a state index for each part."""

    indices: Mapping[str, int]
    flip: bool


class Pattern(NamedTuple):
    """A binding that fitted: a place for each layer, in a state of this layout."""

    places: Sequence[Place]
    layout: Sequence[tuple[str, int]]


class Guess(NamedTuple):
    """Values to be loaded by state index, if the state has this layout."""

    values: Mapping[int, Tensor]
    layout: Sequence[tuple[str, int]]


def remember(student: ModuleHandle, case: Case, binding: Sequence[Bound], state: State) -> None:
    """Note the binding under which ``student``, with this ``state``, agreed with ``case``."""
    places = {
        id(layer): Place(
            {part: index for part in PARTS if (index := getattr(group, part)) is not None}, flip
        )
        for layer, group, flip in binding
    }
    layout = [(entry.kind, len(entry.shape)) for entry in state.entries]
    student.found[_key(student, case)] = Pattern([places[id(one)] for one in case.layers], layout)


def as_before(student: ModuleHandle, case: Case) -> Guess | None:
    """What loads ``case`` into ``student`` as into one before it; None if none was."""
    pattern: Pattern | None = student.found.get(_key(student, case)) if student.made_by else None
    if pattern is None:
        return None
    values: dict[int, Tensor] = {}
    for layer, place in zip(case.layers, pattern.places, strict=True):
        for part, index in place.indices.items():
            values[index] = _value(layer, part, flip=place.flip)
    return Guess(values, pattern.layout)


def _key(student: ModuleHandle, case: Case) -> Hashable:
    """Equal for two blocks that are made by one name and, in the reference, alike but for sizes."""
    groups = [layer.group for layer in case.layers]
    alike = tuple(
        (*(getattr(group, part) for part in PARTS), len(group.shape), group.norm)
        for group in groups
    )
    return (__name__, student.made_by, alike)


def _value(layer: Layer, part: str, *, flip: bool) -> Tensor:
    """One part of a layer; the guest brings it into the shape that the submission has for it."""
    value: Tensor | None = getattr(layer, part)
    if value is None:
        channels = layer.group.shape[0] if layer.weight is None else len(layer.weight)
        return torch.full((channels,), PARTS[part], dtype=torch.float64)
    if part == "weight" and flip:
        return value.reshape(len(value), -1).T.contiguous()
    return value

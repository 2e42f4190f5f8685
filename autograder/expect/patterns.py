"""Bindings worth a try before a module is traced, which costs more than to run it.

A block is bound as its like of other sizes was, earlier in the same question, or in the order in
which the reference registers its layers. A guess counts only where the state is laid out as it says
and the outputs agree, which nothing but the definition's function achieves; otherwise the module is
traced, and its output explained by another binding if there is one; an output that holds no numbers
is none. So no guess hides a layer. (What fitted other submissions is not tried: the same code would
have another verdict after other classmates.)
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
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
    """Values to be loaded by state index, if the state has this pattern's layout."""

    values: Mapping[int, Tensor]
    pattern: Pattern


def pattern_of(case: Case, binding: Sequence[Bound], state: State) -> Pattern:
    """A binding of ``case`` to the layers of a module with this ``state``, to be tried again."""
    places = {
        id(layer): Place(
            {part: index for part in PARTS if (index := getattr(group, part)) is not None}, flip
        )
        for layer, group, flip in binding
    }
    layout = [(entry.kind, len(entry.shape)) for entry in state.entries]
    return Pattern([places[id(one)] for one in case.layers], layout)


def fitted(student: ModuleHandle, case: Case, pattern: Pattern) -> None:
    """Note that ``student`` agreed with ``case`` under this pattern: its like come next."""
    if student.made_by:
        student.found[_key(student, case)] = pattern


def guesses(student: ModuleHandle, case: Case) -> Iterator[Guess]:
    """Ways to load ``case`` into ``student``, each once, the likeliest first."""
    key = _key(student, case)
    tried: list[Pattern] = []
    for pattern in (student.found.get(key), _as_registered(case)):
        if pattern is None or pattern in tried:
            continue
        tried.append(pattern)
        yield Guess(values_for(case, pattern), pattern)


def values_for(case: Case, pattern: Pattern) -> dict[int, Tensor]:
    """The weights of ``case`` in the places of a pattern, by state index."""
    return {
        index: _value(layer, part, flip=place.flip)
        for layer, place in zip(case.layers, pattern.places, strict=True)
        for part, index in place.indices.items()
    }


def _as_registered(case: Case) -> Pattern | None:
    """The reference's own pattern; None if some entry of its state takes no part in the case."""
    places, layout = [], dict[int, tuple[str, int]]()
    for layer in case.layers:
        indices = {
            part: index for part in PARTS if (index := getattr(layer.group, part)) is not None
        }
        places.append(Place(indices, flip=False))
        for part, index in indices.items():
            kind = "buffer" if part in ("mean", "var") else "parameter"
            layout[index] = (kind, getattr(layer, part).dim())
    if sorted(layout) != list(range(len(layout))):
        return None
    return Pattern(places, [layout[index] for index in range(len(layout))])


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

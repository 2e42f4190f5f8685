"""Which weights would the reference need to give a module's output? Told for each binding.

A module that is asked again knows that its last output was wrong, and could hold several guesses
and take the next one. So it is asked once. Under another binding the weights that it was given are
those of other layers: the reference is asked what it makes of them, and the submission is not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from autograder.expect.binding import Bound
from autograder.expect.cases import Layer
from autograder.expect.groups import Group
from autograder.expect.patterns import PARTS


class Style(NamedTuple):
    """A function that is the reference's under weights of another order: there, and back."""

    there: Callable[[Layer], Layer]
    back: Callable[[Layer], Layer]


AS_IT_IS = Style(lambda layer: layer, lambda layer: layer)


def seen_as(binding: Sequence[Bound], loaded: Mapping[int, Tensor]) -> tuple[Layer, ...] | None:
    """The ``loaded`` values (by state index) as weights of the reference's layers.

    None where they are none: a value is missing, of another size, has no place there, or is claimed
    to be in two.
    """
    places = [index for _, group, _ in binding for index in group.members]
    if len(set(places)) < len(places):
        return None
    found = [_seen(layer, group, loaded, flip=flip) for layer, group, flip in binding]
    layers = tuple(layer for layer in found if layer is not None)
    return layers if len(layers) == len(found) else None


def _seen(layer: Layer, group: Group, loaded: Mapping[int, Tensor], *, flip: bool) -> Layer | None:
    """One layer with the values of its partner; what the partner lacks stays the reference's."""
    parts = {}
    for part, neutral in PARTS.items():
        index, own = getattr(group, part), getattr(layer, part)
        if index is None:
            continue
        value = loaded.get(index)
        if value is None or (own is not None and own.numel() != value.numel()):
            return None
        if own is not None and part == "weight" and flip:
            value = value.reshape(-1, len(own)).T
        if own is not None:
            parts[part] = value.reshape(own.shape)
        elif bool((value != neutral).any()):
            return None
    return replace(layer, **parts)  # type: ignore[arg-type]


def equal(some: Sequence[Layer], others: Sequence[Layer]) -> bool:
    """Whether the same layers have the same weights, in whatever order."""
    known = {layer.group: layer for layer in others}
    return len(some) == len(others) and all(
        layer.group in known and same_weights(layer, known[layer.group]) for layer in some
    )


def same_weights(one: Layer, other: Layer) -> bool:
    """Whether two layers have the same parts, number for number."""
    pairs = ((getattr(one, part), getattr(other, part)) for part in PARTS)
    return all(x is y or (x is not None and y is not None and torch.equal(x, y)) for x, y in pairs)

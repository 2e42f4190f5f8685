"""Which layer of a submission is which layer of the reference? Told by shape and place in the flow.

A submission that computes the same function in another style has the same kinds of layers in the
same flow, so nearly always one way fits. Where several do, all are tried, up to a cap.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator, Sequence

from autograder.expect.cases import Layer
from autograder.expect.groups import Group

MAX_BINDINGS = 32
MAX_ELSEWHERE = 12
"""As many orders where the flow is not the reference's: layers seldom just change places then."""
MAX_RANKED = 2000

Bound = tuple[Layer, Group, bool]
"""A layer, the group that gets its weights, and whether the weight stands transposed there."""
Order = tuple[int, ...]
"""For each group the number of its layer."""


def bindings(layers: Sequence[Layer], groups: Sequence[Group]) -> Iterator[list[Bound]]:
    """Ways to pair layers with groups of equal signature, the likeliest first.

    Both must have the same signatures, equally often.
    """
    ours = Counter((layer.group.signature, layer.group.place) for layer in layers)
    theirs = Counter((group.signature, group.place) for group in groups)
    orders = _orders([layer.group for layer in layers], groups)
    ways = (
        [(layers[n], group, flip) for n, group, flip in zip(order, groups, flips, strict=True)]
        for order in (orders if ours == theirs else itertools.islice(orders, MAX_ELSEWHERE))
        for flips in _flips([layers[number].group for number in order], groups)
    )
    return itertools.islice(ways, MAX_BINDINGS)


def _orders(wanted: Sequence[Group], groups: Sequence[Group]) -> Iterator[Order]:
    """Assignments of layers to groups, each once."""
    blocks, by_depth, by_turn = [], dict[int, int](), dict[int, int]()
    for ours, theirs in _classes(wanted, groups):
        if Counter(wanted[n].place for n in ours) == Counter(groups[n].place for n in theirs):
            ours.sort(key=lambda n: (wanted[n].place, wanted[n].turn))
            theirs.sort(key=lambda n: (groups[n].place, groups[n].turn))
            blocks += [list(same) for _, same in
                       itertools.groupby(theirs, key=lambda n: groups[n].place)]  # fmt: skip
            by_turn.update(zip(theirs, ours, strict=True))
        else:
            by_turn.update(zip(theirs, ours, strict=True))
            ours.sort(key=lambda n: (wanted[n].depth, n))
            theirs.sort(key=lambda n: (groups[n].depth, n))
            blocks.append(theirs)
        by_depth.update(zip(theirs, ours, strict=True))
    seen: set[Order] = set()
    for way in itertools.chain([by_depth, by_turn], _permuted(by_depth, blocks)):
        order = tuple(way[n] for n in range(len(groups)))
        if order not in seen:
            seen.add(order)
            yield order


def _classes(
    wanted: Sequence[Group], groups: Sequence[Group]
) -> Iterator[tuple[list[int], list[int]]]:
    """Numbers of layers and of groups that share a signature, in order of use."""
    for signature in dict.fromkeys(group.signature for group in groups):
        yield (
            [n for n, group in enumerate(wanted) if group.signature == signature],
            [n for n, group in enumerate(groups) if group.signature == signature],
        )


def _permuted(base: dict[int, int], blocks: Sequence[Sequence[int]]) -> Iterator[dict[int, int]]:
    """``base`` with the members of each block exchanged: few at a time first.

    Where there are too many ways, only two members change places.
    """
    blocks = [block for block in blocks if len(block) > 1]
    if math.prod(math.factorial(min(len(block), 9)) for block in blocks) <= MAX_RANKED:
        ways = itertools.product(*(itertools.permutations(block) for block in blocks))
        for way in sorted(ways, key=lambda way: _displaced(way, blocks)):
            yield base | {
                old: base[new]
                for block, turned in zip(blocks, way, strict=True)
                for old, new in zip(block, turned, strict=True)
            }
        return
    for block in blocks:
        for one, other in itertools.combinations(block, 2):
            yield base | {one: base[other], other: base[one]}


def _displaced(way: Sequence[Sequence[int]], blocks: Sequence[Sequence[int]]) -> int:
    pairs = zip(itertools.chain(*way), itertools.chain(*blocks), strict=True)
    return sum(new != old for new, old in pairs)


def _flips(wanted: Sequence[Group], groups: Sequence[Group]) -> Iterator[tuple[bool, ...]]:
    """Which weights stand transposed; nothing where a weight cannot take its layer's at all.

    Told by the shape, or by how it is used; tried both ways where neither tells.
    """
    choices: list[tuple[bool, ...]] = []
    for layer, group in zip(wanted, groups, strict=True):
        if layer.weight is None or len(group.shape) != 2:
            choices.append((False,))
        elif group.shape[0] == group.shape[1]:
            choices.append((False, True) if group.layout == "open" else
                           (group.layout == "transposed",))  # fmt: skip
        elif group.shape == layer.shape:
            choices.append((False,))
        elif group.layout != "weight":
            choices.append((True,))
        else:
            return
    yield from itertools.product(*choices)

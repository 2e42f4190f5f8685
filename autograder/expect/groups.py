"""A module's layers as a trace shows them: each product with the batch norm that follows it.

Names, order of registration and style are gone here; what is left is which tensors work together,
their shapes, and where in the flow they stand.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from autograder.submission import State, Trace, Unit

Signature = tuple[object, ...]
PRODUCTS = ("conv2d", "linear", "product")
MAX_MARKS = 32
"""More branches than this that meet in something without weights count as one."""


@dataclass(frozen=True)
class Group:
    """One layer: a convolution or linear map, the batch norm on its output, or either alone.

    The first six fields are indices into the state. ``shape`` is the weight's (or, without one,
    the vector's); ``layout`` as in :class:`Unit`. ``depth`` counts the layers on the longest way
    from the input to here, ``turn`` the layers used before; ``place`` names the position in the
    flow: equal in two modules when the same kinds of layers lie before and behind.
    """

    weight: int | None
    bias: int | None
    gamma: int | None
    beta: int | None
    mean: int | None
    var: int | None
    shape: tuple[int, ...]
    norm: bool
    layout: str = "weight"
    depth: int = 0
    turn: int = 0
    place: str = ""

    @property
    def signature(self) -> Signature:
        """What two layers must share to be bound to each other."""
        shape = tuple(sorted(self.shape)) if len(self.shape) == 2 else self.shape
        return (shape, self.norm, self.weight is None)

    @property
    def members(self) -> tuple[int, ...]:
        """The state entries that belong to it."""
        parts = (self.weight, self.bias, self.gamma, self.beta, self.mean, self.var)
        return tuple(part for part in parts if part is not None)


def canonical(shape: Sequence[int]) -> tuple[int, ...]:
    """A weight's shape, in which a 1x1 convolution is a linear map."""
    if len(shape) == 4 and tuple(shape[2:]) == (1, 1):
        return tuple(shape[:2])
    return tuple(shape)


def groups_of(trace: Trace) -> list[Group]:
    """The layers of a trace in order of use; a layer used twice counts once."""
    gatherer = _Gatherer(trace.state)
    for number, unit in enumerate(trace.units):
        gatherer.take(number, unit)
    depths, places = _positions(trace.units, gatherer)
    return [
        replace(group, depth=depths[start], turn=turn, place=places[start])
        for turn, (start, group) in enumerate(zip(gatherer.starts, gatherer.groups, strict=True))
    ]


@dataclass
class _Gatherer:
    """Puts units together into groups as they come."""

    state: State
    groups: list[Group] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    owner: dict[int, int] = field(default_factory=dict)
    """Unit to the group whose output, so far, is that unit's result."""
    known: dict[int, int] = field(default_factory=dict)
    """State entry to the group that it belongs to."""

    def take(self, number: int, unit: Unit) -> None:
        """Add one unit: to the group that made its input, or as a new one."""
        host = self.owner.get(unit.source) if unit.source is not None else None
        if unit.op in PRODUCTS:
            if unit.weight is None or self.state.entries[unit.weight].kind == "buffer":
                return  # a fixed matrix is no layer: nothing is learned, so nothing is bound
            if unit.weight in self.known:
                self.owner[number] = self.known[unit.weight]
            else:
                self._add(number, self._product(unit))
            return
        joined = None if host is None else self._join(self.groups[host], unit)
        if host is not None and joined is not None:
            self.groups[host] = joined
            self.owner[number] = host
            self.known.update(dict.fromkeys(joined.members, host))
        elif unit.op == "batch_norm":
            self._lone_norm(number, unit)
        elif any(index not in self.known for index in unit.used):
            self._lone(number, unit)

    def _add(self, number: int, group: Group) -> None:
        self.owner[number] = len(self.groups)
        self.known.update(dict.fromkeys(group.members, len(self.groups)))
        self.groups.append(group)
        self.starts.append(number)

    def _product(self, unit: Unit) -> Group:
        assert unit.weight is not None
        shape = self.state.entries[unit.weight].shape
        if unit.layout == "weight" and unit.op != "product":
            shape = unit.weight_shape
        return Group(
            unit.weight, unit.bias, None, None, None, None,
            shape=canonical(shape), norm=False, layout=unit.layout,
        )  # fmt: skip

    def _join(self, host: Group, unit: Unit) -> Group | None:
        """``host`` with a batch norm or a vector on its output; None if it does not belong."""
        if host.weight is None:
            return None
        channels = host.shape if host.layout != "weight" else host.shape[:1]
        if any(math.prod(self.state.entries[index].shape) not in channels for index in unit.used):
            return None
        if unit.op == "batch_norm":
            normed = replace(
                host, gamma=unit.weight, beta=unit.bias, mean=unit.mean, var=unit.var, norm=True
            )
            return normed if normed == host or not host.norm else None  # used twice is used once
        if unit.op not in ("add", "scale"):
            return None
        for index in unit.used:
            if index not in host.members:
                role = self._role(host, unit.op, self.state.entries[index].kind)
                if getattr(host, role) is not None:
                    return None
                changed: dict[str, Any] = {role: index, "norm": host.norm or role != "bias"}
                host = replace(host, **changed)
        return host

    @staticmethod
    def _role(host: Group, op: str, kind: str) -> str:
        """What a vector is in a batch norm (or a bias) that is written out."""
        if op == "scale":
            return "gamma" if kind == "parameter" else "var"
        if kind == "buffer":
            return "mean"
        return "beta" if host.norm else "bias"

    def _lone_norm(self, number: int, unit: Unit) -> None:
        owner = unit.weight if unit.weight is not None else unit.mean
        shape = self.state.entries[owner].shape if owner is not None else unit.in_shape[1:2]
        self._add(
            number,
            Group(None, None, unit.weight, unit.bias, unit.mean, unit.var, shape=shape, norm=True),
        )

    def _lone(self, number: int, unit: Unit) -> None:
        """Something of the state in an operation that is no known layer."""
        index = next(index for index in unit.used if index not in self.known)
        shape = self.state.entries[index].shape
        self._add(number, Group(index, None, None, None, None, None, shape=shape, norm=False))


def _positions(units: Sequence[Unit], gathered: _Gatherer) -> tuple[dict[int, int], dict[int, str]]:
    """Depth and place of each group, by the unit that begins it."""
    starts = dict(zip(gathered.starts, gathered.groups, strict=True))
    depths: dict[int, int] = {}
    before: dict[int, frozenset[str]] = {}
    for number, unit in enumerate(units):
        depths[number] = max((depths[n] for n in unit.after), default=0) + (number in starts)
        before[number] = _marks(starts.get(number), [before[n] for n in unit.after])
    followers: dict[int, list[frozenset[str]]] = {}
    behind: dict[int, frozenset[str]] = {}
    for number in reversed(range(len(units))):
        behind[number] = _marks(starts.get(number), followers.get(number, []))
        for n in units[number].after:
            followers.setdefault(n, []).append(behind[number])
    return depths, {n: "".join((*before[n], *behind[n])) for n in starts}


def _marks(group: Group | None, around: Sequence[frozenset[str]]) -> frozenset[str]:
    """A digest of a layer and of what lies on one side of it; what is no layer lets through.

    A layer is told by how many weights it has: written as a matrix they are as many.
    """
    marks = frozenset[str]().union(*around)
    if group is None and len(marks) <= MAX_MARKS:
        return marks
    kind = () if group is None else (math.prod(group.shape), group.norm, group.weight is None)
    return frozenset(
        (hashlib.blake2b(f"{kind}{sorted(marks)}".encode(), digest_size=6).hexdigest(),)
    )


def fold_filters(groups: Sequence[Group], wanted: Sequence[Group]) -> list[Group]:
    """``groups``, where a matrix and a convolution of equally many numbers take each other's place.

    A convolution by hand may hold its filters as the rows or the columns of a matrix; a linear
    layer on flattened maps may be written as a convolution over all of them.
    """
    open_ = Counter(group.signature for group in wanted)
    open_.subtract(group.signature for group in groups)
    shapes = {group.signature: group for group in wanted}
    folded = []
    for group in groups:
        if open_[group.signature] < 0 and len(group.shape) in (2, 4) and group.weight is not None:
            for signature, other in shapes.items():
                if open_[signature] > 0 and other.norm == group.norm and _fits(group, other):
                    open_[signature] -= 1
                    open_[group.signature] += 1
                    group = replace(group, shape=other.shape)
                    break
        folded.append(group)
    return folded


def _fits(group: Group, other: Group) -> bool:
    """Whether one is a matrix with a row for each filter of the other (or a column, in ours)."""
    if other.weight is None or {len(group.shape), len(other.shape)} != {2, 4}:
        return False
    filters, matrix = (group, other) if len(group.shape) == 4 else (other, group)
    rows = (filters.shape[0], math.prod(filters.shape[1:]))
    return matrix.shape == rows or (matrix is group and matrix.shape == rows[::-1])


def in_words(groups: Sequence[Group]) -> str:
    """The layers as a student would list them."""
    counts = Counter(_words(group) for group in groups)
    shown = [f"{n} x {text}" if n > 1 else text for text, n in counts.items()]
    more = [f"and {len(shown) - 12} other kinds"] if len(shown) > 12 else []
    return ", ".join(shown[:12] + more) or "none"


def _words(group: Group) -> str:
    shape = group.shape
    if group.weight is None:
        return "batch norm on something other than a convolution's output"
    after = " + batch norm" if group.norm else ""
    if len(shape) == 4:
        return f"{shape[2]}x{shape[3]} conv {shape[1]}->{shape[0]}{after}"
    if len(shape) == 2:
        return f"1x1 conv or linear {shape[1]}->{shape[0]}{after}"
    return f"parameter of shape {shape}{after}"

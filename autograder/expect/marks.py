"""The decorator that makes a function a check."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., None])


@dataclass(frozen=True)
class Mark:
    """What :func:`check` notes on a function."""

    question: str
    points: float
    needs: tuple[str, ...]
    compares: bool


def check(
    question: str, *, points: float, needs: str | Sequence[str] = (), compares: bool = False
) -> Callable[[Function], Function]:
    """Mark a function as a check of ``question`` worth ``points``.

    ``needs`` are checks that must have passed before ("name" in the same question or
    "question/name"); otherwise this one is blocked, not failed. ``compares=True`` marks a check
    that holds the submission against the ``oracle`` and so can tell which known mistake it is.
    """
    names = (needs,) if isinstance(needs, str) else tuple(needs)
    full = tuple(name if "/" in name else f"{question}/{name}" for name in names)

    def mark(function: Function) -> Function:
        setattr(function, "__check__", Mark(question, float(points), full, compares))  # noqa: B010
        return function

    return mark


def mark_of(function: Any) -> Mark | None:
    """The mark of a function, None for a helper."""
    mark = getattr(function, "__check__", None)
    return mark if isinstance(mark, Mark) else None

"""Checks on what a student concludes: a function that returns a dictionary of listed values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autograder.expect.kept import kept
from autograder.expect.tensors import defined, kind_of
from autograder.expect.unmet import Unmet
from autograder.submission import Submission


def stated(submission: Submission, name: str, options: Mapping[str, Sequence[str]]) -> None:
    """``name()`` returns a dictionary with a listed value for every key of ``options``."""
    defined(submission, name, "function")
    found = submission.call(name)
    if not isinstance(found, dict):
        got = kind_of(found)
        raise Unmet(f"{name}() does not return a dictionary", expected="a dict", got=got)
    for key, values in options.items():
        if found.get(key) not in values:
            raise Unmet(
                f"the statement {key!r} is none of those listed",
                expected=" or ".join(map(repr, values)),
                got=repr(found[key])[:60] if key in found else "no such key",
                hint="Copy it from the table, spelled exactly so.",
            )


def states_alike(
    submission: Submission, oracle: Submission, name: str, key: str, *, expected: str, hint: str
) -> None:
    """Both state the same under ``key``; which value that is, is not told."""
    mine = _statement(submission, name, key)
    if mine != kept(oracle, _statement, name, key):
        raise Unmet(
            f"the statement {key!r} is another one than the numbers support",
            expected=expected,
            got=repr(mine)[:60],
            hint=hint,
        )


def _statement(side: Submission, name: str, key: str) -> Any:
    """One statement; None when there is none."""
    found = side.call(name)
    return found.get(key) if isinstance(found, dict) else None

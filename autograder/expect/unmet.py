"""How a check says what does not hold."""

from __future__ import annotations


class Unmet(AssertionError):
    """A check's claim does not hold.

    Written for the student: what was ``observed``, what was ``expected``, what came instead, and
    one ``hint`` towards the fix.
    """

    def __init__(self, observed: str, *, expected: str = "", got: str = "", hint: str = "") -> None:
        parts = [observed]
        if expected:
            parts.append(f"expected {expected}")
        if got:
            parts.append(f"got {got}")
        if hint:
            parts.append(f"hint: {hint}")
        super().__init__("; ".join(parts))
        self.observed = observed
        self.expected = expected
        self.got = got
        self.hint = hint


class Inconsistent(Unmet):
    """A module agreed after it was told of a disagreement, and not when it was asked afresh."""

    def __init__(self, of: str) -> None:
        super().__init__(
            f"what {of} gives depends on what was asked before",
            expected="the same function whenever the notebook is run",
            got="another one, after a restart",
            hint="Something beside its input and its parameters decides what it computes: a "
            "counter, or a variable outside of it.",
        )

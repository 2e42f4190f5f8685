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

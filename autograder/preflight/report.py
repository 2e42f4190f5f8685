"""What a preflight found, for the terminal and for programs."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass

from autograder.records import Blame


@dataclass(frozen=True)
class Problem:
    """Something that is not as promised, whose fault it is, and what to do about it."""

    what: str
    remedy: str
    blame: Blame = Blame.ASSIGNMENT


@dataclass(frozen=True)
class PreflightReport:
    """What was proved, with what wall around it, and what was not as promised."""

    assignment: str
    sandbox: str
    checks: int = 0
    misconceptions: int = 0
    alternatives: int = 0
    named: int = 0
    problems: tuple[Problem, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether it may be released."""
        return not self.problems

    def as_text(self) -> str:
        """For the terminal: what was tried, and each problem with what to do."""
        head = (
            f"preflight {self.assignment} (sandbox: {self.sandbox}): {self.checks} checks, "
            f"{self.misconceptions} misconceptions ({self.named} named), "
            f"{self.alternatives} alternatives"
        )
        if self.passed:
            return f"{head}: all as promised."
        lines = [f"{head}: {len(self.problems)} problem(s)."]
        faults = {Blame.ASSIGNMENT: "The assignment's fault:", Blame.GRADER: "The grader's fault:"}
        for blame, title in faults.items():
            found = [problem for problem in self.problems if problem.blame is blame]
            lines += [title] if found else []
            for problem in found:
                lines += [f"  - {problem.what}", f"    {problem.remedy}"]
        lines.append(f"Then run it again: autograder preflight {self.assignment}")
        return "\n".join(lines)

    def to_json(self) -> str:
        """For programs."""
        return json.dumps({**dataclasses.asdict(self), "passed": self.passed})

"""What a student reads about a question beside the table: a few sentences of plain text."""

from __future__ import annotations

from autograder.records import CheckStatus, QuestionRecord
from autograder.report.table import awaited, likely_causes, points


def comment(question: QuestionRecord) -> str:
    """The result in words: what holds, the first thing to mend, the mistake by name.

    Plain text, with words of the student's in it: whoever puts it into HTML makes it harmless.
    """
    score = f"{points(question.points)} of {points(question.max_points)} points"
    failed = [check for check in question.checks if check.status is CheckStatus.FAILED]
    broken = [check for check in question.checks if check.status is CheckStatus.GRADER_ERROR]
    if broken:
        return f"{score}. A check broke by our fault; a person will look at it."
    blocked = [check for check in question.checks if check.status is CheckStatus.BLOCKED]
    if not failed and blocked:
        needed = awaited(blocked[0], question)
        return f"{score}. {len(blocked)} check(s) were not run: they wait for {needed}."
    if not failed:
        return f"{score}. Every check holds."
    parts = [f"{score}."]
    causes = likely_causes(question)
    parts += causes
    first = failed[0]
    begin = "The first that fails" if question.follows else "First to mend"
    parts.append(f"{begin}: {first.title}: {first.observed}.")
    if first.expected:
        parts.append(f"Expected {first.expected}; got {first.got or 'something else'}.")
    if first.hint and not causes:
        parts.append(f"Hint: {first.hint}")
    if blocked:
        parts.append(f"{len(blocked)} more check(s) wait for it.")
    return " ".join(parts)

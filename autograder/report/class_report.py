"""The class report: one self-contained HTML page of what a class did and misunderstood."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from html import escape

from autograder.config import Assignment
from autograder.records import Blame, SubmissionRecord, SubmissionStatus, Visibility
from autograder.report.page import bars, cards, meter, page, section, table
from autograder.report.statistics import (
    MistakeStatistics,
    by_check,
    by_mistake,
    by_question,
    graded,
    histogram,
)
from autograder.report.table import points, with_code

BINS = 12
WHOSE = {
    Blame.GRADER: "the grader's", Blame.ASSIGNMENT: "the course's",
    Blame.SUBMISSION: "the submission's", Blame.NOBODY: "nobody's",
}  # fmt: skip
SHOWN = 12
COMMON = 25
"""Mistakes that are listed in the open; what a single student did is of less use to a teacher."""


def class_report(assignment: Assignment, records: Sequence[SubmissionRecord]) -> str:
    """The report as HTML, without scripts and without external requests."""
    top = sum(question.points for question in assignment.questions if not question.manual)
    lead = (
        f"{len(records)} submissions; automatic points only, {points(top)} at most. "
        "Questions graded by hand are not counted here."
    )
    parts = [
        cards(_glance(records, top)),
        section("Scores", _scores(records, top)),
        section("What the class misunderstood", _mistakes(by_mistake(records), len(records))),
        section("Points by question", _questions(assignment, records)),
        section("Checks, hardest first", _checks(records)),
        section("Needs a person", _faults(records)),
        section("Noted, at no cost", _flags(records)),
        section("Time", _times(records)),
    ]
    return page(f"{assignment.title}: class report", lead, parts)


def _glance(records: Sequence[SubmissionRecord], top: float) -> list[tuple[str, str]]:
    scores = [record.points for record in graded(records)]
    status = Counter(record.status for record in records)
    full = sum(score >= top - 1e-9 for score in scores)
    return [
        ("submissions", str(len(records))),
        ("median points", points(round(statistics.median(scores), 1)) if scores else "–"),
        ("mean points", points(round(statistics.fmean(scores), 1)) if scores else "–"),
        ("with full points", str(full)),
        ("unreadable", str(status[SubmissionStatus.UNREADABLE])),
        ("grader errors", str(status[SubmissionStatus.GRADER_ERROR])),
    ]


def _scores(records: Sequence[SubmissionRecord], top: float) -> str:
    counts = histogram(records, top, BINS)
    edges = [f"{points(round(n * top / BINS, 1))}+" for n in range(BINS)]
    return bars(counts, edges, "Number of submissions by automatic points")


def _mistakes(mistakes: Sequence[MistakeStatistics], total: int) -> str:
    if not mistakes:
        return "<p>No submission behaves as one of the known mistakes does.</p>"
    rows = [
        [
            str(len(mistake.students)),
            f"{_name(mistake.question)} {_name(mistake.name)}",
            f"{escape(mistake.says)}{_later(mistake.later)}{_who(mistake.students)}",
        ]
        for mistake in mistakes
    ]
    caption = (
        f"Known mistakes by frequency among {total} submissions. A submission is counted where it "
        "gives what the mistake gives, under the same weights and inputs. Later questions that "
        "fail with it alone are no mistakes of their own."
    )
    head = ("Submissions", "Mistake", "What these students read")
    first = table(caption, head, rows[:COMMON], [0])
    if len(rows) <= COMMON:
        return first
    rest = table("The rarer ones.", head, rows[COMMON:], [0])
    return f"{first}<details><summary>{len(rows) - COMMON} rarer mistakes</summary>{rest}</details>"


def _later(count: int) -> str:
    """How many later questions a mistake costs points in, where it does."""
    many = "1 later question fails" if count == 1 else f"{count} later questions fail"
    return f" <em>({many} with it.)</em>" if count else ""


def _name(name: str) -> str:
    """A name as code; where the column is narrow it breaks behind an underscore, not in a word."""
    return f"<code>{escape(name).replace('_', '_<wbr>')}</code>"


def _who(students: Sequence[str]) -> str:
    listed = ", ".join(escape(student) for student in students[:200])
    return f'<details><summary class="soft">who</summary>{listed}</details>'


def _questions(assignment: Assignment, records: Sequence[SubmissionRecord]) -> str:
    rows = [
        [
            f"{escape(one.title)} {_name(one.id)}",
            points(one.max_points),
            meter(one.mean),
            f"{one.low:.0%} / {one.median:.0%} / {one.high:.0%}",
            str(one.full),
            str(one.none),
            "–" if one.discrimination is None else f"{one.discrimination:+.2f}",
        ]
        for one in by_question(assignment, records)
    ]
    head = ("Question", "Points", "Mean", "Quartiles", "Full", "Zero", "Discrimination")
    caption = (
        "Discrimination is the correlation of a question's points with the points of all others: "
        "near zero or below, the question does not tell who knows from who does not."
    )
    return table(caption, head, rows, [1, 4, 5, 6])


def _checks(records: Sequence[SubmissionRecord]) -> str:
    rows = [
        [
            _name(check.question),
            with_code(check.title) + (" (hidden)" if check.visibility is Visibility.HIDDEN else ""),
            meter(check.rate),
            str(check.failed),
            str(check.blocked),
        ]
        for check in sorted(by_check(records), key=lambda check: check.rate)
    ]
    head = ("Question", "Check", "Passed", "Failed", "Blocked")
    return table("Blocked: not run, because a check before it failed.", head, rows, [3, 4])


def _faults(records: Sequence[SubmissionRecord]) -> str:
    rows = []
    for record in records:
        for fault in record.faults:
            rows.append([escape(record.student), WHOSE[fault.blame], escape(fault.message[:400])])
    if not rows:
        return "<p>Nothing went wrong.</p>"
    return table("What went wrong outside the checks.", ("Student", "Whose fault", "What"), rows)


def _flags(records: Sequence[SubmissionRecord]) -> str:
    students: dict[tuple[str, str], list[str]] = {}
    for record in records:
        for flag in record.flags:
            students.setdefault((flag.code, flag.message), []).append(record.student)
    if not students:
        return "<p>Every notebook came back in its form.</p>"
    ordered = sorted(students.items(), key=lambda item: -len(item[1]))
    rows = [
        [
            str(len(set(who))),
            f"<code>{escape(code)}</code> {escape(message[:200])}",
            _who(sorted(set(who))),
        ]
        for (code, message), who in ordered[: 5 * SHOWN]
    ]
    return table("Oddities that were repaired.", ("Submissions", "What", "Whose"), rows, [0])


def _times(records: Sequence[SubmissionRecord]) -> str:
    totals = sorted(record.seconds.get("total", 0.0) for record in records)
    if not totals or totals[-1] == 0:
        return "<p>No times were recorded.</p>"
    checks = [record.seconds.get("checks", 0.0) for record in records]
    slow = sorted(records, key=lambda record: -record.seconds.get("total", 0.0))[:5]
    listed = "; ".join(
        f"{escape(record.student)} {record.seconds.get('total', 0.0):.1f} s" for record in slow
    )
    return (
        f"<p>Median {statistics.median(totals):.2f} s a submission on one core, of which checks "
        f"{statistics.median(checks):.2f} s; all together {sum(totals):.0f} s.</p>"
        f'<p class="soft">Slowest: {listed}.</p>'
    )

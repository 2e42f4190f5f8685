"""One question's result as a table, for the terminal and for a notebook."""

from __future__ import annotations

import re
from html import escape

from autograder.records import CheckRecord, CheckStatus, QuestionRecord

SIGNS = {
    CheckStatus.PASSED: "✓",
    CheckStatus.FAILED: "✗",
    CheckStatus.BLOCKED: "…",
    CheckStatus.GRADER_ERROR: "!",
}
WORDS = {
    CheckStatus.PASSED: "holds",
    CheckStatus.FAILED: "does not hold",
    CheckStatus.BLOCKED: "waits",
    CheckStatus.GRADER_ERROR: "grader error",
}
COLOURS = {
    CheckStatus.PASSED: "#1a7f37",
    CheckStatus.FAILED: "#c9302c",
    CheckStatus.BLOCKED: "#7d7d7d",
    CheckStatus.GRADER_ERROR: "#a66a00",
}


NO_FORMULAS = "tex2jax_ignore mathjax_ignore"
"""MathJax leaves these alone: what a student's code says is text, whatever it looks like."""


def points(value: float) -> str:
    """Points as people write them: 3, or 2.5."""
    return f"{value:g}"


def details(check: CheckRecord, beside: QuestionRecord) -> list[tuple[str, str]]:
    """Label and text of what there is to say about a check of a question that did not pass."""
    if check.status is CheckStatus.BLOCKED:
        return [("waits for", awaited(check, beside))]
    said = [
        ("", check.observed),
        ("expected", check.expected),
        ("got", check.got),
        ("hint", check.hint),
    ]
    return [(label, text) for label, text in said if text]


def awaited(check: CheckRecord, beside: QuestionRecord) -> str:
    """What a blocked check waits for, as it stands in the table of its question."""
    titles = {other.id: other.title for other in beside.checks}
    if check.blocked_by in titles:
        return f"“{titles[check.blocked_by]}”"
    question, _, name = check.blocked_by.partition("/")
    return f"the check “{name.replace('_', ' ')}” of question `{question}`"


def likely_causes(question: QuestionRecord) -> list[str]:
    """What explains the failures of a question: its own mistake by name, or an earlier one's."""
    if question.follows:
        return [
            f"The mistake in question `{question.follows}` alone makes these checks fail in this "
            "way. Mend that one first, then see what is left to do here."
        ]
    return [diagnosis.says for diagnosis in question.diagnoses]


def as_text(question: QuestionRecord, more: float = 0.0) -> str:
    """The result as plain text. ``more`` points are given by checks that do not run here."""
    lines = [f"{question.title}: {_score(question, more)}"]
    for check in question.checks:
        lines.append(f"  {SIGNS[check.status]} {check.title} [{WORDS[check.status]}]")
        for label, text in details(check, question):
            lines.append(f"      {label + ': ' if label else ''}{text}")
    lines += [f"  → {cause}" for cause in likely_causes(question)]
    return "\n".join(lines)


def as_html(question: QuestionRecord, more: float = 0.0) -> str:
    """The result as an HTML table that reads on light and on dark ground.

    The layout is told to be automatic: JupyterLab makes columns of one width else.
    """
    rows = "".join(_row(check, question) for check in question.checks)
    named = "".join(
        f'<p style="margin:.4em 0"><strong>Likely cause:</strong> {with_code(cause)}</p>'
        for cause in likely_causes(question)
    )
    return (
        f'<div class="{NO_FORMULAS}" style="max-width:60em;line-height:1.4">'
        '<table style="border-collapse:collapse;width:100%;table-layout:auto;text-align:left">'
        f'<caption style="text-align:left;font-weight:600;padding:.3em 0;color:inherit">'
        f"{with_code(question.title)}: {_score(question, more)}</caption>"
        "<thead><tr>"
        + "".join(
            f'<th scope="col" style="text-align:left;padding:.25em .6em;{width}'
            f'border-bottom:1px solid #8888">{name}</th>'
            for name, width in (("", "width:1.5em;"), ("Check", ""), ("Points", "width:5em;"))
        )
        + f"</tr></thead><tbody>{rows}</tbody></table>{named}</div>"
    )


def with_code(text: str) -> str:
    """Text for HTML, what stands between backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _row(check: CheckRecord, question: QuestionRecord) -> str:
    cell = "padding:.3em .6em;vertical-align:top;text-align:left;white-space:normal"
    # What is said of a check that ran holds words of the student's: nothing in them is markup.
    shown = with_code if check.status is CheckStatus.BLOCKED else escape
    said = "".join(
        f'<div style="opacity:.85"><span style="font-style:italic">'
        f"{label + ': ' if label else ''}</span>{shown(text)}</div>"
        for label, text in details(check, question)
    )
    colour = COLOURS[check.status]
    return (
        f'<tr style="border-bottom:1px solid #8884;background:transparent">'
        f'<td style="{cell};color:{colour};font-weight:700">{SIGNS[check.status]}'
        f'<span style="position:absolute;left:-999em">{WORDS[check.status]}</span></td>'
        f'<td style="{cell}">{with_code(check.title)}{said}</td>'
        f'<td style="{cell};white-space:nowrap">{points(check.points)} / '
        f"{points(check.max_points)}</td></tr>"
    )


def _score(question: QuestionRecord, more: float) -> str:
    held = sum(check.status is CheckStatus.PASSED for check in question.checks)
    return (
        f"{held} of {len(question.checks)} checks hold, "
        f"{points(question.points)} of {points(question.max_points)} points"
        + (f" (and {points(more)} more that are checked when it is graded)" if more > 0 else "")
    )

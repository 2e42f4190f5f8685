"""One question's result as a table, for the terminal and for a notebook."""

from __future__ import annotations

from html import escape

from autograder.records import CheckRecord, CheckStatus, QuestionRecord

SIGNS = {
    CheckStatus.PASSED: "✓",
    CheckStatus.FAILED: "✗",
    CheckStatus.BLOCKED: "·",
    CheckStatus.GRADER_ERROR: "!",
}
WORDS = {
    CheckStatus.PASSED: "holds",
    CheckStatus.FAILED: "does not hold",
    CheckStatus.BLOCKED: "blocked",
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


def details(check: CheckRecord) -> list[tuple[str, str]]:
    """Label and text of what there is to say about a check that did not pass."""
    if check.status is CheckStatus.BLOCKED:
        needed = check.blocked_by.replace("/", ": ").replace("_", " ")
        return [("waits for", needed)]
    said = [
        ("", check.observed),
        ("expected", check.expected),
        ("got", check.got),
        ("hint", check.hint),
    ]
    return [(label, text) for label, text in said if text]


def as_text(question: QuestionRecord) -> str:
    """The result as plain text."""
    lines = [f"{question.title}: {_score(question)}"]
    for check in question.checks:
        lines.append(f"  {SIGNS[check.status]} {check.title} [{WORDS[check.status]}]")
        for label, text in details(check):
            lines.append(f"      {label + ': ' if label else ''}{text}")
    lines += [f"  → {diagnosis.says}" for diagnosis in question.diagnoses]
    return "\n".join(lines)


def as_html(question: QuestionRecord) -> str:
    """The result as an HTML table that reads on light and on dark ground."""
    rows = "".join(_row(check) for check in question.checks)
    named = "".join(
        f'<p style="margin:.4em 0"><strong>Likely cause:</strong> {escape(diagnosis.says)}</p>'
        for diagnosis in question.diagnoses
    )
    return (
        f'<div class="{NO_FORMULAS}" style="max-width:60em;line-height:1.4">'
        '<table style="border-collapse:collapse;width:100%;text-align:left">'
        f'<caption style="text-align:left;font-weight:600;padding:.3em 0;color:inherit">'
        f"{escape(question.title)}: {_score(question)}</caption>"
        "<thead><tr>"
        + "".join(
            f'<th scope="col" style="text-align:left;padding:.25em .6em;'
            f'border-bottom:1px solid #8888">{name}</th>'
            for name in ("", "Check", "Points")
        )
        + f"</tr></thead><tbody>{rows}</tbody></table>{named}</div>"
    )


def _row(check: CheckRecord) -> str:
    cell = "padding:.3em .6em;vertical-align:top;text-align:left;white-space:normal"
    said = "".join(
        f'<div style="opacity:.85"><span style="font-style:italic">'
        f"{label + ': ' if label else ''}</span>{escape(text)}</div>"
        for label, text in details(check)
    )
    colour = COLOURS[check.status]
    return (
        f'<tr style="border-bottom:1px solid #8884;background:transparent">'
        f'<td style="{cell};color:{colour};font-weight:700">{SIGNS[check.status]}'
        f'<span style="position:absolute;left:-999em">{WORDS[check.status]}</span></td>'
        f'<td style="{cell}">{escape(check.title)}{said}</td>'
        f'<td style="{cell};white-space:nowrap">{points(check.points)} / '
        f"{points(check.max_points)}</td></tr>"
    )


def _score(question: QuestionRecord) -> str:
    held = sum(check.status is CheckStatus.PASSED for check in question.checks)
    return (
        f"{held} of {len(question.checks)} checks hold, "
        f"{points(question.points)} of {points(question.max_points)} points"
    )

"""What a student reads: the comment, and the table as text and as HTML."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from autograder.records import QuestionRecord, SubmissionRecord
from autograder.report.feedback import comment
from autograder.report.table import as_html, as_text, points

Make = Callable[..., SubmissionRecord]


def question(make: Make, a: str, *named: str) -> QuestionRecord:
    """Question A with these checks and mistakes."""
    return make("ada", a, mistakes={"a": list(named)}).questions[0]


@pytest.mark.parametrize(
    ("checks", "named", "said"),
    [
        ("pp", [], "4 of 4 points. Every check holds."),
        (
            "pf", [],
            "2 of 4 points. First to mend: a is hidden: a differs. Expected 1; got 2. Hint: look",
        ),
        (
            "ff", ["sum"],
            "0 of 4 points. It is sum. First to mend: a is shape: a differs. Expected 1; got 2.",
        ),
        (
            "fb", [],
            "0 of 4 points. First to mend: a is shape: a differs. Expected 1; got 2. Hint: look "
            "1 more check(s) wait for it.",
        ),
        ("pe", [], "2 of 4 points. A check broke by our fault; a person will look at it."),
    ],
)  # fmt: skip
def test_comments(make: Make, checks: str, named: list[str], said: str) -> None:
    """Points, the mistake by name, the first thing to mend, whose fault it is."""
    assert comment(question(make, checks, *named)) == said


def test_comment_of_blocked_checks_alone(make: Make) -> None:
    """Where all wait for another question, nobody reads that every check holds."""
    blocked = question(make, "bb")
    checks = tuple(replace(check, blocked_by="b/shape") for check in blocked.checks)
    said = comment(replace(blocked, checks=checks))
    waits = "they wait for the check “shape” of question `b`."
    assert said == f"0 of 4 points. 2 check(s) were not run: {waits}"


def test_what_follows_from_an_earlier_mistake(make: Make) -> None:
    """Students are sent to the question where it began, in place of a hint or a name."""
    later = replace(question(make, "pf"), follows="basic_block")
    cause = (
        "The mistake in question `basic_block` alone makes these checks fail in this way. Mend "
        "that one first, then see what is left to do here."
    )
    first = "The first that fails: a is hidden: a differs. Expected 1; got 2."
    assert comment(later) == f"2 of 4 points. {cause} {first}"
    assert as_text(later).endswith(f"\n  → {cause}")
    assert "mistake in question <code>basic_block</code> alone" in as_html(later)


def test_text_table(make: Make) -> None:
    """Every check with sign and word, what is wrong below it, the mistake at the end."""
    assert as_text(question(make, "fp", "sum")) == (
        "Question A: 1 of 2 checks hold, 2 of 4 points\n"
        "  ✗ a is shape [does not hold]\n"
        "      a differs\n"
        "      expected: 1\n"
        "      got: 2\n"
        "      hint: look\n"
        "  ✓ a is hidden [holds]\n"
        "  → It is sum."
    )


def test_blocked_checks_say_for_what_they_wait(make: Make) -> None:
    """The check that is needed is called as in the table, or by its question's name."""
    blocked = question(make, "fb")
    first, waiting = blocked.checks
    told = as_text(replace(blocked, checks=(first, replace(waiting, blocked_by=first.id))))
    assert f"waits for: “{first.title}”" in told
    waiting = replace(waiting, blocked_by="basic_block/output_shape")
    both = replace(blocked, checks=(first, waiting))
    assert "waits for: the check “output shape” of question `basic_block`" in as_text(both)
    assert "of question <code>basic_block</code>" in as_html(both)


def test_points_that_are_not_checked_here(make: Make) -> None:
    """All that can be had at home is not all that there is."""
    given = question(make, "fp")
    assert "2 of 4 points (and 3 more that are checked when it is graded)" in as_text(given, 3.0)
    assert "(and 0.5 more that are checked when it is graded)</caption>" in as_html(given, 0.5)
    assert "more" not in as_text(given)


class Outline(HTMLParser):
    """Tags and text of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.text += data


def test_html_table_is_escaped(make: Make) -> None:
    """Titles, words of a student's and the mistake are text, whatever they hold."""
    evil = "<script>alert('1')</script>&\"<img onerror=1>"
    given = question(make, "f", evil)
    said = {"title": evil, "observed": evil, "expected": evil, "got": evil, "hint": evil}
    html = as_html(replace(given, title=evil, checks=(replace(given.checks[0], **said),)))
    outline = Outline(html)
    assert {"script", "img"}.isdisjoint(outline.tags)
    assert outline.text.count(evil) == 7


def test_html_table_says_what_the_text_says(make: Make) -> None:
    """Both forms have the same words; signs have words for who cannot see them."""
    outline = Outline(as_html(question(make, "fp", "sum")))
    for words in ("does not hold", "holds", "a differs", "expected: 1", "Likely cause: It is sum."):
        assert words in outline.text
    assert outline.tags.count("th") == 3


@pytest.mark.parametrize(
    ("value", "said"), [(3.0, "3"), (2.5, "2.5"), (0.0, "0"), (1 / 3, "0.333333")]
)
def test_points(value: float, said: str) -> None:
    """Points as people write them."""
    assert points(value) == said

"""The class report: one page that needs nothing else, and says all that is to be said."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from autograder.config import Assignment
from autograder.records import Blame, Fault, Flag, SubmissionRecord, SubmissionStatus
from autograder.report.class_report import class_report

Make = Callable[..., SubmissionRecord]
VOID = {"meta", "br", "hr", "img", "link", "input", "line", "rect"}


class Page(HTMLParser):
    """A page's tags, addresses and text by section."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.sections: dict[str, str] = {}
        self._open: list[str] = []
        self._heading = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note tag and addresses; nesting is checked."""
        self.tags.append(tag)
        self.addresses += [
            value or "" for name, value in attrs if name in ("href", "src", "action")
        ]
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Every element ends where it should."""
        assert self._open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element without content."""
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        """Text below its heading."""
        if self._open and self._open[-1] == "h2":
            self._heading = data
        self.sections[self._heading] = self.sections.get(self._heading, "") + f"{data} "


@pytest.fixture
def page(assignment: Assignment, make: Make) -> Page:
    """The report of a class in which everything happened."""
    flag = Flag(code="moved", message="this cell was moved")
    died = Fault(code="died", message="it killed its process", blame=Blame.SUBMISSION)
    ours = Fault(code="grader", message="ValueError: ours", blame=Blame.GRADER)
    cut = Fault(code="not_json", message="was it cut short?", blame=Blame.SUBMISSION)
    records = [
        make("ada", "ff", "f", mistakes={"a": ["sum"]}, seconds={"total": 3.0, "checks": 1.0}),
        make("bob", "fb", "f", mistakes={"a": ["flat"]}, flags=(flag, flag), faults=(died,)),
        make("cyn", "pf", "f", mistakes={"a": ["sum"]}, flags=(flag,)),
        make("dan"),
        make("eve", "bb", "b", status=SubmissionStatus.UNREADABLE, faults=(cut,)),
        make("kim", "pe", status=SubmissionStatus.GRADER_ERROR, faults=(ours,)),
    ]
    return Page(class_report(assignment, records))


def test_needs_nothing_else(page: Page) -> None:
    """No address, no script, no frame: the file alone is the report."""
    assert page.addresses == []
    assert {"script", "iframe", "link", "img", "object", "base"}.isdisjoint(page.tags)


def test_at_a_glance(page: Page) -> None:
    """How many, median, mean, full marks, and what needs a person."""
    glance = page.sections[""]
    for words in ("6 submissions", "0 median points", "1.6 mean points", "1 with full points"):
        assert words in re.sub(r"\s+", " ", glance)
    assert "1 unreadable" in glance
    assert "1 grader errors" in glance


def test_mistakes_by_frequency(page: Page) -> None:
    """Named mistakes, the most frequent first, with what students read and who they are."""
    text = re.sub(r"\s+", " ", page.sections["What the class misunderstood"])
    assert "2 a sum It is sum. who ada, cyn" in text
    assert text.index("sum") < text.index("flat")


def test_what_follows_from_a_mistake_stands_beside_it(assignment: Assignment, make: Make) -> None:
    """A teacher sees what a mistake costs elsewhere."""
    a, b, words = make("ada", "ff", "f", mistakes={"a": ["sum"]}).questions
    record = replace(make("ada"), questions=(a, replace(b, follows="a"), words))
    page = class_report(assignment, [record])
    assert "It is sum. <em>(1 later question fails with it.)</em>" in page
    assert "with it.)" not in class_report(assignment, [replace(record, questions=(a, b, words))])


def test_every_check_and_question(page: Page) -> None:
    """Each question and check is there, hidden ones marked, with how many failed it."""
    checks = re.sub(r"\s+", " ", page.sections["Checks, hardest first"]).replace("\xa0", " ")
    assert "a a is hidden (hidden) 20 % 2 2" in checks
    assert "a a is shape 40 % 2 1" in checks
    assert checks.index("is hidden") < checks.index("a is shape")
    assert "Question B" in page.sections["Points by question"]
    assert "In words" not in page.sections["Points by question"]


def test_what_needs_a_person(page: Page) -> None:
    """Faults with whose they are; flags with how many have them, a student counted once."""
    faults = re.sub(r"\s+", " ", page.sections["Needs a person"])
    assert "bob the submission's it killed its process" in faults
    assert "kim the grader's ValueError: ours" in faults
    flags = re.sub(r"\s+", " ", page.sections["Noted, at no cost"])
    assert "2 moved this cell was moved who bob, cyn" in flags


def test_the_courses_own_faults(assignment: Assignment, make: Make) -> None:
    """A fault of the assignment's is not put on a student."""
    fault = Fault(code="x", message="a wrong check", blame=Blame.ASSIGNMENT)
    text = Page(class_report(assignment, [make("ada", faults=(fault,))])).sections["Needs a person"]
    assert "ada the course's a wrong check" in re.sub(r"\s+", " ", text)


def test_distribution_and_times(page: Page) -> None:
    """Scores as a picture with its text, times with the slowest."""
    assert "Number of submissions by automatic points" in page.sections["Scores"]
    assert page.tags.count("rect") == 12
    assert "Slowest: ada 3.0 s" in page.sections["Time"]


@pytest.mark.parametrize("size", [0, 1])
def test_small_classes(assignment: Assignment, make: Make, size: int) -> None:
    """Nobody and one student make a page, too."""
    page = Page(class_report(assignment, [make("ada")] * size))
    assert page.tags.count("h1") == 1
    assert "Nothing went wrong." in page.sections["Needs a person"]
    assert "Every notebook came back in its form." in page.sections["Noted, at no cost"]
    assert "No times were recorded." in page.sections["Time"]
    assert "No submission behaves as" in page.sections["What the class misunderstood"]


def test_hostile_names_and_words(assignment: Assignment, make: Make) -> None:
    """Whatever students are called or wrote is text."""
    evil = "<script>alert(1)</script><img src=//evil.example onerror=1>\"'&"
    fault = Fault(code=evil, message=evil, blame=Blame.SUBMISSION)
    records = [
        make(evil, "ff", mistakes={"a": [evil]}, faults=(fault,), seconds={"total": 1.0},
             flags=(Flag(code=evil, message=evil, cell=evil),)),
    ]  # fmt: skip
    page = Page(class_report(assignment, records))
    assert page.addresses == []
    assert {"script", "img"}.isdisjoint(page.tags)
    assert evil in page.sections["Needs a person"]

"""The pages' sources: the form that every chapter has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

BOOK = Path(__file__).resolve().parents[2] / "book"
CHAPTERS = ("counting", "resnet", "why-resnets-work")
PAGES = (*CHAPTERS, "index", "glossary", "references", "assignments/resnet")


def source(page: str) -> str:
    """The text of a page."""
    return (BOOK / f"{page}.md").read_text(encoding="utf-8")


def cells(page: str) -> list[str]:
    """The code cells of a page, options included."""
    return re.findall(r"```\{code-cell\} python\n(.*?)```", source(page), flags=re.DOTALL)


@pytest.mark.parametrize("page", CHAPTERS)
@pytest.mark.parametrize(
    "heading",
    ["What people get wrong", "Test yourself", "In three sentences", "Exercises"],
)
def test_chapters_have_their_parts(page: str, heading: str) -> None:
    """Every chapter has the same closing parts, by the same names."""
    assert f"\n## {heading}\n" in source(page)


@pytest.mark.parametrize("page", CHAPTERS)
def test_chapters_say_what_they_teach_and_how_long_it_takes(page: str) -> None:
    """Objectives and time stand at the top."""
    head = source(page)[:1500]
    assert "You will be able to" in head
    assert re.search(r"Time: about \d+ minutes", head)


@pytest.mark.parametrize("page", CHAPTERS)
def test_every_exercise_has_a_folded_solution(page: str) -> None:
    """At least five, each with a title and a solution that is closed until asked for."""
    exercises = re.findall(r"```\{exercise\} .+\n:label: (\S+)", source(page))
    solutions = re.findall(r"\{solution(?:-start)?\} (\S+)\n:class: dropdown", source(page))
    assert len(exercises) >= 5
    assert exercises == solutions


@pytest.mark.parametrize("page", CHAPTERS)
def test_every_question_has_one_right_answer_and_feedback_for_all(page: str) -> None:
    """Three questions or more; each option opens with its verdict and goes on to say why."""
    part = source(page).split("## Test yourself")[1].split("\n## ")[0]
    questions = re.split(r"\n\*\*", part)[1:]
    assert len(questions) >= 3
    for question in questions:
        answers = re.findall(r":::\{dropdown\} .+\n(Right|Not quite)\.\n\S", question)
        assert len(answers) == question.count("{dropdown}") >= 3
        assert answers.count("Right") == 1


@pytest.mark.parametrize("page", CHAPTERS)
def test_summary_is_three_sentences(page: str) -> None:
    """As its heading promises."""
    part = source(page).split("## In three sentences")[1].split("\n## ")[0]
    lines = part.strip().splitlines()
    assert len(lines) == 3
    assert all(line.endswith(".") for line in lines)


@pytest.mark.parametrize("page", PAGES)
def test_code_cells_are_short(page: str) -> None:
    """At most a dozen lines of code, so that one cell is one thought."""
    for cell in cells(page):
        lines = [line for line in cell.splitlines() if line.strip() and not line.startswith(":")]
        assert len(lines) <= 12, cell


@pytest.mark.parametrize("page", PAGES)
def test_one_sentence_per_source_line(page: str) -> None:
    """So that a change to one sentence is a change to one line. Lists may run on."""
    prose = re.sub(r"^---\n.*?^---\n|```.*?```|\$\$.*?\$\$", "", source(page), flags=re.M | re.S)
    for line in prose.splitlines():
        if re.match(r"\s*([-*|>#:]|\d+\.|\*\*)", line):
            continue
        text = re.sub(r"\(.*?\)|`[^`]*`|et al\.|\bno\.", "", line)
        assert len(re.findall(r"[a-z0-9*)][.?!] (?=[A-Z*])", text)) == 0, line


@pytest.mark.parametrize("page", CHAPTERS)
def test_claims_are_asserted(page: str) -> None:
    """Every chapter states in code what its prose says of its experiments."""
    assert sum(cell.count("assert") for cell in cells(page)) >= 3


def test_models_are_defined_in_the_library_alone() -> None:
    """Pages show blocks by inclusion: no page defines a network (exercises may vary a block)."""
    for page in PAGES:
        text = source(page).split("## Exercises")[0]
        assert "nn.Module)" not in text


def test_every_shown_definition_exists_once() -> None:
    """A block is shown once in the whole book."""
    shown = [name for page in PAGES for name in re.findall(r":pyobject: (\S+)", source(page))]
    assert len(shown) == len(set(shown)) >= 5


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("index", "an architecture that does well on one task"),  # lecture notes 0.1
        ("resnet", "The other, the {term}`shortcut`, goes around them"),  # 2.1
        ("why-resnets-work", "popular answer mixes up two remedies"),  # 2.2
        ("resnet", "$g$ is that function, here ReLU"),  # 2.3
        ("resnet", "**add first, then ReLU**"),  # 2.4
        ("resnet", "it is a residual network of five blocks"),  # 2.5
        ("resnet", "The errors fall with every row"),  # 2.6
        ("why-resnets-work", "**The block is the identity.**"),  # 2.7
        ("resnet", "W_s\\, a^{[l]}"),  # 2.8
        ("resnet", "Then one fully connected layer gives a score"),  # 2.9
    ],
)
def test_points_of_the_lecture_are_taught(page: str, words: str) -> None:
    """Each numbered point of the lectures on residual networks has its sentence."""
    assert words in source(page)

"""The pages' sources: the form that every chapter has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

BOOK = Path(__file__).resolve().parents[2] / "book"
CHAPTERS = (
    "counting",
    "lenet",
    "alexnet",
    "vgg",
    "resnet",
    "why-resnets-work",
    "one-by-one",
    "inception-motivation",
    "inception-network",
    "mobilenet",
    "mobilenet-v2",
    "efficientnet",
    "compound-scaling",
    "comparison",
)
PAGES = (
    *CHAPTERS,
    "ledgers",
    "index",
    "errata",
    "glossary",
    "references",
    "assignments/classic-networks",
    "assignments/resnet",
    "assignments/inception",
    "assignments/mobilenet",
    "assignments/efficientnet",
    "instructors",
    "notation",
)


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
        ("lenet", "For AlexNet and VGG it is true"),  # 1.1
        ("lenet", "**height and width shrink, channels grow**"),  # 1.2
        ("lenet", "Convolution and pooling take turns"),  # 1.3
        ("lenet", "so it keeps the number of channels"),  # 1.3
        ("lenet", "as many output {term}`channels <channel>` as it has filters"),  # 1.4
        ("lenet", "**The output is no softmax.**"),  # 1.5
        ("alexnet", "**Like LeNet, and about a thousand times larger.**"),  # 1.6
        ("alexnet", "AlexNet uses {term}`ReLU`"),  # 1.7
        ("alexnet", "**half of the channels on one graphics card"),  # 1.8
        ("alexnet", "The sum runs over five: channel $i$"),  # 1.9
        ("alexnet", "**It is hardly used now.**"),  # 1.10
        ("alexnet", "**AlexNet showed, in computer vision and beyond"),  # 1.11
        ("vgg", "**A simple, uniform structure, with layers stacked deep.**"),  # 1.12
        ("vgg", "**138 million parameters**"),  # 1.13
        ("vgg", "**The deeper, the smaller height and width"),  # 1.14
        ("resnet", "The other, the {term}`shortcut`, goes around them"),  # 2.1
        ("why-resnets-work", "popular answer mixes up two remedies"),  # 2.2
        ("resnet", "$g$ is that function, here ReLU"),  # 2.3
        ("resnet", "**add first, then ReLU**"),  # 2.4
        ("resnet", "it is a residual network of five blocks"),  # 2.5
        ("resnet", "The errors fall with every row"),  # 2.6
        ("why-resnets-work", "**The block is the identity.**"),  # 2.7
        ("resnet", "W_s\\, a^{[l]}"),  # 2.8
        ("resnet", "Then one fully connected layer gives a score"),  # 2.9
        ("mobilenet", "the cheapest *layer* that still does"),  # 6.1
        ("mobilenet", "One output value is the sum of $3 \\cdot 3 \\cdot 3 = 27$ products"),  # 6.2
        ("mobilenet", "So do them one after the other."),  # 6.3
        ("mobilenet", "Each of the channels R, G and B is convolved with a filter"),  # 6.4
        ("mobilenet", "goes on to the next pixel with the same weights"),  # 6.5
        ("mobilenet", "number of pointwise filters *is* the number of output channels"),  # 6.6
        ("mobilenet", "Together 672 instead of 2,160, or 31 %"),  # 6.7
        ("mobilenet", "built a network of nearly nothing else"),  # 6.8
        ("mobilenet-v2", "a richer representation"),  # 6.9
        ("mobilenet-v2", "The projection keeps what is passed on small"),  # 6.10
        ("one-by-one", "**A 1×1 filter is one neuron that reads the channels of a pixel**"),  # 3.1
        ("one-by-one", "**the number of filters is the last dimension of the output**"),  # 3.2
        ("one-by-one", "the same one for every window: a **network in the network**"),  # 3.3
        ("one-by-one", "**it shrinks the channels and keeps height and width**"),  # 3.4
        ("inception-motivation", "Apply all of them to the same input"),  # 4.1
        ("inception-motivation", "$64 + 128 + 32 + 32 = 256$"),  # 4.2
        ("inception-motivation", 'All of them are "same" layers'),  # 4.3
        ("inception-motivation", "120{,}422{,}400"),  # 4.4
        ("inception-motivation", "Two things shrink, and they are not the same thing"),  # 4.5
        ("inception-network", "$28 \\times 28 \\times 192$ comes out"),  # 5.1
        ("inception-network", "a 1×1 convolution shrinks its output to 32 channels"),  # 5.2
        ("inception-network", "The 1×1 comes before the 3×3 and the 5×5 because"),  # 5.3
        ("inception-network", "GoogLeNet stacks nine of them"),  # 5.4
        ("inception-network", "After training they are thrown away"),  # 5.5
        ("inception-network", 'A line from it, "We need to go deeper"'),  # 5.6
        ("compound-scaling", "Give the network a larger image"),  # 7.1
        ("compound-scaling", "Repeat the blocks of each stage more often"),  # 7.2
        ("compound-scaling", "Give each layer more {term}`channels <channel>`"),  # 7.3
        ("compound-scaling", "**turn all three at once**"),  # 7.4
        ("compound-scaling", "the task of this chapter is"),  # 7.5
    ],
)
def test_points_of_the_lecture_are_taught(page: str, words: str) -> None:
    """Each numbered point of the lectures has its sentence."""
    assert words in source(page)

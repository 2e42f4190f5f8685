"""Slots are filled with bodies as the reference has them, or refused with a line to look at."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable

import pytest

from autograder.build.answers import (
    SlotError,
    fill,
    load_answers,
    load_slots,
    stub,
    with_markers,
)
from autograder.build.text import read_text
from autograder.config import Assignment

TEXT, SOLUTIONS = "assignments/tiny/tiny.py", "solutions/tiny.py"
Write = Callable[..., Assignment]

FILLED = '''\
class Scale(nn.Module):
    """Rectified, then multiplied."""

    def __init__(self, factor=2.0):
        """Keep the factor."""
        super().__init__()
        self.multiplied_by = float(factor)
        self.rectifier = nn.ReLU(inplace=False)

    def forward(self, x):
        """(N, C) -> (N, C)."""
        # negative inputs have no part in it
        kept = self.rectifier(x)
        return torch.mul(kept, self.multiplied_by)'''


def test_filled_cell(tiny: Assignment) -> None:
    """A slot becomes the function's body, without docstring and super().__init__()."""
    assert load_answers(tiny).cells["scale"] == FILLED


def test_setup_is_every_provided_cell(tiny: Assignment) -> None:
    """Setup holds what the notebook gives, and no experiment."""
    assert load_answers(tiny).setup.startswith("import torch\n")
    assert "for size" not in load_answers(tiny).setup


def test_questions_in_notebook_order(tiny: Assignment) -> None:
    """Cells come in order, written questions have none."""
    assert list(load_answers(tiny).cells) == ["scale", "area"]


def test_solution_between_markers(tiny: Assignment) -> None:
    """The instructor's cell clears to the stub the way that nbgrader clears it."""
    cell = read_text(tiny)[2]
    marked = with_markers(cell, tiny)
    assert "        ### BEGIN SOLUTION\n        self.multiplied_by" in marked
    assert marked.replace("        ### BEGIN SOLUTION\n", "").replace(
        "\n        ### END SOLUTION", ""
    ) == fill(cell, tiny)


def test_stub_holds_no_answer(tiny: Assignment) -> None:
    """Where a body was, nbgrader's stub stands at the same indentation."""
    text = stub(read_text(tiny)[2])
    assert "        # YOUR CODE HERE\n        raise NotImplementedError()" in text
    assert "rectifier" not in text
    ast.parse(text)


def test_slots_of_an_assignment(tiny: Assignment) -> None:
    """Each slot is known with its question and its bare body."""
    slots = load_slots(tiny)
    assert [(slot.question, slot.reference) for slot in slots] == [
        ("scale", "solutions.tiny:Scale.__init__"),
        ("scale", "solutions.tiny:Scale.forward"),
        ("area", "solutions.tiny:area"),
    ]
    assert slots[2].body.startswith("longer, shorter = max")


def test_nested_class(write_tiny: Write, files: dict[str, str]) -> None:
    """A slot may name a method of a class in a class."""
    source = files[SOLUTIONS] + (
        '\n\nclass Outer:\n    class Inner:\n        def size(self):\n            """Doc."""\n'
        "            return 1 if self else 2\n"
    )
    text = files[TEXT].replace("solutions.tiny:area", "solutions.tiny:Outer.Inner.size")
    answers = load_answers(write_tiny({TEXT: text, SOLUTIONS: source}))
    assert answers.cells["area"].endswith("    return 1 if self else 2")


def test_last_definition_counts(write_tiny: Write, files: dict[str, str]) -> None:
    """Of two definitions of one name Python keeps the last, and so do slots."""
    source = files[SOLUTIONS] + "\n\ndef area(height, width):\n    return width * height\n"
    answers = load_answers(write_tiny({SOLUTIONS: source}))
    assert answers.cells["area"].endswith("\n    return width * height")


def test_reference_changed_in_between(write_tiny: Write, files: dict[str, str]) -> None:
    """Answers are those of the files as they are now."""
    load_answers(write_tiny())
    changed = files[SOLUTIONS].replace("inplace=False", "inplace=bool(0)")
    assert "inplace=bool(0)" in load_answers(write_tiny({SOLUTIONS: changed})).cells["scale"]


SLOT = "# slot: solutions.tiny:area"
MISTAKES = {
    "no module": (SLOT, "# slot: solutions.tinny:area", "there is no solutions/tinny.py"),
    "no function": (
        SLOT, "# slot: solutions.tiny:volume",
        r"tiny\.py, line 44: solutions\.tiny:volume: tiny\.py has no function 'volume'; "
        r"it has: Scale\.__init__, Scale\.forward, area",
    ),
    "a class": (SLOT, "# slot: solutions.tiny:Scale", r"has no function 'Scale'"),
    "misspelt": (SLOT, "# slot solutions.tiny:area", r"line 44: not understood: '# slot solut"),
    "not of solutions": (SLOT, "# slot: os.path:join", r"not understood: '# slot: os\.path:join'"),
    "no slot": (
        SLOT, "return height * width", r"line 42: the solution cell of 'area' has no slot",
    ),
    "slot in an experiment": (
        "    print(size, area(size, size))", f"    {SLOT}",
        r"a slot in a experiment cell; only solution cells have slots",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_named(mistake: str, write_tiny: Write, files: dict[str, str]) -> None:
    """A slot that cannot be filled is an error with the line of the text."""
    old, new, message = MISTAKES[mistake]
    assert files[TEXT].count(old) == 1
    with pytest.raises(SlotError, match=message):
        load_answers(write_tiny({TEXT: files[TEXT].replace(old, new)}))


BODIES = {
    "nothing but a docstring": ('    """Of a rectangle."""', "its body is empty"),
    "on one line": ("    return height * width", None),
    "string over lines": ('    return """a\n  b"""', "cannot be cut out unchanged"),
    "super in the middle": ("    x = 1\n    super().__init__()\n    return x", "on a line of its"),
}


@pytest.mark.parametrize("body", BODIES)
def test_bodies_that_cannot_be_cut_out(body: str, write_tiny: Write, files: dict[str, str]) -> None:
    """A body is taken over unchanged, or not at all."""
    text, message = BODIES[body]
    source = f"def area(height, width):\n{text}\n"
    assignment = write_tiny({SOLUTIONS: files[SOLUTIONS].partition("def area")[0] + source})
    if message is None:
        assert load_answers(assignment).cells["area"].endswith(text)
    else:
        with pytest.raises(SlotError, match=message):
            load_answers(assignment)


def test_a_reference_that_is_no_python(write_tiny: Write, files: dict[str, str]) -> None:
    """The file and the line are told, not only what the slot wants of it."""
    broken = files[SOLUTIONS] + "\ndef broken(:\n"
    told = rf"solutions/tiny\.py, line {broken.count(chr(10))}: invalid syntax"
    with pytest.raises(SlotError, match=told):
        load_answers(write_tiny({SOLUTIONS: broken}))


def test_function_on_one_line(write_tiny: Write, files: dict[str, str]) -> None:
    """A body on the line of its def is refused."""
    source = files[SOLUTIONS].partition("def area")[0] + "def area(h, w): return h * w\n"
    with pytest.raises(SlotError, match="it must begin on a line of its own"):
        load_answers(write_tiny({SOLUTIONS: source}))


def test_answers_are_the_reference(resnet: Assignment) -> None:
    """Every filled cell of the real assignment is valid Python."""
    answers = load_answers(resnet)
    assert set(answers.cells) == {q.id for q in resnet.questions if not q.manual}
    for source in answers.cells.values():
        ast.parse(source)


def test_answers_need_the_standard_library_alone() -> None:
    """Neither torch nor nbgrader nor jupytext is imported for them."""
    code = (
        "import sys; from autograder.config import load_assignment\n"
        "from autograder.build.answers import load_answers\n"
        "from autograder.build.notebook import master_cells\n"
        "load_answers(load_assignment('resnet')); master_cells(load_assignment('resnet'))\n"
        "heavy = {'torch', 'numpy', 'nbgrader', 'nbformat', 'jupytext', 'pytest'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

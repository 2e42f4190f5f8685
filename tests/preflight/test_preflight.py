"""An assignment that keeps its promises passes; each broken promise is named with its remedy."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import autograder.preflight as preflight_module
from autograder.build.kit import side_files
from autograder.config import Assignment
from autograder.preflight import PreflightReport, Problem, preflight
from autograder.records import Blame
from autograder.runner.bench import Bench
from autograder.runner.grade import grade_one

Write = Callable[..., Assignment]
pytestmark = pytest.mark.box

PUBLIC, HIDDEN = "checks/public.py", "checks/hidden.py"
WRONG, TOML = "checks/misconceptions.py", "assignments/tiny/assignment.toml"
TEXT = "assignments/tiny/tiny.py"


def test_tiny_keeps_its_promises(write_tiny: Write) -> None:
    """The reference, the stub, every variant and every check are as promised."""
    report = preflight(write_tiny(), workers=1)
    assert report.passed, report.as_text()
    assert (report.checks, report.misconceptions, report.alternatives) == (5, 5, 1)
    assert report.named == report.misconceptions
    assert report.as_text() == (
        "preflight tiny (sandbox: full): 5 checks, 5 misconceptions (5 named), "
        "1 alternatives: all as promised."
    )


IDLE = '''

@check("scale", points=1)
def scale_free(submission):
    """Free of charge"""


@check("area", points=0, needs="nothing")
def area_never(submission):
    """Nobody can do this"""
    raise Unmet("it is never met", expected="the moon")


@check("volume", points=1)
def volume_somehow(submission):
    """A check of no question"""
    raise Unmet("no volume")
'''
NO_MISTAKE = (
    '    rewrite("area", "product", "It is right.", "def area(a, b):\\n    return a * b"),\n)'
)
TWIN = '    rewrite("area", "{}", "A twin.", "def area(h, w):\\n    return h * h + {}"),\n'


@pytest.fixture
def faulty(write_tiny: Write, files: dict[str, str]) -> PreflightReport:
    """One assignment with many faults, one of each kind."""
    leak = "# longer, shorter = max(height, width), min(height, width)"
    changes: dict[str, str | None] = {
        PUBLIC: files[PUBLIC] + IDLE + leak,
        WRONG: files[WRONG].rstrip().removesuffix(")") + NO_MISTAKE,
        TOML: files[TOML].replace('["area"]', '["area", "volume"]').replace("= 2\n", "= 7\n"),
        "checks/alternatives/area__rounded.py": "# to tens\ndef area(a, b):\n    return a * b // 9",
    }
    return preflight(write_tiny(changes), workers=1)


def test_every_fault_is_named(faulty: PreflightReport) -> None:
    """Each broken promise has its sentence, with values."""
    told = [problem.what for problem in faulty.problems]
    expected = [
        "question 'scale' has 3 points in assignment.toml, its checks have 4 together",
        "question 'area' has 7 points in assignment.toml, its checks have 2 together",
        "the reference answer to 'area' does not define volume",
        "there are checks of 'volume', which is no question with checks",
        "check 'area/never' needs 'area/nothing', which does not exist",
        "the reference fails 'area/never': it is never met; expected the moon",
        "the untouched notebook earns 1 in 'scale'",
        "the alternative area/rounded fails 'area/of_two_by_three': area(2, 3) is wrong; "
        "expected 6; got 0",
        "check 'scale/free' catches no misconception",
    ]
    assert [one for one in expected if one not in told] == [], told
    assert any(one.startswith("leak in _kit/") and "public.py" in one for one in told)


def test_checks_in_several_files(write_tiny: Write, files: dict[str, str]) -> None:
    """Long ones may be split: students have all public ones, the grader all of them."""
    changes: dict[str, str | None] = {PUBLIC: None, HIDDEN: None}
    for path, kind in ((PUBLIC, "public"), (HIDDEN, "hidden")):
        scale, _, area = files[path].partition('@check("area"')
        imports = "from autograder.expect import Unmet, check, number\n\n\n"
        changes[f"checks/{kind}_scale.py"] = scale
        changes[f"checks/{kind}_area.py"] = f'{imports}@check("area"{area}'
    assignment = write_tiny(changes)
    report = preflight(assignment, workers=1)
    assert report.passed, report.as_text()
    assert (report.checks, report.named) == (5, 5)
    kit = [name.rpartition("/")[2] for name in side_files(assignment) if "checks/tiny/" in name]
    assert sorted(kit) == ["__init__.py", "frozen.npz", "public_area.py", "public_scale.py"]


def test_text_tells_what_to_do(faulty: PreflightReport) -> None:
    """Each problem comes with its remedy, under whose fault it is."""
    text = faulty.as_text()
    assert "The assignment's fault:" in text
    assert "The grader's fault:" not in text
    assert text.count("\n    ") == len(faulty.problems)
    assert text.endswith("Then run it again: autograder preflight tiny")


def test_mistakes_that_lose_nothing_or_have_no_name(
    write_tiny: Write, files: dict[str, str]
) -> None:
    """A wrong answer that keeps its points, and one that no feedback could tell from others."""
    twins = "".join(TWIN.format(f"twin_{n}", "0 * w" if n else "0 * h") for n in range(5))
    text = files[WRONG].rstrip().removesuffix(")") + twins + NO_MISTAKE
    report = preflight(write_tiny({WRONG: text}), workers=1)
    told = [problem.what for problem in report.problems]
    assert "the misconception area/product keeps all its points" in told
    assert any("is not named: the feedback names " in one for one in told), told


def test_broken_check_is_the_assignments_fault(write_tiny: Write, files: dict[str, str]) -> None:
    """A check that raises something else than Unmet on our own answer is to be mended."""
    broken = files[HIDDEN].replace("got = number(", "got = no_such_helper(")
    report = preflight(write_tiny({HIDDEN: broken}), workers=1)
    told = next(one for one in report.problems if one.what.startswith("the reference ends in"))
    assert "area/of_others: the check itself broke: NameError" in told.what
    assert (told.remedy, told.blame) == ("Mend the check.", Blame.ASSIGNMENT)


def test_given_cell_that_raises(write_tiny: Write, files: dict[str, str]) -> None:
    """A given cell that does not run is named with its line and its error."""
    text = files[TEXT].replace("from torch import nn\n", "from torch import nn\nsize = 1 / 0\n")
    (problem,) = preflight(write_tiny({TEXT: text}), workers=1).problems
    assert problem.what == (
        "the notebook's own code raises in setup, line 4: ZeroDivisionError: division by zero"
    )


def test_cell_that_only_runs_here(write_tiny: Write, files: dict[str, str]) -> None:
    """Code that needs what the box has not is named, even when all checks pass."""
    given = f"from torch import nn\nopen({str(Path(__file__))!r}).close()\n"
    text = files[TEXT].replace("from torch import nn\n", given)
    told = [one.what for one in preflight(write_tiny({TEXT: text}), workers=1).problems]
    assert any(one.startswith("the reference raises in 'setup': FileNotFound") for one in told)


UNTRIED = {
    "text": ({TEXT: "print()\n"}, "expected a cell marker"),
    "slot": ({"solutions/tiny.py": "x = 1\n"}, "tiny.py has no function 'Scale.__init__'"),
    "variants": ({WRONG: None}, "misconceptions.py: every assignment keeps one"),
    "checks": ({HIDDEN: "import nothing_like_it\n"}, "No module named 'nothing_like_it'"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNTRIED)
def test_what_cannot_be_tried(case: str, write_tiny: Write) -> None:
    """Without text, answers, variants or checks there is one problem, and nothing is graded."""
    changes, said = UNTRIED[case]
    report = preflight(write_tiny(changes), workers=1)
    (problem,) = report.problems
    assert said in problem.what
    assert problem.remedy == "Mend it first: nothing else was tried."


def test_more_workers_grade_through_the_bulk_run(
    write_tiny: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With several workers the notebooks are a course folder, graded by the bulk run."""
    assignment = write_tiny()
    seen: list[tuple[int, int]] = []

    def bulk(assignment: Assignment, course: Any, *, workers: int, setting: Any, **_: Any) -> Any:
        folders = sorted((course / "submitted").glob(f"*/{assignment.id}"))
        seen.append((workers, len(folders)))
        with Bench(assignment, setting) as bench:
            return SimpleNamespace(records=[grade_one(folder, bench) for folder in folders])

    monkeypatch.setattr(preflight_module, "grade", bulk)
    assert preflight(assignment, workers=3).passed
    assert seen == [(3, 8)]


def test_report_for_programs() -> None:
    """The JSON form has every field and whether it passed."""
    problem = Problem("it broke", "report it", Blame.GRADER)
    report = PreflightReport("tiny", "full", checks=3, problems=(problem,))
    document = json.loads(report.to_json())
    assert document["passed"] is False
    assert document["problems"] == [{"what": "it broke", "remedy": "report it", "blame": "grader"}]
    assert "The grader's fault:\n  - it broke\n    report it" in report.as_text()

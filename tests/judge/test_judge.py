"""A judge over a tiny assignment: what it says of checks that are not as they should be."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest
import torch

from autograder.build.answers import load_answers
from autograder.config import Assignment
from autograder.judge import Judge, JudgeError
from autograder.records import Blame, CheckStatus
from autograder.submission import LocalTransport, Submission

Write = Callable[..., Assignment]
PUBLIC = """
from autograder.expect import check


@check("area", points={points}{more})
def area_is_an_area({arguments}):
    {docstring}
    {body}
"""


def public(points: int = 2, more: str = "", arguments: str = "submission",
           docstring: str = '"""It is"""', body: str = "pass") -> dict[str, str]:  # fmt: skip
    """A file of public checks with one check in it."""
    text = PUBLIC.format(
        points=points, more=more, arguments=arguments, docstring=docstring, body=body
    )
    return {"checks/public.py": text}


def broken(assignment: Assignment) -> str:
    """What the judge says when it refuses the checks."""
    with pytest.raises(JudgeError, match=r"the checks in .* cannot be used:") as caught:
        Judge(assignment)
    assert "The assignment's fault, not a submission's." in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"checks/public.py": None}, "public.py is missing"),
        ({"checks/public.py": "import nowhere_to_be_found"}, "line 1: ModuleNotFoundError"),
        ({"checks/public.py": "\n\ndef f(:"}, "line 3: SyntaxError"),
        (public(docstring="x = 1"), "has no docstring, which students read as its title"),
        (
            {
                "checks/public.py": public()["checks/public.py"].replace(
                    "\n@check", "\nimport pytest\n@pytest.mark.skip\n@check"
                )
            },
            "check 'area/is_an_area' is marked 'skip': then nothing judges its points",
        ),
        (
            {
                "checks/public.py": "import pytest\n\n\n@pytest.fixture(autouse=True)\n"
                "def before():\n    pass\n" + public()["checks/public.py"]
            },
            "check 'area/is_an_area' relies on pytest's fixture 'before', which never runs here",
        ),
        (
            {
                "checks/public.py": public()["checks/public.py"]
                + "\n\ndef setup_module():\n    pass\n"
            },
            "relies on pytest's fixture '_xunit_setup_module_fixture",
        ),
        ({"checks/public.py": "x = 1"}, "pytest found no check in "),
        (public(arguments="oracle"), "asks for 'oracle'; in public.py it may ask for submission"),
    ],
)
def test_checks_that_cannot_be_used(
    write_tiny: Write, changes: dict[str, str | None], said: str
) -> None:
    """Where, what, and whose fault it is, before anybody is graded."""
    assert said in broken(write_tiny(changes))


def test_hidden_checks_need_answers(tiny: Assignment) -> None:
    """There is nothing to compare with otherwise."""
    with pytest.raises(JudgeError, match="compare with the reference: give the judge its answers"):
        Judge(tiny, hidden=True)


def test_points_that_do_not_add_up(write_tiny: Write) -> None:
    """Sums, needs and questions are held against assignment.toml, all at once."""
    tiny = write_tiny(public(points=3, more=', needs="nothing"'))
    with Judge(tiny) as judge, pytest.raises(
        JudgeError, match=r"the checks do not agree with .*assignment\.toml:"
    ) as caught:  # fmt: skip
        judge.verify()
    said = str(caught.value)
    assert "question 'area' has 2 points, its checks have 3 together" in said
    assert "question 'scale' has 3 points, its checks have 0 together" in said
    assert "needs 'area/nothing': no such check" in said


def test_a_closed_judge(tiny: Assignment) -> None:
    """Asking after the end is told, not waited for."""
    judge = Judge(tiny)
    judge.close()
    sitting = judge.sitting(Submission(LocalTransport({})))
    with pytest.raises(JudgeError, match=r"the judge is closed\. Make another"):
        sitting.run("area")


def test_asked_from_within(tiny: Assignment) -> None:
    """Code under check that calls check() itself is told to take that out."""
    with Judge(tiny) as judge:
        names: dict[str, object] = {}
        sitting = judge.sitting(Submission(LocalTransport(names)))
        names["area"] = lambda height, width: sitting.run("area")
        (check,) = sitting.run("area").checks
    assert check.status is not CheckStatus.PASSED
    assert "JudgeError" in check.observed
    assert "Take that call out of the function" in check.observed


def test_an_interrupt_ends_the_check_and_nothing_else(tiny: Assignment) -> None:
    """Who stops a cell that takes too long may run the next one."""

    def stopped(height: int, width: int) -> int:
        raise KeyboardInterrupt

    with Judge(tiny) as judge:
        names: dict[str, object] = {"area": stopped}
        with pytest.raises(KeyboardInterrupt):
            judge.sitting(Submission(LocalTransport(names))).run("area")
        names["area"] = lambda height, width: height * width
        assert judge.sitting(Submission(LocalTransport(names))).run("area").points == 1.0


def test_an_interrupt_while_checks_are_collected(write_tiny: Write) -> None:
    """It is an interrupt, and not said of the checks."""
    tiny = write_tiny({"checks/public.py": "raise KeyboardInterrupt"})
    with pytest.raises(KeyboardInterrupt):
        Judge(tiny)


def test_a_check_that_breaks_is_our_fault(write_tiny: Write) -> None:
    """No points are lost by it; the record says where it broke."""
    with Judge(write_tiny(public(body="1 / 0"))) as judge:
        (check,) = judge.sitting(Submission(LocalTransport({}))).run("area").checks
    assert (check.status, check.blame) == (CheckStatus.GRADER_ERROR, Blame.GRADER)
    assert check.observed == "the check itself broke: ZeroDivisionError: division by zero"


def test_a_check_that_returns_something(write_tiny: Write) -> None:
    """A check that returns False would pass for ever: it is refused."""
    with Judge(write_tiny(public(body="return False"))) as judge:
        (check,) = judge.sitting(Submission(LocalTransport({}))).run("area").checks
    assert "a check raises Unmet or returns nothing; this one returned False" in check.observed


@pytest.mark.parametrize(
    ("body", "built", "status"),
    [
        ("submission.build('Net')", 1, CheckStatus.FAILED),
        ("submission.shared('Net')", 1, CheckStatus.FAILED),
        ("submission.build('Net'); assert False", 0, CheckStatus.GRADER_ERROR),
    ],
)
def test_a_check_that_only_builds(
    write_tiny: Write, body: str, built: int, status: CheckStatus
) -> None:
    """It is not over before that is done, where modules are built with the first request."""
    calls = []

    def fails() -> None:
        calls.append(1)
        raise ValueError("not like this")

    submission = Submission(LocalTransport({"Net": fails}), deferring=True)
    with Judge(write_tiny(public(body=body))) as judge:
        (check,) = judge.sitting(submission).run("area").checks
    assert (check.status, len(calls)) == (status, built)


def test_random_states_are_put_back(tiny: Assignment) -> None:
    """The notebook's own random numbers go on as if nothing had been asked."""

    def draw() -> tuple[float, float, float]:
        return torch.rand(1).item(), random.random(), np.random.rand()

    def area(height: int, width: int) -> int:
        draw()
        return height * width

    for start in (torch.manual_seed, random.seed, np.random.seed):
        start(5)
    expected = draw()
    for start in (torch.manual_seed, random.seed, np.random.seed):
        start(5)
    with Judge(tiny) as judge:
        judge.sitting(Submission(LocalTransport({"area": area}))).run("area")
    assert draw() == expected


def test_the_reference_passes_and_is_asked_again(tiny: Assignment) -> None:
    """One judge, many sittings: right answers hold, wrong ones do not, in any order."""
    answers = load_answers(tiny)
    with Judge(tiny, answers=answers, hidden=True) as judge:
        right = {"area": lambda height, width: height * width}
        wrong = {"area": lambda height, width: height + width}
        points = [
            judge.sitting(Submission(LocalTransport(dict(names)))).run("area").points
            for names in (right, wrong, right, {})
        ]
    assert points == [2.0, 0.0, 2.0, 0.0]


def test_an_oracle_forgets_what_it_failed(tiny: Assignment) -> None:
    """A known mistake that was itself judged is an oracle like any other afterwards."""
    answers = load_answers(tiny)
    with Judge(tiny, answers=answers, hidden=True) as judge:
        oracle = judge.oracle({})
        assert oracle is not None
        oracle.refused.add(True)
        info = next(info for info in judge.catalogue if info.visibility == "hidden")
        names = {"scale": object()}
        judge.ask(info, Submission(LocalTransport(names)))
        assert oracle.refused == set()

"""The checks of an assignment as a list: what each is worth and needs, and whether it adds up."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autograder.config import Assignment
from autograder.judge.plugin import Collected
from autograder.records import Visibility


@dataclass(frozen=True)
class CheckInfo:
    """One check as the assignment defines it."""

    id: str
    question: str
    title: str
    visibility: Visibility
    points: float
    needs: tuple[str, ...]
    compares: bool
    number: int
    where: str
    draws: bool
    """Whether it asks for numbers that are drawn: a seed, or cases with given weights."""


def catalogue_of(checks: Sequence[Collected]) -> tuple[CheckInfo, ...]:
    """The collected checks in their order."""
    return tuple(
        CheckInfo(
            id=check.id,
            question=check.mark.question,
            title=check.title,
            visibility=Visibility(check.path.stem.partition("_")[0]),
            points=check.mark.points,
            needs=check.mark.needs,
            compares=check.mark.compares,
            number=number,
            where=check.where,
            draws=bool({"seed", "frozen"} & set(check.arguments)),
        )
        for number, check in enumerate(checks)
    )


def in_order(infos: Sequence[CheckInfo]) -> list[CheckInfo]:
    """As defined, but each check after those of its own question that it needs."""
    waiting, ordered = list(infos), list[CheckInfo]()
    own = {info.id for info in infos}
    while waiting:
        done = {info.id for info in ordered}
        ready = next((i for i in waiting if own.intersection(i.needs) <= done), waiting[0])
        waiting.remove(ready)
        ordered.append(ready)
    return ordered


def disagreements(catalogue: Sequence[CheckInfo], assignment: Assignment) -> list[str]:
    """Checks of no question, needs of no check, questions whose points are another sum."""
    ids = {info.id for info in catalogue}
    graded = {question.id: question for question in assignment.questions if not question.manual}
    found = []
    for info in catalogue:
        if info.question not in graded:
            known = ", ".join(graded)
            found.append(
                f"{info.where}: check {info.id!r} is of {info.question!r}, which is no question "
                f"with checks; these are: {known}"
            )
        for need in info.needs:
            if need not in ids:
                found.append(f"{info.where}: check {info.id!r} needs {need!r}: no such check")
    worth = totals(catalogue)
    for question in graded.values():
        if not math.isclose(worth.get(question.id, 0.0), question.points):
            found.append(
                f"question {question.id!r} has {question.points:g} points, its checks have "
                f"{worth.get(question.id, 0.0):g} together"
            )
    return found


def totals(catalogue: Sequence[CheckInfo]) -> Mapping[str, float]:
    """The points of each question, as the sum over its checks."""
    points: dict[str, float] = {}
    for info in catalogue:
        points[info.question] = points.get(info.question, 0.0) + info.points
    return points

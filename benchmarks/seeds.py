"""Correct answers under other hidden inputs and other starts of training, for `make quality`.

That is most of what measuring takes. A check whose code, whose inputs' recipe, and whose correct
answers are what they were when it was measured is not measured again (:func:`settings`): the edit
of one check, or of what a check says, costs minutes and not an hour.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping

import torch

from autograder.build.answers import Answers, load_answers
from autograder.config import Assignment, load_assignment
from autograder.expect import load_alternatives
from autograder.expect.variants import Variant
from autograder.judge import Judge
from autograder.judge.recipe import recipe_of
from autograder.judge.reference import oracle
from autograder.sources import Sources
from benchmarks.calibrate import answers_to_try, trainings

TRAINING = "TRAININGS"
"""Stands beside the checks in :func:`settings`: what the margin of training depends on."""
_kept: dict[str, tuple[Assignment, Answers, Judge]] = {}


def settings(assignment: Assignment) -> dict[str, str]:
    """For each check, and for training, a digest of all that the measurement depends on."""
    answers = load_answers(assignment)
    texts = [answers.setup, *answers.cells.values()]
    texts += [
        part for v in load_alternatives(assignment.checks) for part in (v.code, *v.also.values())
    ]
    recipe = recipe_of(assignment)
    frozen = recipe.read_text(encoding="utf-8") if recipe.is_file() else ""
    sources = Sources([*assignment.public_checks, *assignment.hidden_checks], words=False)
    own = {
        check.id: sources.digest(*check.name) + (frozen if "frozen" in check.takes else "")
        for check in sources.checks
    }
    stems = [path.stem for path in assignment.hidden_checks]
    own[TRAINING] = "".join(sources.digest(stem, TRAINING) for stem in stems)
    return {
        name: hashlib.sha256("\0".join([digest, *texts]).encode()).hexdigest()[:12]
        for name, digest in own.items()
    }


def losses_of(id: str, salt: int, checks: Collection[str]) -> list[tuple[str, str]]:
    """Of ``checks`` those that the reference or an alternative fails under other hidden inputs.

    Each with what it said. Checks that draw nothing are run with the first salt alone: they would
    be asked the same again.
    """
    assignment, answers, judge = _judge(id)
    judge.salt = f"/{salt}"
    found = []
    everything = {q.id for q in assignment.questions if not q.manual}
    todo: list[tuple[str, Variant | None, set[str]]] = [("reference", None, everything)]
    for variant in load_alternatives(assignment.checks):
        changed = {variant.question, *variant.also}
        todo.append((variant.name, variant, everything & set(judge.reached(changed))))
    for name, variant, questions in todo:
        replaced: Mapping[str, str] = {}
        if variant is not None:
            replaced = {variant.question: variant.code, **variant.also}
        asked = oracle(answers, replaced)
        for question in assignment.questions:
            asked.forget_shared()
            for info in judge.of_question(question.id) if question.id in questions else ():
                if info.id in checks and (info.draws or not salt):
                    error = judge.ask(info, asked).error
                    if error is not None:
                        found.append((info.id, f"{name}, seed {salt}: {info.id}: {error}"))
    return found


def margin_of(id: str, seed: int) -> float:
    """The least distance to a training bar, over the correct answers, of runs from one seed."""
    torch.set_num_threads(1)
    assignment = load_assignment(id)
    return min(
        max(training.history(answers, seed)) - training.bar
        for training in trainings(assignment)
        for _, learns, answers in answers_to_try(assignment, training)
        if learns
    )


def _judge(id: str) -> tuple[Assignment, Answers, Judge]:
    """One judge a process and assignment."""
    torch.set_num_threads(1)
    if id not in _kept:
        assignment = load_assignment(id)
        answers = load_answers(assignment)
        _kept[id] = (assignment, answers, Judge(assignment, answers=answers, hidden=True))
    return _kept[id]

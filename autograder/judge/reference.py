"""Our own answers as submissions: the reference, and each known mistake in its place."""

from __future__ import annotations

import re
import sys
import types
from collections.abc import Mapping
from typing import Any, Protocol

from autograder.submission import LocalTransport, Submission


class AnswersLike(Protocol):
    """The reference answers of an assignment as text (``build.answers.Answers``)."""

    @property
    def setup(self) -> str:
        """The source of the provided cells."""

    @property
    def cells(self) -> Mapping[str, str]:
        """The filled solution cell of each question, in notebook order."""


_CHECKER = re.compile(r"^\s*(from checker import .*|import checker.*)$", re.MULTILINE)


def namespace(answers: AnswersLike, replaced: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What the notebook defines when every answer is the reference's, but for those replaced.

    Only our own text is executed here, never a student's.
    """
    module = types.ModuleType("reference_answers")
    names = vars(module)
    names["check"] = lambda question: None
    sys.modules[module.__name__] = module  # dataclasses and typing look their module up by name
    exec(compile(_CHECKER.sub("", answers.setup), "<setup>", "exec"), names)
    for question, source in {**answers.cells, **(replaced or {})}.items():
        exec(compile(source, f"<{question}>", "exec"), names)
    return names


def oracle(answers: AnswersLike, replaced: Mapping[str, str] | None = None) -> Submission:
    """The same as a submission that checks can ask."""
    return Submission(LocalTransport(namespace(answers, replaced)))

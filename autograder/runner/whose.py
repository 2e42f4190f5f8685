"""Whose notebook one is that has none of an assignment's answers."""

from __future__ import annotations

from collections.abc import Callable

from autograder.config import Assignment, ConfigError, known_assignments, load_assignment


def resembled(has: Callable[[str], bool], assignment: Assignment) -> str:
    """The other assignment of the course of which a notebook has most questions; empty if none.

    One name in common is no likeness: two assignments may ask for a block of one name.
    """
    best, most = "", 1
    for id in known_assignments():
        if id == assignment.id:
            continue
        try:
            questions = load_assignment(id).questions
        except ConfigError:  # that one's author is told elsewhere
            continue
        common = sum(has(question.id) for question in questions)
        if common > most:
            best, most = id, common
    return best


def not_this_one(assignment: Assignment, other: str) -> str:
    """What to say of a notebook that has none of its answers, and looks like the ``other``'s."""
    like = f" It looks like the notebook of {other!r}." if other else ""
    return f"no answer to any question of {assignment.id!r} is in this notebook.{like}"

"""The judge: pytest over an assignment's checks, started once, asked for every submission."""

from autograder.judge.judge import CheckInfo, Judge, Sitting, totals
from autograder.judge.session import JudgeError

__all__ = ["CheckInfo", "Judge", "JudgeError", "Sitting", "totals"]

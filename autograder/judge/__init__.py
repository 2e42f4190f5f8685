"""The judge: pytest over an assignment's checks, started once, asked for every submission."""

from autograder.judge.catalogue import CheckInfo, totals
from autograder.judge.judge import Judge
from autograder.judge.session import JudgeError
from autograder.judge.sitting import Sitting

__all__ = ["CheckInfo", "Judge", "JudgeError", "Sitting", "totals"]

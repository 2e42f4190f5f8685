"""A sample class to try things on, made from the project's own code.

Reference, alternatives, misconceptions, mixed students, blanks, broken files and attacks, each with
what is expected of it, so that a run over the class can be held against that.
"""

from autograder.sample.expected import Mismatch, verify
from autograder.sample.notebooks import submission
from autograder.sample.students import Student, catalogue, fixed_students, left_out
from autograder.sample.write import SampleError, sample

__all__ = [
    "Mismatch",
    "SampleError",
    "Student",
    "catalogue",
    "fixed_students",
    "left_out",
    "sample",
    "submission",
    "verify",
]

"""Public checks of ``assignments/mobilenet``: ratios, rounding, tables, what they tell.

They run in a student's own kernel, where the reference is not, and again when a submission is
graded. A check is called ``<question>_<name>``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autograder.expect import Unmet, check, defined, number
from autograder.expect.statements import stated
from autograder.submission import Submission

# --- 2 cost_ratio --------------------------------------------------------------------------------


def ratios_are(submission: Submission, cases: Mapping[tuple[int, int], float], hint: str) -> None:
    """Values of ``separable_cost_ratio``, by its arguments."""
    answers = submission.call_each("separable_cost_ratio", [*cases])
    for (args, expected), found in zip(cases.items(), answers, strict=True):
        of = f"separable_cost_ratio{args}"
        got = number(found, of=of)
        if abs(got - expected) > 1e-9:
            raise Unmet(f"{of} is another number", expected=f"{expected:.6g}", got=f"{got:.6g}",
                        hint=hint)  # fmt: skip


@check("cost_ratio", points=0.5)
def cost_ratio_number(submission: Submission) -> None:
    """`separable_cost_ratio` returns a Python float."""
    defined(submission, "separable_cost_ratio", "function")
    found = submission.call("separable_cost_ratio", 64, 3)
    number(found, of="separable_cost_ratio(64, 3)")
    if not isinstance(found, float):
        raise Unmet("separable_cost_ratio(64, 3) is a whole number", expected="a float",
                    got=repr(found), hint="// rounds down; / does not.")  # fmt: skip


@check("cost_ratio", points=0.5, needs="number")
def cost_ratio_example(submission: Submission) -> None:
    """In the lecture's example it is 672 / 2,160."""
    ratios_are(
        submission, {(5, 3): 672 / 2160},
        "432 for the depthwise step and 240 for the pointwise one, over 2,160. Divide both by the "
        "size of the map and by the input's channels: what is left?",
    )  # fmt: skip


@check("cost_ratio", points=0.5, needs="number")
def cost_ratio_useless_split(submission: Submission) -> None:
    """With one output channel, or with a 1×1 filter, the split costs more than it saves."""
    hint = "Two steps, two terms: one for the depthwise and one for the pointwise convolution."
    ratios_are(submission, {(n, k): 1 / n + 1 / k**2 for n, k in ((1, 3), (8, 1))}, hint)


# --- 5 make_divisible ----------------------------------------------------------------------------


def rounded(submission: Submission, rows: Sequence[tuple[Any, ...]]) -> Iterator[int]:
    """What ``make_divisible`` returns for each row of arguments, if it is an int."""
    for args, found in zip(rows, submission.call_each("make_divisible", rows), strict=True):
        yield int(number(found, of=f"make_divisible({', '.join(map(str, args))})", whole=True))


@check("make_divisible", points=0.5)
def make_divisible_multiple(submission: Submission) -> None:
    """`make_divisible` returns an int, a multiple of the divisor and never less than that."""
    defined(submission, "make_divisible", "function")
    rows = [(0.5, 8), (3, 8), (19.2, 8), (100, 16), (41, 4)]
    for (value, divisor), found in zip(rows, rounded(submission, rows), strict=True):
        if found % divisor or found < divisor:
            raise Unmet(
                f"make_divisible({value}, {divisor}) is no multiple of {divisor}",
                expected=f"{divisor} or a multiple of it", got=str(found),
                hint="Divide by the divisor, round, multiply by it again.",
            )  # fmt: skip


@check("make_divisible", points=1, needs="multiple")
def make_divisible_table(submission: Submission) -> None:
    """It gives the values of the table in the text."""
    table = {3: 8, 12: 16, 17.5: 16, 18: 24, 33.6: 32, 44.8: 48, 48: 48}
    answers = rounded(submission, [(value,) for value in table])
    for (value, expected), found in zip(table.items(), answers, strict=True):
        if found != expected:
            raise Unmet(
                f"make_divisible({value}) is another multiple of 8", expected=str(expected),
                got=str(found), hint="Nearest first, halves up; then the two exceptions.",
            )  # fmt: skip


@check("make_divisible", points=1, needs="multiple")
def make_divisible_near(submission: Submission) -> None:
    """It never takes away more than a tenth, and never adds more than it must."""
    values = (9, 10.5, 17.6, 17.9, 20, 26.5, 27, 35.2, 35.9, 44, 52, 75, 83.9, 108, 131.9)
    answers = rounded(submission, [(value,) for value in values])
    for value, found in zip(values, answers, strict=True):
        lower = int(value // 8) * 8
        keeps = lower >= 0.9 * value and value - lower < 4
        wanted = lower if keeps else lower + 8 if lower < value else lower
        if found != wanted:
            what, hint = _not_near(value, found, lower)
            raise Unmet(
                f"make_divisible({value}) {what}",
                expected=f"{wanted}", got=f"{found}, {found / value:.1%} of {value}", hint=hint,
            )  # fmt: skip


def _not_near(value: float, found: int, lower: int) -> tuple[str, str]:
    """What is wrong with another multiple than the right one, and a hint."""
    if found < 0.9 * value:
        return (
            "loses more than a tenth",
            "Compare the rounded number with 0.9 * value, and only then go one step up.",
        )
    if value - lower == 4 and found == lower:
        return (
            "is the smaller of two that are equally near",
            "Exactly halfway the larger one is taken. Python's round() takes halves to the even "
            "number.",
        )
    return (
        "is not the nearest multiple",
        "Which multiple is nearest? Only a loss of more than a tenth changes that.",
    )


# --- 8 tables ------------------------------------------------------------------------------------

ONE_ROW: tuple[tuple[tuple[Any, ...], int, int], ...] = (
    (("conv", 5, 2), 7, 4 * 4 * 27 * 5),
    (("separable", 4, 1), 6, 6 * 6 * (27 + 12)),
    (("separable", 4, 2), 5, 3 * 3 * (27 + 12)),
    (("pointwise", 8), 3, 3 * 3 * 3 * 8),
    (("linear", 10), 9, 30),
    (("bottleneck", 1, 4, 1, 1), 5, 5 * 5 * (27 + 12)),
    (("bottleneck", 6, 4, 1, 1), 5, 5 * 5 * (3 * 18 + 9 * 18 + 18 * 4)),
    (("bottleneck", 6, 4, 1, 2), 5, 5 * 5 * 3 * 18 + 3 * 3 * (9 * 18 + 18 * 4)),
    (("bottleneck", 2, 4, 2, 2), 4, 4 * 4 * 3 * 6 + 2 * 2 * (54 + 24 + 32 + 72 + 32)),
)  # fmt: skip
"""A row, the image's size, the multiply-adds."""


HALF_WIDTH: list[tuple[Any, ...]] = [
    ("conv", 16, 2), ("separable", 32, 1), ("separable", 64, 2), ("separable", 64, 1),
    ("separable", 128, 2), ("separable", 128, 1), ("separable", 256, 2),
    *[("separable", 256, 1)] * 5, ("separable", 512, 2), ("separable", 512, 1), ("linear", 1000),
]  # fmt: skip


Table = list[tuple[Any, ...]]


def counted(submission: Submission, cases: Mapping[str, tuple[Table, int]]) -> Iterator[int]:
    """What ``table_macs`` returns for tables and sizes of images, if it is an int.

    Each has the words that a message names the call by.
    """
    answers = submission.call_each("table_macs", [*cases.values()])
    for of, found in zip(cases, answers, strict=True):
        yield int(number(found, of=of, whole=True))


@check("tables", points=0.5)
def tables_whole(submission: Submission) -> None:
    """`table_macs` returns an int, and 0 for a table without rows."""
    defined(submission, "table_macs", "function")
    found = next(counted(submission, {"table_macs([], 32)": ([], 32)}))
    if found:
        raise Unmet("a table without rows costs something", expected="0", got=str(found))


@check("tables", points=1, needs="whole")
def tables_one_row(submission: Submission) -> None:
    """A table of one row costs what its formula says, for each kind of row."""
    cases = {f"table_macs([{row}], {size})": ([row], size) for row, size, _ in ONE_ROW}
    answers = counted(submission, cases)
    for of, (_, _, expected), found in zip(cases, ONE_ROW, answers, strict=True):
        if found != expected:
            raise Unmet(
                f"{of} gives another number", got=f"{found:,}", expected=f"{expected:,}",
                hint="A layer costs its weights (no biases, no batch norm) times the positions of "
                "its output. Which map does each layer of this row have?",
            )  # fmt: skip


@check("tables", points=1, needs="whole")
def tables_half_width(submission: Submission) -> None:
    """MobileNet's table at half width costs 149,497,088, as counted in question 4."""
    of = "table_macs of MobileNet at half width"
    found = next(counted(submission, {of: (HALF_WIDTH, 224)}))
    if found != 149_497_088:
        raise Unmet(
            "MobileNet's table at half width costs another number for a 224×224 image",
            expected="149,497,088", got=f"{found:,}",
            hint="Rows hand on two things to the next: the number of channels and the size of the "
            "map.",
        )  # fmt: skip


@check("tables", points=0.5)
def tables_stated(submission: Submission) -> None:
    """`verdict()` returns a dictionary that names one table for each network."""
    options = {"mobilenet_v1": ("printed", "corrected"), "mobilenet_v2": ("A", "B", "C")}
    stated(submission, "verdict", options)


# --- 9 linear_bottleneck -------------------------------------------------------------------------

OPTIONS = {
    "better_with_4_channels": ("linear", "activated", "no difference"),
    "larger_difference_with": ("4 channels", "16 channels"),
    "spiral_comes_back_from": ("2 channels", "30 channels", "both", "neither"),
}


@check("linear_bottleneck", points=0.5)
def linear_bottleneck_stated(submission: Submission) -> None:
    """`conclusion()` returns a dictionary of three statements, each from its list."""
    stated(submission, "conclusion", OPTIONS)

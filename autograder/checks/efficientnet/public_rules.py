"""Public checks of ``assignments/efficientnet``: rounding, scaling, budgets, the race.

They run in a student's own kernel, where the reference is not, and again when a submission is
graded. A check is called ``<question>_<name>``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from autograder.expect import Unmet, check, defined, kind_of, number
from autograder.expect.blocks import sample
from autograder.expect.statements import stated
from autograder.submission import Submission

# --- 1 rounding ----------------------------------------------------------------------------------

CHANNELS = (32, 16, 24, 40, 80, 112, 192, 320, 1280)


WIDTHS = {
    1.0: (32, 16, 24, 40, 80, 112, 192, 320, 1280),
    1.1: (32, 16, 24, 48, 88, 120, 208, 352, 1408),
    1.2: (40, 24, 32, 48, 96, 136, 232, 384, 1536),
    1.4: (48, 24, 32, 56, 112, 160, 272, 448, 1792),
    1.8: (56, 32, 40, 72, 144, 200, 344, 576, 2304),
    2.0: (64, 32, 48, 80, 160, 224, 384, 640, 2560),
}


DEPTHS = {
    1.0: (1, 2, 3, 4),
    1.1: (2, 3, 4, 5),
    1.4: (2, 3, 5, 6),
    2.2: (3, 5, 7, 9),
    3.1: (4, 7, 10, 13),
}


def whole(submission: Submission, name: str, rows: Sequence[tuple[float, ...]]) -> list[int]:
    """What a rounding rule returns for each row of arguments, if these are ints."""
    return [
        int(number(found, of=f"{name}({', '.join(map(str, args))})", whole=True))
        for args, found in zip(rows, submission.call_each(name, rows), strict=True)
    ]


def equal(got: Any, wanted: Any, *, of: str, hint: str) -> None:
    """Both are the same number."""
    if got != wanted:
        raise Unmet(f"{of} is another number", expected=f"{wanted:,}", got=f"{got:,}", hint=hint)


@check("rounding", points=0.5)
def rounding_whole_numbers(submission: Submission) -> None:
    """Both rules return an `int`, a positive one even for tiny factors."""
    for name, usual, tiny in (
        ("round_filters", (32, 1.1), (16, 0.05)), ("round_repeats", (3, 1.1), (1, 0.05))
    ):  # fmt: skip
        defined(submission, name, "function")
        _, found = whole(submission, name, [usual, tiny])
        if found < 1:
            raise Unmet(
                f"{name}{tiny} leaves nothing",
                expected="at least one multiple of the divisor, at least one block",
                got=f"{found}",
                hint="How small may the result become at least?",
            )


@check("rounding", points=1, needs="whole_numbers")
def rounding_filters(submission: Submission) -> None:
    """`round_filters` gives the channels of B0, B2, B3, B4, B6 and B7."""
    rows = [(channels, width) for width in WIDTHS for channels in CHANNELS]
    wanted = [right for numbers in WIDTHS.values() for right in numbers]
    for (channels, width), found, right in zip(
        rows, whole(submission, "round_filters", rows), wanted, strict=True
    ):
        hint = "The nearest multiple of 8, the larger of two that are equally near."
        if found < 0.9 * channels * width:
            share = f"{found} is only {found / (channels * width):.1%} of {channels * width:g}"
            hint = f"{share}: more than a tenth is lost."
        equal(found, right, of=f"round_filters({channels}, {width})", hint=hint)


@check("rounding", points=0.5, needs="whole_numbers")
def rounding_repeats(submission: Submission) -> None:
    """`round_repeats` gives the blocks of B0, B1, B3, B5 and B7."""
    hint = "Rounded up: 3.3 blocks become 4, and a whole number stays."
    rows = [(repeats, depth) for depth in DEPTHS for repeats in (1, 2, 3, 4)]
    wanted = [right for numbers in DEPTHS.values() for right in numbers]
    found = whole(submission, "round_repeats", rows)
    for (repeats, depth), one, right in zip(rows, found, wanted, strict=True):
        equal(one, right, of=f"round_repeats({repeats}, {depth})", hint=hint)


EDGES = (
    ((3, 1.0), 8, "The result is never less than the divisor."),
    ((52, 1.0), 56, "48 and 56 are equally near: take the larger. (Python's round() rounds halves "
     "to even numbers.)"),
    ((11, 1.0), 16, "8 would lose more than a tenth of 11."),
    ((100, 0.11), 16, "The tenth is one of the scaled number, 11, and not of 100."),
    ((35, 1.0), 32, "32 is nearest to 35 and loses less than a tenth: up only where it must be."),
    ((20, 1.0, 5), 20, "divisor is an argument."),
    ((33, 1.0, 16), 32, "divisor is an argument."),
    ((6, 1.0, 4), 8, "divisor is an argument, and the least result as well."),
)  # fmt: skip


@check("rounding", points=1, needs="whole_numbers")
def rounding_edges(submission: Submission) -> None:
    """`round_filters` follows its three rules at their edges, for any divisor."""
    found = whole(submission, "round_filters", [args for args, _, _ in EDGES])
    for one, (args, right, hint) in zip(found, EDGES, strict=True):
        equal(one, right, of=f"round_filters{args}", hint=hint)


# --- 7 compound ----------------------------------------------------------------------------------


def called(name: str, *args: Any) -> str:
    """A call as a student writes it."""
    return f"{name}({', '.join(map(str, args))})"


def factors(submission: Submission, rows: Sequence[tuple[float, ...]]) -> Iterator[list[float]]:
    """What ``compound_scale`` returns for each row of arguments, if those are three numbers."""
    for args, found in zip(rows, submission.call_each("compound_scale", rows), strict=True):
        yield three_numbers(found, of=called("compound_scale", *args))


def three_numbers(found: Any, *, of: str) -> list[float]:
    """``found``, if it is three numbers."""
    if not isinstance(found, tuple | list) or len(found) != 3:
        raise Unmet(
            "compound_scale does not return three numbers",
            expected="a tuple (d, w, r)",
            got=f"a {type(found).__name__} of {len(found)}"
            if isinstance(found, tuple | list) else kind_of(found),
        )  # fmt: skip
    pairs = zip(("d", "w", "r"), found, strict=True)
    return [number(value, of=f"{name} of {of}") for name, value in pairs]


def near(found: float, right: float, *, of: str, hint: str) -> None:
    """Both numbers are equal, but for rounding of floats."""
    if abs(found - right) > 1e-9 * max(1.0, abs(right)):
        raise Unmet(f"{of} is {found:.6g}", expected=f"{right:.6g}", got=f"{found:.6g}", hint=hint)


@check("compound", points=0.5)
def compound_three_numbers(submission: Submission) -> None:
    """`compound_scale` returns three factors, all 1 for φ = 0."""
    defined(submission, "compound_scale", "function")
    for name, value in zip(("d", "w", "r"), next(factors(submission, [(0,)])), strict=True):
        hint = "At φ = 0 nothing changes: factors are relative to B0, neither pixels nor 0."
        near(value, 1.0, of=f"{name} for φ = 0", hint=hint)


@check("compound", points=0.5, needs="three_numbers")
def compound_values(submission: Submission) -> None:
    """It gives α, β, γ to the power of φ, for other bases as well, in the order d, w, r."""
    hint = "The base to the power of φ; depth goes with α, width with β, resolution with γ."
    cases: dict[tuple[float, ...], tuple[float, ...]] = {
        (1,): (1.2, 1.1, 1.15),
        (2,): (1.44, 1.21, 1.3225),
        (0.5, 4.0, 9.0, 16.0): (2.0, 3.0, 4.0),
    }
    for (args, right), found in zip(cases.items(), factors(submission, [*cases]), strict=True):
        for name, value, wanted in zip(("d", "w", "r"), found, right, strict=True):
            near(value, wanted, of=f"{name} of {called('compound_scale', *args)}", hint=hint)


@check("compound", points=0.5)
def compound_cost(submission: Submission) -> None:
    """`cost_factor` follows the law: linear in depth, quadratic in width and in resolution."""
    defined(submission, "cost_factor", "function")
    cases = {(2, 1, 1): 2.0, (1, 2, 1): 4.0, (1, 1, 2): 4.0, (1.2, 1.1, 1.15): 1.92027}
    hint = "What does twice the depth, twice the width, twice the resolution cost?"
    answers = submission.call_each("cost_factor", [*cases])
    for (args, right), found in zip(cases.items(), answers, strict=True):
        of = f"cost_factor{args}"
        near(number(found, of=of), right, of=of, hint=hint)


# --- 8 budget ------------------------------------------------------------------------------------

PUBLISHED = (
    ((1.0, 1.0, 224), 385_814_752), ((1.1, 1.0, 240), 686_802_832), ((1.2, 1.1, 260), 993_561_872),
    ((1.4, 1.2, 300), 1_827_141_392), ((1.8, 1.4, 380), 4_393_771_024),
    ((2.2, 1.6, 456), 10_266_384_752), ((2.6, 1.8, 528), 19_067_593_536),
    ((3.1, 2.0, 600), 37_745_884_192),
)  # fmt: skip


B0_WRONG = {
    771_629_504: "Twice too many: a multiply-add is one, not two.",
    384_534_752: "The linear layer is missing.",
    385_815_752: "A bias is an addition, not a multiply-add.",
    386_394_912: "Batch norm is not counted.",
    374_976_736: "The stem is missing.",
    365_744_352: "The head's 1×1 convolution is missing.",
    385_187_552: "Squeeze and excitation is missing: its two maps count, too.",
    385_501_152: "Squeeze and excitation has two maps, there and back.",
    388_948_192: "The squeeze is a quarter of what? See question 4.",
    455_057_632: "On how many positions does squeeze and excitation work?",
    346_526_944: "Which map does the expansion see, the one before or behind the stride?",
    406_150_144: "Each weight counts once for every position of the output: behind the stride.",
    78_613_456: "Only the first block of a stage has its stride.",
    398_659_808: "There is no expansion where expansion is 1.",
    372_041_440: "Not every depthwise convolution is 3×3.",
    15_332_130_304: "Depthwise: each filter sees one channel.",
}


def counted(submission: Submission, *args: Any) -> int:
    """What ``efficientnet_macs`` returns, if that is an int: each call may take its time."""
    found = submission.call("efficientnet_macs", *args)
    return int(number(found, of=f"efficientnet_macs{args}", whole=True))


@check("budget", points=0.5, needs=("rounding/filters", "rounding/repeats"))
def budget_b0(submission: Submission) -> None:
    """`efficientnet_macs` gives 385,814,752 for B0."""
    defined(submission, "efficientnet_macs", "function")
    found = counted(submission, 1.0, 1.0, 224)
    hint = B0_WRONG.get(
        found, "Layer by layer: how many weights, and how large is its output's map?"
    )
    equal(found, 385_814_752, of="efficientnet_macs(1.0, 1.0, 224)", hint=hint)


@check("budget", points=1, needs="b0")
def budget_published(submission: Submission) -> None:
    """It gives the multiply-adds of B1 to B7."""
    hint = "B0 is right: what changes with depth and width? And at odd sizes a stride rounds up."
    for args, right in PUBLISHED:
        equal(counted(submission, *args), right, of=f"efficientnet_macs{args}", hint=hint)


@check("budget", points=0.5, needs=("b0", "network/output_shape"))
def budget_agrees_with_the_network(submission: Submission) -> None:
    """It agrees with what your own slim network really costs, on an odd size."""
    net = submission.shared("scaled_efficientnet", 0.2, 0.05, num_classes=7)
    args = (0.2, 0.05, 37, 7)  # maps of 19, 10, 5, 3 and 2: odd ones and even ones
    runs = net.trace(sample(1, 3, 37, 37)).macs
    hint = "Your network costs what is expected here. Mind num_classes, and maps of odd size."
    equal(counted(submission, *args), runs, of=f"efficientnet_macs{args}", hint=hint)


Run = tuple[float, float, int, float]


RUNS: list[Run] = [
    (1.0, 1.0, 224, 0.77), (1.1, 1.0, 240, 0.79), (1.2, 1.1, 260, 0.80), (1.4, 1.2, 300, 0.81),
    (1.0, 1.0, 192, 0.79),
]  # fmt: skip


def picks(submission: Submission, cases: Sequence[tuple[int, list[Run], Any, str]]) -> None:
    """``best_under_budget`` picks the run that is wanted in each case: budget, runs, run, hint."""
    rows = [(budget, runs) for budget, runs, _, _ in cases]
    answers = submission.call_each("best_under_budget", rows)
    for (budget, runs, wanted, hint), found in zip(cases, answers, strict=True):
        if isinstance(found, tuple | list) and all(type(part) in (int, float) for part in found):
            got, right = f"{tuple(found)}"[:80], tuple(found) == wanted
        else:
            got, right = kind_of(found), found is wanted
        if not right:
            of = f"best_under_budget({budget:_}, {runs})"
            raise Unmet(f"{of} picks another run", expected=f"{wanted}", got=got, hint=hint)


@check("budget", points=0.5, needs="b0")
def budget_best(submission: Submission) -> None:
    """`best_under_budget` picks the most accurate run that costs at most the budget."""
    defined(submission, "best_under_budget", "function")
    told = "The most accurate that costs at most the budget, as (depth, width, resolution)."
    exactly = f"{told} Exactly at it is paid, too."
    cases = [
        (1_000_000_000, RUNS, (1.2, 1.1, 260), told),
        (993_561_872, RUNS[::-1], (1.2, 1.1, 260), exactly),
        (993_561_871, RUNS[:4], (1.1, 1.0, 240), told),
        (700_000_000, RUNS, (1.0, 1.0, 192), "Equally accurate? Then the cheapest."),
    ]
    picks(submission, cases)


@check("budget", points=0.5, needs="best")
def budget_nothing(submission: Submission) -> None:
    """It returns `None` when no run can be paid, or when there are none."""
    hint = "Look first at what can be paid: maybe nothing."
    picks(submission, [(100_000_000, runs, None, hint) for runs in (RUNS, [])])


# --- 9 race --------------------------------------------------------------------------------------

OPTIONS = {
    "what_pays": ("depth and width", "resolution and compound", "all four", "none"),
    "what_the_base_lacks": ("layers", "channels", "pixels"),
    "what_made_compound_good": ("depth", "width", "resolution", "all three together"),
    "law_against_count": ("equal", "off by up to a half", "off by ten times"),
}


@check("race", points=0.5)
def race_stated(submission: Submission) -> None:
    """`conclusion()` returns a dictionary of four statements, each from its list."""
    stated(submission, "conclusion", OPTIONS)

"""Public checks of ``assignments/classic-networks``: sizes and counts, normalisation, additivity.

They run in a student's own kernel, where the reference is not, and again when a submission is
graded. A check is called ``<question>_<name>``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from autograder.expect import Unmet, check, close, defined, has_shape, kind_of, number
from autograder.expect.blocks import sample
from autograder.submission import Submission

Call = tuple[tuple[Any, ...], dict[str, Any]]


# --- 1 arithmetic --------------------------------------------------------------------------------


def written(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    """A call as a student writes it."""
    words = [repr(arg) for arg in args] + [f"{key}={value!r}" for key, value in kwargs.items()]
    return f"{name}({', '.join(words)})"


def answers(submission: Submission, name: str, calls: Sequence[Call]) -> Iterator[Any]:
    """What a function of the notebook returns for each call."""
    return submission.call_each(name, [args for args, _ in calls], [named for _, named in calls])


def whole(submission: Submission, name: str, calls: Sequence[Call]) -> Iterator[int]:
    """The ints that a function of the notebook returns."""
    for (args, kwargs), found in zip(calls, answers(submission, name, calls), strict=True):
        yield int(number(found, of=f"what {written(name, args, kwargs)} returns", whole=True))


def equals(found: int, expected: int, *, of: str, hint: str = "") -> None:
    """A number is the expected one."""
    if found != expected:
        what = f"{of} is another number"
        raise Unmet(what, expected=f"{expected:,}", got=f"{found:,}", hint=hint)


def sizes(submission: Submission, cases: Sequence[tuple[Call, int]], *, hint: str) -> None:
    """``conv_output_size`` gives these numbers."""
    found_all = whole(submission, "conv_output_size", [call for call, _ in cases])
    for ((args, kwargs), expected), found in zip(cases, found_all, strict=True):
        equals(found, expected, of=written("conv_output_size", args, kwargs), hint=hint)


@check("arithmetic", points=1)
def arithmetic_sizes(submission: Submission) -> None:
    """`conv_output_size` counts the windows, with a stride and padding on both sides."""
    defined(submission, "conv_output_size", "function")
    cases: list[tuple[Call, int]] = [
        (((8, 1), {}), 8),
        (((32, 5), {}), 28),
        (((28, 2), {"stride": 2}), 14),
        (((27, 5), {"padding": 2}), 27),
        (((227, 11, 4), {}), 55),
        (((15, 3, 2, 1), {}), 8),
    ]
    hint = "Where does the first window start, and where may the last one start?"
    sizes(submission, cases, hint=hint)


@check("arithmetic", points=0.5, needs="sizes")
def arithmetic_uneven(submission: Submission) -> None:
    """A window that does not fit in completely is left out."""
    cases: list[tuple[Call, int]] = [
        (((224, 11), {"stride": 4}), 54), (((8, 3, 2), {}), 3), (((14, 5, 3, 1), {}), 4)
    ]  # fmt: skip
    sizes(submission, cases, hint="Round down what the division gives, before you add 1.")


def pair_in(found: Any, call: Call) -> list[int]:
    """The two ints that this call of ``conv_cost`` returned."""
    of = f"what {written('conv_cost', *call)} returns"
    if not isinstance(found, list | tuple) or len(found) != 2:
        raise Unmet(f"{of} is no pair", expected="(parameters, macs)", got=kind_of(found))
    return [int(number(value, of=f"a number of {of}", whole=True)) for value in found]


def costs(submission: Submission, cases: Sequence[tuple[Call, tuple[int, int]]]) -> None:
    """``conv_cost`` gives these numbers."""
    hints = (
        "A filter has kernel_size² weights for each channel that it reads; each output channel has "
        "one filter and one bias.",
        "Each number of the output costs as many as one filter has weights, without the bias.",
    )
    found_all = answers(submission, "conv_cost", [call for call, _ in cases])
    for (call, expected), one in zip(cases, found_all, strict=True):
        found = pair_in(one, call)
        if found == list(expected)[::-1]:
            hints = ("Parameters come first in the pair.",) * 2
        for place, name in enumerate(("parameters", "macs")):
            of = f"the number of {name} in {written('conv_cost', *call)}"
            equals(found[place], expected[place], of=of, hint=hints[place])


@check("arithmetic", points=1)
def arithmetic_costs(submission: Submission) -> None:
    """`conv_cost` counts weights and biases, and multiply-adds at every output position."""
    defined(submission, "conv_cost", "function")
    cases: list[tuple[Call, tuple[int, int]]] = [
        (((1, 6, 5, 32), {}), (156, 117_600)),
        (((6, 16, 5, 14), {}), (2_416, 240_000)),
        (((3, 4, 3, 10), {"padding": 1}), (112, 10_800)),
        (((3, 96, 11, 227), {"stride": 4}), (34_944, 105_415_200)),
    ]
    costs(submission, cases)


@check("arithmetic", points=0.5, needs="costs")
def arithmetic_groups(submission: Submission) -> None:
    """With groups, a filter reads the channels of its own group only."""
    cases: list[tuple[Call, tuple[int, int]]] = [
        (((96, 256, 5, 27), {"padding": 2, "groups": 2}), (307_456, 223_948_800)),
        (((6, 6, 3, 8), {"groups": 6}), (60, 1_944)),
    ]
    costs(submission, cases)


# --- 4 lrn ---------------------------------------------------------------------------------------


Normalising = tuple[Tensor, dict[str, Any]]
"""Maps, constants."""


def normalised(submission: Submission, *calls: Normalising) -> Iterator[Tensor]:
    """What ``local_response_norm`` gives, if it has the shape and dtype of its input."""
    asked: list[Call] = [((x,), constants) for x, constants in calls]
    found_all = answers(submission, "local_response_norm", asked)
    for (x, _), found in zip(calls, found_all, strict=True):
        tensor = has_shape(found, tuple(x.shape), of="the output of local_response_norm")
        if tensor.dtype != x.dtype:
            what = "the output of local_response_norm has another dtype"
            raise Unmet(what, expected=str(x.dtype), got=str(tensor.dtype))
        yield tensor


@check("lrn", points=0.5)
def lrn_shape(submission: Submission) -> None:
    """It keeps shape and dtype, also with fewer channels than the window has."""
    defined(submission, "local_response_norm", "function")
    usual: Normalising = (sample(2, 7, 3, 4), {})
    few: Normalising = (sample(1, 2, 4, 3).double(), {})
    one: Normalising = (sample(2, 1, 3, 3), {"size": 3})
    for _ in normalised(submission, usual, few, one):
        pass  # that it is given is what is checked


@check("lrn", points=1, needs="shape")
def lrn_alone(submission: Submission) -> None:
    """A channel whose neighbours are zero is divided by (k + alpha · x²)^beta."""
    x = torch.zeros(2, 5, 3, 4, dtype=torch.float64)
    x[:, 2] = 100 * sample(2, 3, 4).double()
    alone = x[:, 2] / (2 + 1e-4 * x[:, 2] ** 2) ** 0.75
    close(
        next(normalised(submission, (x, {})))[:, 2], alone,
        of="local_response_norm(x) in a channel alone",
        hint="Is alpha divided by the window's size somewhere? Is k the paper's 2, and is the "
        "power taken of the whole bracket?",
    )  # fmt: skip


def differing(channels: int) -> Tensor:
    """Images the first of which differs from image j + 1 in channel j, at one position."""
    x = 20 * sample(1, channels, 4, 3).double().expand(channels + 1, -1, -1, -1).clone()
    for j in range(channels):
        x[j + 1, j, 2, 1] += 50
    return x


@check("lrn", points=1, needs="shape")
def lrn_window(submission: Submission) -> None:
    """A channel depends on the `size` channels around it, at the same position, and no others."""
    cases = ((5, 8), (3, 4), (7, 5))
    asked = [(differing(channels), {"size": size}) for size, channels in cases]
    for (size, channels), output in zip(cases, normalised(submission, *asked), strict=True):
        # (changed channel, channel of the output, H, W)
        changed = ~torch.isclose(output[1:], output[:1], rtol=1e-9, atol=1e-9)
        where = f"with size={size} and {channels} channels"
        for i in range(channels):
            expected = [j for j in range(channels) if abs(j - i) <= size // 2]
            found = [j for j in range(channels) if bool(changed[j, i, 2, 1])]
            if found != expected:
                raise Unmet(
                    f"{where}, channel {i} of the output depends on other channels",
                    expected=str(expected),
                    got=str(found),
                    hint="The window reaches size // 2 channels to either side, and is cut off at "
                    "the first and the last channel.",
                )
        changed[:, :, 2, 1] = False
        if bool(changed.any()):
            raise Unmet(
                f"{where}, a change at one position changes the output at others",
                expected="one position to change",
                got=f"{1 + int(changed.any(0).any(0).sum())} positions",
                hint="The window runs over channels (dimension 1), not over height and width.",
            )


@check("lrn", points=1, needs="shape")
def lrn_constants(submission: Submission) -> None:
    """Other constants take the places that the formula gives them."""
    x = 3 * sample(2, 1, 3, 4).double()
    cases = ((0.3, 0.5, 1.0), (0.02, 1.0, 0.5), (2.0, 0.75, 3.0))
    asked = [(x, {"size": 3, "alpha": alpha, "beta": beta, "k": k}) for alpha, beta, k in cases]
    for (alpha, beta, k), found in zip(cases, normalised(submission, *asked), strict=True):
        close(
            found, x / (k + alpha * x**2) ** beta,
            of=f"local_response_norm(x, size=3, alpha={alpha}, beta={beta}, k={k}) of one channel",
            hint="Does each of the four arguments take part, in its place? A lone channel has no "
            "neighbours.",
        )  # fmt: skip


# --- 7 receptive_field ---------------------------------------------------------------------------


def fields(
    submission: Submission, cases: Sequence[tuple[list[tuple[int, int]], int]], *, hint: str
) -> None:
    """``receptive_field`` gives these numbers."""
    found_all = whole(submission, "receptive_field", [((layers,), {}) for layers, _ in cases])
    for (layers, expected), found in zip(cases, found_all, strict=True):
        told = hint if layers else "Without any layer, a position is a pixel of the image."
        equals(found, expected, of=written("receptive_field", [layers], {}), hint=told)


@check("receptive_field", points=1)
def receptive_field_without_strides(submission: Submission) -> None:
    """Two 3×3 see 5 pixels, three see 7; no layer at all sees one."""
    defined(submission, "receptive_field", "function")
    three: list[tuple[list[tuple[int, int]], int]] = [
        ([(3, 1)], 3),
        ([(3, 1), (3, 1)], 5),
        ([(3, 1)] * 3, 7),
        ([(1, 1), (5, 1)], 5),
        ([], 1),
    ]
    hint = "A second 3×3 sees what the first one sees, and one pixel more on each side."
    fields(submission, three, hint=hint)


@check("receptive_field", points=1.5)
def receptive_field_with_strides(submission: Submission) -> None:
    """Behind a stride, every further layer sees in larger steps."""
    strided: list[tuple[list[tuple[int, int]], int]] = [
        ([(3, 2)], 3),
        ([(2, 2), (3, 1)], 6),
        ([(3, 1), (2, 2), (3, 1), (2, 2)], 10),
        ([(7, 2), (3, 2), (3, 1)], 19),
    ]
    hint = "Take two neighbouring positions behind the stride: how many pixels are they apart?"
    fields(submission, strided, hint=hint)


# --- 9 additivity --------------------------------------------------------------------------------

OPTIONS = {
    "accuracy_without_tanh": ("near chance", "above 80 %"),
    "gap_without_tanh": ("zero up to rounding", "clearly not zero"),
    "what_tells_them_apart": ("accuracy", "parameter count", "additivity"),
}


@check("additivity", points=0.5)
def additivity_stated(submission: Submission) -> None:
    """`conclusion()` returns a dictionary of three statements, each from its list."""
    defined(submission, "conclusion", "function")
    found = submission.call("conclusion")
    if not isinstance(found, dict):
        got = kind_of(found)
        raise Unmet("conclusion() does not return a dictionary", expected="a dict", got=got)
    for key, options in OPTIONS.items():
        if found.get(key) not in options:
            raise Unmet(
                f"the statement {key!r} is none of those listed",
                expected=" or ".join(map(repr, options)),
                got=repr(found[key])[:60] if key in found else "no such key",
                hint="Copy it from the table, spelled exactly so.",
            )

"""Hidden checks of ``assignments/efficientnet``: networks under fresh weights, and what they drop.

A check with ``compares=True`` speaks of the oracle alone, never of the reference by itself: the
judge puts known mistakes in the oracle's place to find out which one a submission makes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from autograder.checks.efficientnet.public_networks import B3, CLASSES, DROPPING_NET, UNDROPPED
from autograder.expect import (
    Unmet,
    check,
    every_parameter_learns,
    kept,
    random_input,
    reference_case,
    same_function,
)
from autograder.expect.stochastic import (
    depthwise_by_shape,
    depthwise_in_use,
    dropped_features,
    idle_blocks,
)
from autograder.submission import StudentError, Submission

# --- 5 network -----------------------------------------------------------------------------------


@check("network", points=2, needs="output_shape", compares=True)
def network_same_function(submission: Submission, oracle: Submission, seed: int) -> None:
    """Slim and with fresh weights it is the function of the definition, at full depth too."""
    case = reference_case(
        oracle, "scaled_efficientnet", DROPPING_NET, {}, shape=(1, 3, 33, 40), seed=seed
    )
    net = submission.shared("scaled_efficientnet", *DROPPING_NET)
    hint = "Go through the table, from the stem to the head."
    same_function(net, case, of="scaled_efficientnet(1.0, 0.1, num_classes=10)", hint=hint)


Pattern = tuple[float, float] | str


BLOCKS_OF_B0, CALLS, EARLY, LATE = 16, 4, (0, 2, 4, 6), (10, 12, 13, 14)
"""Blocks with a shortcut, in order of use."""


NEAR = 4
"""So near after half of the calls that no more are asked: three in four correct answers are."""


HIDDEN_FROM_US = "blocks that cannot be watched"


FAR = 7


def drop_pattern(side: Submission, calls: int, wanted: Pattern | None = None) -> Pattern:
    """How often four early and four late blocks are left out in 16 draws, or why nobody can tell.

    By the schedule 3 and 12 times on average, with a deviation of 1.7 for four ``calls``. Half of
    them are enough where they are near what is ``wanted``. Blocks are taken in the order of
    registration; where that is not ``wanted``, in the order of use.
    """
    net = side.shared("scaled_efficientnet", *DROPPING_NET)
    # 17×33 is the least: batch norm needs more than one value a channel, and the last maps are 1×2.
    x, upstream = random_input((1, 3, 17, 33), 1).float(), random_input((1, 10), 2).float()
    weights = depthwise_by_shape(net)
    if len(weights) != BLOCKS_OF_B0:
        weights = depthwise_in_use(net, x)
    half = calls // 2 if wanted is not None else calls
    try:
        rows = idle_blocks(net, x, upstream, seeds=range(half), weights=weights)
        if wanted is not None and apart(counted(rows), wanted) > NEAR:
            rows += idle_blocks(net, x, upstream, seeds=range(half, calls), weights=weights)
    except StudentError as error:
        return f"{error.type_name} for a single image in training mode"
    found = counted(rows)
    if wanted is not None and apart(found, wanted) > FAR:
        in_use = depthwise_in_use(net, x)
        if sorted(in_use) == sorted(weights):  # what was seen, in another order: nothing is asked
            order = [weights.index(n) for n in in_use]
            found = counted([[row[n] for n in order] if row else row for row in rows])
    return found


def counted(rows: Sequence[Sequence[bool]]) -> Pattern:
    """The pattern of some draws, as if they had been four calls."""
    if any(len(row) != BLOCKS_OF_B0 or row[1] for row in rows):
        return HIDDEN_FROM_US  # block 1 has no shortcut: it cannot be left out
    early, late = (sum(row[n] for row in rows for n in some) for some in (EARLY, LATE))
    return early * CALLS / len(rows), late * CALLS / len(rows)


def apart(mine: Pattern, theirs: Pattern) -> float:
    """By how many of 16 draws two patterns differ where they differ most."""
    if isinstance(mine, str) or isinstance(theirs, str):
        return 0 if mine == theirs else math.inf
    return max(abs(mine[0] - theirs[0]), abs(mine[1] - theirs[1]))


@check("network", points=0.5, needs="known_values", compares=True)
def network_drop_rates(submission: Submission, oracle: Submission) -> None:
    """Stochastic depth leaves out late blocks often and early ones seldom."""
    theirs = kept(oracle, drop_pattern, 3 * CALLS)  # one draw of it may be an odd one
    mine = drop_pattern(submission, CALLS, theirs)
    if mine == HIDDEN_FROM_US or apart(mine, theirs) <= FAR:
        return
    if isinstance(mine, str) or isinstance(theirs, str):
        raise Unmet("training it on one image fails", got=mine if isinstance(mine, str) else "")
    told = (f"{what} {'often' if n > 8 else 'seldom'}" for what, n in
            (("early blocks", mine[0]), ("late blocks", mine[1])))  # fmt: skip
    raise Unmet(
        "with drop_rate=0.95 blocks are left out otherwise than the schedule says",
        expected="rates that grow from block to block, from 0 to nearly drop_rate",
        got=", ".join(told),
        hint="Block i of n has the rate drop_rate * i / n, i counted through all stages.",
    )


@check("network", points=0.5, needs="known_values", compares=True)
def network_dropout(submission: Submission, oracle: Submission) -> None:
    """Dropout acts on what the linear layer sees, at the rate that was asked for."""
    for rate in (0.6, 0.0):
        named: Named = tuple({**UNDROPPED, "dropout": rate}.items())
        of = f"scaled_efficientnet(..., dropout={rate})"
        drops_alike(submission, oracle, "scaled_efficientnet", (), named, of=of)


Named = tuple[tuple[str, Any], ...]


def features_dropped(side: Submission, name: str, args: tuple[Any, ...], kwargs: Named) -> float:
    """Which share of the features does not reach the linear layer in training."""
    net = side.shared(name, *args, **dict(kwargs))
    return dropped_features(net, random_input((CLASSES, 3, 8, 8), 3).float())


def drops_alike(
    submission: Submission, oracle: Submission, name: str, args: tuple[Any, ...], kwargs: Named,
    *, of: str, share: float = 0.1,
) -> None:  # fmt: skip
    """As many as the oracle's, but for chance (a deviation of 0.02), where it can be told.

    ``share`` is by how much they may differ.
    """
    mine = features_dropped(submission, name, args, kwargs)
    theirs = kept(oracle, features_dropped, name, args, kwargs)
    if mine >= 0 and abs(mine - theirs) > share:
        raise Unmet(
            f"{of} drops another share of the features before the linear layer",
            expected="the rate of dropout, in training mode",
            got=f"{mine:.0%} of the features are zero",
            hint="nn.Dropout(rate) between the average and the linear layer.",
        )


@check("network", points=1, needs="output_shape")
def network_gradients(submission: Submission) -> None:
    """Every parameter gets a gradient, and weights get one that moves them."""
    net = submission.shared("scaled_efficientnet", **UNDROPPED)
    # In single precision, as it is: depthwise convolutions in double go channel by channel.
    x, upstream = random_input((2, 3, 33, 33), 5).float(), random_input((2, CLASSES), 6).float()
    of = "scaled_efficientnet(0.3, 0.1, 11)"
    every_parameter_learns(net, x, upstream, of=of, weights_move=True)


# --- 6 variants ----------------------------------------------------------------------------------


@check("variants", points=2, needs=("output_shape", "network/same_function"), compares=True)
def variants_same_function(submission: Submission, oracle: Submission, seed: int) -> None:
    """Slim and with fresh weights B3 is the function of the definition."""
    case = reference_case(oracle, "efficientnet", ("b3",), B3, shape=(1, 3, 33, 40), seed=seed)
    net, hint = submission.shared("efficientnet", "b3", **B3), "slim times the row's width."
    same_function(net, case, of='efficientnet("b3", num_classes=11, slim=0.05)', hint=hint)


@check("variants", points=0.5, needs="output_shape", compares=True)
def variants_dropout(submission: Submission, oracle: Submission) -> None:
    """B3 drops as many features before the linear layer as its row says."""
    of = 'efficientnet("b3", num_classes=11, slim=0.05)'
    # 0.3, where the default is 0.2; both shares are of 880 numbers: a deviation of 0.015.
    named: Named = tuple(B3.items())
    drops_alike(submission, oracle, "efficientnet", ("b3",), named, of=of, share=0.06)

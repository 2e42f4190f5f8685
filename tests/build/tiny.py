"""A checkout in miniature: two questions and a written one, with answers, checks and variants."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from autograder.config import Assignment, read_assignment

TOML = """\
id = "tiny"
title = "Tiny: scale it, measure it"

[limits]
cell_seconds = 5.0
check_seconds = 5.0

[[question]]
id = "scale"
title = "A layer without parameters"
defines = ["Scale"]
points = 3

[[question]]
id = "area"
title = "An area"
defines = ["area"]
points = 2

[[question]]
id = "words"
title = "In words"
manual = true
points = 1
"""

TEXT = '''\
# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Tiny
#
# Write `Scale`.

# %% role="provided" name="setup"
import torch
from checker import check
from torch import nn


# %% role="solution" question="scale"
class Scale(nn.Module):
    """Rectified, then multiplied."""

    def __init__(self, factor=2.0):
        """Keep the factor."""
        super().__init__()
        # slot: solutions.tiny:Scale.__init__

    def forward(self, x):
        """(N, C) -> (N, C)."""
        # slot: solutions.tiny:Scale.forward


# %% role="check" question="scale"
check("scale")

# %% [markdown]
# Now an area.


# %% role="solution" question="area"
def area(height, width):
    """Of a rectangle."""
    # slot: solutions.tiny:area


# %% role="experiment" question="area"
for size in (1, 2):
    print(size, area(size, size))

# %% role="check" question="area"
check("area")

# %% [markdown] role="written" question="words"
# The factor stands outside because the rectifier keeps non-negative multiples, so both orders
# agree for every factor that is not negative, and only for those.
'''

SOLUTIONS = '''\
"""The reference of the tiny assignment."""

import torch
from torch import Tensor, nn


class Scale(nn.Module):
    """Rectified, then multiplied."""

    def __init__(self, factor: float = 2.0) -> None:
        """Keep the factor."""
        super().__init__()
        self.multiplied_by = float(factor)
        self.rectifier = nn.ReLU(inplace=False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C) -> (N, C)."""
        # negative inputs have no part in it
        kept = self.rectifier(x)
        return torch.mul(kept, self.multiplied_by)


def area(height: int, width: int) -> int:
    """Of a rectangle."""
    longer, shorter = max(height, width), min(height, width)
    return sum(longer for _ in range(shorter))
'''

PUBLIC = '''\
"""What students have at home."""

import torch

from autograder.expect import Unmet, check, close, defined, has_shape, number


@check("scale", points=1)
def scale_shape(submission):
    """Scale keeps the shape"""
    defined(submission, "Scale", "class")
    layer = submission.build("Scale")
    has_shape(layer.forward(torch.ones(2, 3)), (2, 3), of="the output")


@check("scale", points=1, needs="shape")
def scale_frozen(submission, frozen):
    """Scale gives a kept case"""
    case = frozen["Scale"]
    close(submission.build("Scale").forward(*case.inputs), case.output, of="the output")


@check("area", points=1)
def area_of_two_by_three(submission):
    """Two by three is six"""
    got = number(submission.call("area", 2, 3), of="area(2, 3)")
    if got != 6:
        raise Unmet("area(2, 3) is wrong", expected="6", got=f"{got:g}")
'''

HIDDEN = '''\
"""What only the grader has."""

import torch

from autograder.expect import Unmet, check, close, number


@check("scale", points=1, needs="shape", compares=True)
def scale_function(submission, oracle, seed):
    """Scale is right on fresh inputs"""
    generator = torch.Generator().manual_seed(seed)
    fresh_input = torch.randn(7, 5, generator=generator, dtype=torch.float64)
    for drawn_factor in (0.5, 3.0):
        ours = oracle.build("Scale", drawn_factor).forward(fresh_input)
        close(submission.build("Scale", drawn_factor).forward(fresh_input), ours, of="the output")


@check("area", points=1, compares=True)
def area_of_others(submission, oracle):
    """Other areas are right"""
    for height, width in ((3, 5), (4, 4), (7, 1)):
        got = number(submission.call("area", height, width), of="area")
        if got != oracle.call("area", height, width):
            raise Unmet("the area of another rectangle is wrong")
'''

MISCONCEPTIONS = '''\
"""Wrong answers."""

from autograder.expect import edit, rewrite

MISCONCEPTIONS = (
    edit("scale", "no_rectifier", "Negative inputs pass.", {"self.rectifier(x)": "x"}),
    edit("scale", "factor_ignored", "The factor is always 2.", {"self.multiplied_by)": "2.0)"}),
    rewrite(
        "scale", "flattened", "The shape is lost.",
        "class Scale(nn.Module):\\n"
        "    def __init__(self, factor=2.0):\\n"
        "        super().__init__()\\n"
        "    def forward(self, x):\\n"
        "        return x.relu().flatten()\\n",
    ),
    edit("area", "sum", "Sides add up.", {"longer for _ in range(shorter)": "(longer, shorter)"}),
    rewrite("area", "squared", "Only one side counts.", "def area(h, w):\\n    return h * h"),
)
'''

ALTERNATIVE = """\
# clamp instead of a rectifier
class Scale(nn.Module):
    def __init__(self, factor=2.0):
        super().__init__()
        self.f = factor

    def forward(self, x):
        return x.clamp(min=0) * self.f
"""

FREEZE = '''\
"""The kept case."""

from autograder.expect import Case, random_input


def cases(oracle, seed):
    x = random_input((2, 3), 5)
    return {"Scale": Case((), (x,), oracle.build("Scale").forward(x), False)}
'''

FILES = {
    "assignments/tiny/assignment.toml": TOML,
    "assignments/tiny/tiny.py": TEXT,
    "solutions/tiny.py": SOLUTIONS,
    "checks/__init__.py": "",
    "checks/public.py": PUBLIC,
    "checks/hidden.py": HIDDEN,
    "checks/misconceptions.py": MISCONCEPTIONS,
    "checks/freeze.py": FREEZE,
    "checks/alternatives/scale__clamped.py": ALTERNATIVE,
}


def checks_of(root: Path) -> Path:
    """Python keeps modules by name, so checks that differ need packages that differ."""
    return root / f"checks_{hashlib.sha256(str(root).encode()).hexdigest()[:10]}"


@dataclass(frozen=True, kw_only=True)
class TinyAssignment(Assignment):
    """An assignment whose checks lie in its own checkout."""

    @property
    def checks(self) -> Path:
        """A package beside ``assignments/``, of another name in each checkout."""
        return checks_of(self.folder.parent.parent)


def write_tiny(root: Path, changes: Mapping[str, str | None] | None = None) -> TinyAssignment:
    """Write the checkout below ``root``, some files changed or (None) left out."""
    for name, text in {**FILES, **(changes or {})}.items():
        if text is not None:
            inside = name.removeprefix("checks/")
            path = root / name if inside == name else checks_of(root) / inside
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    read = read_assignment(root / "assignments/tiny/assignment.toml")
    return TinyAssignment(**{field.name: getattr(read, field.name) for field in fields(read)})

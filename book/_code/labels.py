"""Names beside the marks of a chart, each where it covers neither a mark nor another name."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox

PLACES = (
    (0, 7), (0, -15), (7, -4), (-7, -4), (5, 5), (-5, 5), (5, -12), (-5, -12),
)  # fmt: skip
"""Offsets from the mark in points, the better ones first."""
MARK = 5.0
"""Half the side of a mark's box, in pixels of the figure."""
THIN = 4.0
"""The height of the boxes along a line, and their distance."""


def name_marks(axis: Axes, points: Mapping[str, tuple[float, float]], size: float = 9) -> None:
    """Write each name beside its point. Scales and limits of the axis must be set before.

    Crowded marks are named first: they have the least choice.
    """
    axis.get_figure(root=True).draw_without_rendering()  # type: ignore[union-attr]
    pixels = {name: axis.transData.transform(point) for name, point in points.items()}
    marks = {
        name: Bbox.from_extents(x - MARK, y - MARK, x + MARK, y + MARK)
        for name, (x, y) in pixels.items()
    }
    legend = axis.get_legend()
    taken = [legend.get_window_extent()] if legend else []
    lines = _along(axis)

    def crowd(name: str) -> float:
        return min(
            (abs(pixels[name] - other).sum() for o, other in pixels.items() if o != name),
            default=0.0,
        )

    def cost(name: str, place: tuple[int, int]) -> float:
        others = [*taken, *(box for owner, box in marks.items() if owner != name)]
        return _covered(axis, _at(axis, name, points[name], place, size), others, lines)

    for name in sorted(points, key=crowd):
        best = min(PLACES, key=lambda place: cost(name, place))
        taken.append(_boxed(_at(axis, name, points[name], best, size)))


def _along(axis: Axes) -> list[Bbox]:
    """Small boxes along the lines of the chart, which a name should not cover either."""
    boxes = []
    for line in axis.lines:
        corners = axis.transData.transform(np.column_stack(line.get_data()))
        for (x, y), (u, v) in pairwise(corners):
            for share in np.linspace(0, 1, 1 + int(np.hypot(u - x, v - y) / THIN)):
                a, b = x + share * (u - x), y + share * (v - y)
                boxes.append(Bbox.from_extents(a - 1, b - THIN / 2, a + 1, b + THIN / 2))
    return boxes


def _at(
    axis: Axes, name: str, point: tuple[float, float], place: tuple[int, int], size: float
) -> Any:
    dx, _ = place
    side = "center" if dx == 0 else "left" if dx > 0 else "right"
    return axis.annotate(name, point, place, textcoords="offset points", ha=side, fontsize=size)


def _boxed(text: Any) -> Bbox:
    """A label's box, a little wider: readers' fonts differ from Matplotlib's."""
    box: Bbox = text.get_window_extent()
    return box.expanded(1.06, 1.0)


def _covered(axis: Axes, text: Any, others: list[Bbox], lines: list[Bbox]) -> float:
    """How much a trial label covers, or sticks out of the axis; it is taken away again.

    A line that runs through a name does less harm than a mark or a name.
    """
    box = _boxed(text)
    text.remove()
    inside = Bbox.intersection(box, axis.get_window_extent())
    outside = box.width * box.height - (inside.width * inside.height if inside else 0.0)
    return outside + _shared(box, others) + 0.3 * _shared(box, lines)


def _shared(box: Bbox, others: list[Bbox]) -> float:
    """The area that a box has in common with others."""
    common = (Bbox.intersection(box, other) for other in others)
    return sum(part.width * part.height for part in common if part)

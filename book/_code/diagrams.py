"""Block diagrams, drawn from lists of layers: the pictures of the paper in this book's hand."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch

from _code.style import INK, PAPER, SERIES, WASH, canvas, show

STEP = 1.0  # vertical distance between two parts


def blocks(name: str, *, alt: str, caption: str) -> None:
    """A plain pair of layers, a basic block and a bottleneck block beside each other."""
    figure, _ = canvas(4.3)
    figure.clear()
    axes = figure.subplots(1, 3)
    two = ["3×3", "BN", "ReLU", "3×3", "BN"]
    three = ["1×1", "BN", "ReLU", "3×3", "BN", "ReLU", "1×1", "BN"]
    _block(axes[0], "plain", two, shortcut=False)
    _block(axes[1], "basic block", two, shortcut=True)
    _block(axes[2], "bottleneck", three, shortcut=True)
    for axis in axes:
        axis.set(xlim=(-1.35, 1.75), ylim=(-11.6, 0.9))
        axis.axis("off")
    show(figure, name, alt=alt, caption=caption)


def _block(axis: Axes, title: str, layers: list[str], *, shortcut: bool) -> None:
    axis.set_title(title, loc="center")
    axis.text(0, 0.25, "x", ha="center", style="italic")
    for place, layer in enumerate(layers, start=1):
        _box(axis, -place * STEP, layer)
    y = -(len(layers) + 1) * STEP
    if shortcut:
        _arrow(axis, 0.1, y + 0.27)
        axis.add_patch(Circle((0, y), 0.27, facecolor=PAPER, edgecolor=SERIES[1], linewidth=1.6))
        axis.text(0, y - 0.02, "+", ha="center", va="center", color=SERIES[1], weight="bold")
        _skip(axis, -0.38 * STEP, y)
        _arrow(axis, y - 0.27, y - STEP - 0.95)
        y -= STEP
    else:
        _arrow(axis, 0.1, y - 0.95)
    _box(axis, y, "ReLU")
    axis.text(0, y - 1.45, "y", ha="center", style="italic")


def _box(axis: Axes, y: float, text: str) -> None:
    wash = WASH[0] if "×" in text else WASH[2] if text == "ReLU" else WASH[3]
    style = "round,pad=0.02,rounding_size=0.16"
    axis.add_patch(
        FancyBboxPatch(
            (-0.8, y - 0.32), 1.6, 0.64, boxstyle=style, facecolor=wash, edgecolor="none", zorder=3
        )
    )
    axis.text(0, y - 0.03, text, ha="center", va="center", zorder=4)


def _skip(axis: Axes, start: float, end: float) -> None:
    line: dict[str, Any] = {"color": SERIES[1], "linewidth": 1.8, "zorder": 2}
    axis.plot([0, 1.35, 1.35], [start, start, end], **line)
    arrow = FancyArrowPatch(
        (1.35, end), (0.24, end), arrowstyle="-|>", mutation_scale=9, shrinkA=0, **line
    )
    axis.add_patch(arrow)
    axis.text(1.48, (start + end) / 2, "shortcut", rotation=90, va="center", color=SERIES[1])


def _arrow(axis: Axes, start: float, end: float) -> None:
    style: dict[str, Any] = {"arrowstyle": "-|>", "mutation_scale": 9, "color": INK, "zorder": 1}
    axis.add_patch(FancyArrowPatch((0, start), (0, end), shrinkA=0, **style))

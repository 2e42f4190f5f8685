"""One look for all figures, in light and in dark: inline SVG that takes its colours from CSS.

Matplotlib draws with stand-in colours; :func:`show` replaces each by a CSS variable of
``_assets/course.css``, so that one drawing follows the reader's theme. Text stays text.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Sequence

import matplotlib as mpl
from cycler import cycler
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, GRID, PAPER = "#010203", "#010204", "#010205"
SERIES = ("#010211", "#010212", "#010213", "#010214")
WASH = ("#010221", "#010222", "#010223", "#010224")  # the same hues, pale, for areas with text
VARIABLES = {
    INK: "currentColor",
    GRID: "var(--figure-grid)",
    PAPER: "var(--figure-paper)",
    **{colour: f"var(--figure-{i})" for i, colour in enumerate(SERIES, start=1)},
    **{colour: f"var(--figure-wash-{i})" for i, colour in enumerate(WASH, start=1)},
}
MARKERS = ("o", "s", "^", "D")  # series differ in shape as well as in colour
LINES = ("-", "--", "-.", ":")

mpl.rcParams.update(
    {
        "font.size": 10.5,
        "axes.titlesize": 11,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.linewidth": 0.6,
        "legend.frameon": False,
        "figure.facecolor": "none",
        "axes.facecolor": "none",
        "savefig.facecolor": "none",
        "svg.fonttype": "none",
        "text.color": INK,
        "axes.labelcolor": INK,
        "axes.edgecolor": INK,
        "axes.titlecolor": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "grid.color": GRID,
        "axes.prop_cycle": cycler(color=SERIES),
    }
)


def canvas(height: float, rows: int = 1, *, sharex: bool = False) -> tuple[Figure, Sequence[Axes]]:
    """A figure as wide as a phone allows, ``height`` inches high, with ``rows`` axes below it."""
    figure = Figure(figsize=(5.0, height), layout="constrained")
    axes = figure.subplots(rows, 1, squeeze=False, sharex=sharex)[:, 0]
    return figure, list(axes)


def show(figure: Figure, name: str, *, alt: str, caption: str) -> None:
    """Put ``figure`` on the page: ``alt`` says what is to be seen, ``caption`` what it means."""
    svg = to_svg(figure, name)
    label = html.escape(alt, quote=True)
    svg = svg.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)
    text = f"Figure. {caption} ({alt})"
    body = (
        f'<figure class="plot" id="figure-{name}">{svg}<figcaption>{caption}</figcaption></figure>'
    )
    display({"text/html": body, "text/plain": text}, raw=True)


def to_svg(figure: Figure, name: str) -> str:
    """The figure as an SVG element; ``name`` keeps its identifiers apart from other figures'."""
    buffer = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(
        r'(<svg[^>]*?) width="[^"]*"', r"\1", re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg)
    )
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r"url\(#", f"url(#{name}-", svg)
    svg = re.sub(r'href="#', f'href="#{name}-', svg)
    for colour, variable in VARIABLES.items():
        svg = svg.replace(colour, variable)
    return re.sub(r"\n\s*", "\n", svg).strip()

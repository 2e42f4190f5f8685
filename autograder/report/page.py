"""The frame and the pieces of our HTML pages: self-contained, no script, light and dark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

STYLE = """
:root { color-scheme: light dark; --ground: #ffffff; --ink: #1f2328; --soft: #59636e;
  --line: #d1d9e0; --fill: #f6f8fa; --bar: #0b62ad; --good: #1a7f37; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ground: #14181d; --ink: #e6edf3; --soft: #a2adb8;
  --line: #39424d; --fill: #1c2229; --bar: #6cb4ff; --good: #56c271; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 64rem; padding: 1.5rem 1rem 4rem; background: var(--ground);
  color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .3rem; }
h2 { font-size: 1.2rem; margin: 2.4rem 0 .6rem; }
p.lead, .soft { color: var(--soft); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .7rem;
  margin: 1.2rem 0; padding: 0; list-style: none; }
.cards li { background: var(--fill); border: 1px solid var(--line); border-radius: .5rem;
  padding: .6rem .8rem; }
.cards b { display: block; font-size: 1.4rem; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .95rem; }
caption { text-align: left; color: var(--soft); padding: .3rem 0; }
th, td { text-align: left; padding: .4rem .6rem; border-bottom: 1px solid var(--line);
  vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.meter { display: inline-block; width: 7rem; height: .7rem; background: var(--fill);
  border: 1px solid var(--line); border-radius: .35rem; overflow: hidden; vertical-align: middle; }
.meter i { display: block; height: 100%; background: var(--bar); }
.good { color: var(--good); font-weight: 600; } .bad { color: var(--bad); font-weight: 600; }
code {
  background: var(--fill); padding: .1em .3em; border-radius: .25em; overflow-wrap: break-word; }
figure { margin: 0; } figcaption { color: var(--soft); font-size: .9rem; }
svg text { fill: var(--ink); font: 12px system-ui, sans-serif; } svg .bar { fill: var(--bar); }
svg .axis { stroke: var(--line); }
details { margin: .3rem 0; } summary { cursor: pointer; }
td { overflow-wrap: anywhere; }
@media print { body { max-width: none; } details > * { display: block; } }
"""


def page(title: str, lead: str, parts: Iterable[str]) -> str:
    """A whole page: one h1, everything inline."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'; img-src data:\">"
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>"
        f'<h1>{escape(title)}</h1><p class="lead">{escape(lead)}</p>{"".join(parts)}'
        "</main></body></html>\n"
    )


def section(heading: str, *parts: str) -> str:
    """A part of a page under its heading."""
    return f"<section><h2>{escape(heading)}</h2>{''.join(parts)}</section>"


def cards(pairs: Sequence[tuple[str, str]]) -> str:
    """Figures at a glance: value and what it is."""
    items = "".join(f"<li><b>{escape(value)}</b>{escape(name)}</li>" for name, value in pairs)
    return f'<ul class="cards">{items}</ul>'


def table(
    caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], numeric: Iterable[int] = ()
) -> str:
    """A table of cells that are HTML already; columns in ``numeric`` stand right."""
    right = set(numeric)

    def cells(tag: str, values: Sequence[str], scope: str = "") -> str:
        return "".join(
            f"<{tag}{scope}{' class=n' if column in right else ''}>{value}</{tag}>"
            for column, value in enumerate(values)
        )

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    titles = cells("th", [escape(name) for name in head], ' scope="col"')
    return (
        f'<div class="wide"><table><caption>{escape(caption)}</caption>'
        f"<thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def meter(share: float) -> str:
    """A bar for a share between 0 and 1, with the number beside it."""
    percent = round(100 * min(1.0, max(0.0, share)))
    return (
        f'<span class="meter" aria-hidden="true"><i style="width:{percent}%"></i></span> '
        f"{percent}&nbsp;%"
    )


def bars(counts: Sequence[int], labels: Sequence[str], alt: str) -> str:
    """A bar chart as inline SVG; ``alt`` says what it shows."""
    width, height, base = 720, 220, 190
    step = width / max(1, len(counts))
    top = max([*counts, 1])
    shapes = []
    for number, (count, label) in enumerate(zip(counts, labels, strict=True)):
        tall = 150 * count / top
        x = number * step
        shapes.append(
            f'<rect class="bar" x="{x + 3:.1f}" y="{base - tall:.1f}" width="{step - 6:.1f}" '
            f'height="{tall:.1f}" rx="2"/>'
            f'<text x="{x + step / 2:.1f}" y="{base + 18}" text-anchor="middle">'
            f"{escape(label)}</text>"
        )
        if count:
            shapes.append(
                f'<text x="{x + step / 2:.1f}" y="{base - tall - 5:.1f}" text-anchor="middle">'
                f"{count}</text>"
            )
    return (
        f'<figure><svg role="img" viewBox="0 0 {width} {height}" width="100%">'
        f"<title>{escape(alt)}</title>"
        f'<line class="axis" x1="0" y1="{base}" x2="{width}" y2="{base}"/>{"".join(shapes)}</svg>'
        f"<figcaption>{escape(alt)}</figcaption></figure>"
    )

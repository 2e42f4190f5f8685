"""What a published book needs beside its pages, and links that only a published one may have.

Always: a 404 page, ``robots.txt``, a preview picture for social media, and a description of each
page. Everything that needs an address comes from one setting, ``COURSE_REPOSITORY``, the address of
the repository (or ``repository.url`` in ``_config.yml``): edit and issue links, *Open in Colab*.
For a repository on GitHub the site's address follows from it (GitHub Pages); ``COURSE_SITE`` names
another. With a site there are canonical addresses, ``sitemap.xml`` and full preview tags. Without
the setting there are none of these links, so that none is dead.

*Open in Colab* leads to the branch ``notebooks``, which the publishing workflow writes
(``book/colab.py``).
"""

from __future__ import annotations

import html
import itertools
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

BRANCH = "main"
PICTURE = "social.png"

NOT_FOUND = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Page not found - {title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1.1rem/1.6 system-ui, sans-serif; margin: 12vh auto; max-width: 34rem; }}
main {{ padding: 0 1rem; }}
</style>
</head>
<body>
<main>
<h1>This page does not exist</h1>
<p>The address may have a typing error, or the page may have moved.</p>
<p><a href="{home}index.html">To the start of the book</a>,
or <a href="{home}search.html">search it</a>.</p>
</main>
</body>
</html>
"""


def repository(options: dict[str, Any]) -> str:
    """The repository's address, or nothing."""
    named = os.environ.get("COURSE_REPOSITORY") or options.get("repository_url") or ""
    return named.removesuffix(".git").rstrip("/")


def on_github(address: str) -> tuple[str, str] | None:
    """Owner and name of a repository on GitHub."""
    match = re.fullmatch(r"https://github\.com/([\w.-]+)/([\w.-]+)", address)
    return (match[1], match[2]) if match else None


def site(address: str) -> str:
    """Where the book is published, with a slash at the end, or nothing."""
    named = os.environ.get("COURSE_SITE", "").rstrip("/")
    if named:
        return f"{named}/"
    found = on_github(address)
    if found is None:
        return ""
    owner, name = found[0].lower(), found[1]
    folder = "" if name.lower() == f"{owner}.github.io" else f"{name}/"
    return f"https://{owner}.github.io/{folder}"


def colab(address: str, page: str) -> str:
    """Where Colab opens the notebook of a page, or nothing."""
    found = on_github(address)
    if found is None:
        return ""
    place = quote(f"{found[0]}/{found[1]}/blob/notebooks/{page}.ipynb")
    return f"https://colab.research.google.com/github/{place}"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("config-inited", _configure)
    app.connect("html-page-context", _describe, priority=900)  # behind the theme's buttons
    app.connect("build-finished", _write_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _configure(_app: Sphinx, config: Config) -> None:
    options = config.html_theme_options
    address = repository(options)
    options["repository_url"] = address
    config.html_baseurl = site(address)
    if address:
        options.update(
            repository_branch=BRANCH,
            path_to_docs="book",
            use_repository_button=True,
            use_edit_page_button=True,
            use_issues_button=True,
        )


def _describe(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Description, preview tags and launch button of one page."""
    if doctree is None:
        return
    address, base = repository(app.config.html_theme_options), app.config.html_baseurl
    title = re.sub(r"<[^>]+>", "", context.get("title", ""))
    tags = {
        "og:title": html.unescape(title),
        "og:type": "article" if page != "index" else "website",
        "og:site_name": app.config.html_title or app.config.project,
        "og:description": first_words(doctree),
    }
    if base:
        tags["og:url"] = f"{base}{page}.html"
        tags["og:image"] = f"{base}{PICTURE}"
        tags["og:image:width"], tags["og:image:height"] = "1200", "630"
        tags["og:image:alt"] = "CNN case studies: maps shrink and channels grow, layer by layer."
        tags["twitter:card"] = "summary_large_image"
    lines = [f'<meta name="description" content="{html.escape(tags["og:description"])}">']
    for name, value in tags.items():
        kind = "name" if name.startswith("twitter") else "property"
        lines.append(f'<meta {kind}="{name}" content="{html.escape(value)}">')
    context["metatags"] = context.get("metatags", "") + "\n".join(["", *lines])
    if "kernelspec" in app.env.metadata[page] and (url := colab(address, page)):
        button = {"type": "link", "text": "Open in Colab", "tooltip": "Open in Colab", "url": url}
        button |= {"icon": "fas fa-rocket", "label": "launch-colab"}
        context.setdefault("header_buttons", []).append({**button, "text": ""})


def first_words(doctree: nodes.document, most: int = 200) -> str:
    """An assignment's goal, else the first paragraph that is no part of a box; cut at a word."""
    paragraphs = list(doctree.findall(nodes.paragraph))
    texts = [" ".join(paragraph.astext().split()) for paragraph in paragraphs]
    goals = [text.removeprefix("Goal: ") for text in texts if text.startswith("Goal: ")]
    outside = [
        text
        for paragraph, text in zip(paragraphs, texts, strict=True)
        if isinstance(paragraph.parent, nodes.section | nodes.document)
    ]
    text = next(iter([*goals, *outside]), "")
    text = text[:1].upper() + text[1:]
    if len(text) <= most:
        return text
    return text[:most].rsplit(" ", 1)[0].rstrip(",;:.") + " …"


def _write_files(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.name != "html":
        return
    out, base = Path(app.outdir), app.config.html_baseurl
    title = html.escape(app.config.html_title or app.config.project)
    home = re.sub(r"^https?://[^/]+", "", base)
    (out / "404.html").write_text(NOT_FOUND.format(title=title, home=home), encoding="utf-8")
    (out / ".nojekyll").touch()  # folders that begin with an underscore are pages, too
    robots = "User-agent: *\nAllow: /\n"
    if base:
        robots += f"Sitemap: {base}sitemap.xml\n"
        places = [f"  <url><loc>{html.escape(base + page)}.html</loc></url>"
                  for page in sorted(app.env.found_docs)]  # fmt: skip
        head = '<?xml version="1.0" encoding="UTF-8"?>\n'
        head += '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        (out / "sitemap.xml").write_text(head + "\n".join(places) + "\n</urlset>\n")
    (out / "robots.txt").write_text(robots)
    draw_picture(out / PICTURE)


def draw_picture(path: Path) -> None:
    """The preview picture, 1200 by 630: maps that shrink while channels grow, and a shortcut."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.patches import FancyArrowPatch, Rectangle

    figure = Figure(figsize=(12, 6.3), dpi=100, facecolor="#0d2233")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 12), ylim=(0, 6.3))
    axes.axis("off")
    axes.text(0.7, 5.05, "CNN case studies", color="white", fontsize=54, weight="bold")
    axes.text(0.72, 4.4, "Built, counted, tried out: from LeNet-5 to EfficientNet",
              color="#b9d4e8", fontsize=23)  # fmt: skip
    colours, left, middles = ("#63b8f0", "#f2a25c", "#3fcf9f", "#e79ac6"), 0.8, []
    for colour, size, channels in zip(colours, (2.7, 1.9, 1.25, 0.75), (2, 4, 7, 12), strict=True):
        for channel in range(channels):
            place = (left + 0.14 * channel, 1.75 - size / 2 + 0.03 * channel)
            axes.add_patch(Rectangle(place, size, size, facecolor=colour, edgecolor="#0d2233"))
        width = size + 0.14 * (channels - 1)
        middles.append(left + width / 2)
        left += width + 0.5
    for start, end in itertools.pairwise(middles):
        axes.add_patch(
            FancyArrowPatch((start, 3.3), (end, 3.3), arrowstyle="-|>", mutation_scale=22,
                            connectionstyle="arc3,rad=-0.18", color="white", linewidth=2)
        )  # fmt: skip
    figure.savefig(path, metadata={"Software": None})

"""Five repairs to what other extensions write into the pages.

sphinx-thebe is always loaded by Jupyter Book. Even with its button off, it declares an address on a
CDN in every page, twice, and the second declaration is an error in the browser's console. This
course launches no remote kernels, so the two listeners that write scripts into pages go.

docutils marks a bibliography as a list, and its entries with a role that lists do not know, so that
screen readers find an empty list. The entries become list items.

Sphinx's search fetches each page that it found to quote from it, which browsers forbid for files.
Opened from a folder, the book lists what it found without quotations.

Extensions say how to write their nodes for the builder ``html`` alone; the one page that the PDF is
printed from comes from ``singlehtml``, which gets the same writers.

Definitions from our library are shown as they stand there; what they say to the type checker alone
is left out.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

ASIDE = re.compile(r" +# (type: ignore|noqa)\b.*")
UNWANTED = {"init_thebe_core", "update_thebe_context"}
NO_QUOTES_FROM_FILES = (
    'if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;'
)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx; the first repair acts once all extensions have registered."""
    app.connect("config-inited", _drop_thebe)
    app.connect("html-page-context", _list_bibliography)
    app.connect("doctree-read", _without_asides)
    app.connect("builder-inited", _write_one_page_alike)
    app.add_js_file(None, body=NO_QUOTES_FROM_FILES, priority=900)  # after Sphinx's options
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _drop_thebe(app: Sphinx, _config: object) -> None:
    listeners = [entry for entries in app.events.listeners.values() for entry in entries]
    for entry in listeners:
        if getattr(entry.handler, "__name__", "") in UNWANTED:
            app.disconnect(entry.id)


def _list_bibliography(
    _app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: object
) -> None:
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def _without_asides(_app: Sphinx, doctree: nodes.document) -> None:
    for block in doctree.findall(nodes.literal_block):
        text = ASIDE.sub("", block.astext())
        if text != block.astext():
            block.rawsource = text  # or it counts as parsed, and is not highlighted
            block.children = [nodes.Text(text)]


def _write_one_page_alike(app: Sphinx) -> None:
    writers = app.registry.translation_handlers
    writers["singlehtml"] = {**writers.get("html", {}), **writers.get("singlehtml", {})}

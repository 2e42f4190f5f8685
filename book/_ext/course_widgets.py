"""Scripts of the widgets, on the pages that have widgets and on no other.

A cell that shows a widget writes an element with ``data-widget="NAME"``. Such a page gets the style
sheet, the shared core and ``_assets/widgets/NAME.js``. Scripts are deferred and classic: browsers
refuse modules to pages that were opened from a folder.
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

WIDGET = re.compile(r'<div class="widget"[^>]* data-widget="([a-z-]+)"')


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("html-page-context", _add_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _add_scripts(
    app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: object
) -> None:
    """Sphinx keeps what is added during this event to the one page."""
    names = sorted(set(WIDGET.findall(context.get("body", ""))))
    if not names:
        return
    app.add_css_file("widgets/widgets.css", priority=900)  # after course.css
    for order, name in enumerate(["core", *names]):
        app.add_js_file(f"widgets/{name}.js", priority=901 + order, loading_method="defer")

"""Keep the pages free of what would reach for the network.

Jupyter Book always loads sphinx-thebe. Even with its button off, it declares an address on a CDN in
every page, twice, and the second declaration is an error in the browser's console. This course
launches no remote kernels, so the two listeners that write scripts into pages go.
"""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx

UNWANTED = {"init_thebe_core", "update_thebe_context"}


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx; acts once all extensions have registered theirs."""
    app.connect("config-inited", _drop_thebe)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _drop_thebe(app: Sphinx, _config: object) -> None:
    listeners = [entry for entries in app.events.listeners.values() for entry in entries]
    for entry in listeners:
        if getattr(entry.handler, "__name__", "") in UNWANTED:
            app.disconnect(entry.id)

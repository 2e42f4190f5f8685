"""Outputs that a box reported, reduced to what may be stored and shown: capped text and PNG."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

MAX_TEXT = 60_000
MAX_IMAGE = 1_500_000
MAX_OUTPUTS = 24
PNG = b"\x89PNG\r\n\x1a\n"
CONTROL = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def safe_outputs(reported: object) -> tuple[dict[str, Any], ...]:
    """Nbformat outputs of known form; whatever else was reported is left out."""
    kept: list[dict[str, Any]] = []
    room = MAX_TEXT
    for output in (reported if isinstance(reported, list) else [])[:MAX_OUTPUTS]:
        made = _safe(output, room) if isinstance(output, dict) else None
        if made is not None:
            kept.append(made)
            room = max(500, room - len(str(made.get("text", ""))))
    return tuple(kept)


def _safe(output: dict[str, Any], room: int) -> dict[str, Any] | None:
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return {"output_type": "stream", "name": name, "text": text(output.get("text"), room)}
    if kind == "error":
        lines = output.get("traceback")
        shown = [text(line, 1000) for line in (lines if isinstance(lines, list) else [])[:12]]
        return {
            "output_type": "error",
            "ename": text(output.get("ename"), 80),
            "evalue": text(output.get("evalue"), 2000),
            "traceback": shown,
        }
    if kind == "display_data" and isinstance(output.get("data"), dict):
        data: dict[str, str] = {}
        plain = output["data"].get("text/plain")
        if isinstance(plain, str):
            data["text/plain"] = text(plain, room)
        image = output["data"].get("image/png")
        if isinstance(image, str) and _is_png(image):
            data["image/png"] = image
        if data:
            return {"output_type": "display_data", "data": data, "metadata": {}}
    return None


def _is_png(image: str) -> bool:
    if len(image) > MAX_IMAGE:
        return False
    try:
        return base64.b64decode(image, validate=True).startswith(PNG)
    except (binascii.Error, ValueError):
        return False


def text(value: object, limit: int) -> str:
    """Printable text of at most ``limit`` characters."""
    if not isinstance(value, str):
        return ""
    cleaned = CONTROL.sub("", value[: 2 * limit].encode("utf-8", "replace").decode("utf-8"))
    return cleaned if len(cleaned) <= limit else cleaned[:limit] + "\n... (cut)"

"""Outputs that a box reported, reduced to what may be stored and shown: capped text and PNG."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from autograder.printable import printable

MAX_TEXT = 60_000
MAX_IMAGE = 1_500_000
MAX_OUTPUTS = 24
MAX_PIXELS = 50_000_000
"""A compressed file of a megabyte can claim thousands of millions."""
PNG = b"\x89PNG\r\n\x1a\n"


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
    """Whether it says that it is a PNG of a size that a browser can take."""
    if len(image) > MAX_IMAGE:
        return False
    try:
        data = base64.b64decode(image, validate=True)
    except (binascii.Error, ValueError):
        return False
    width, height = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    return data.startswith(PNG) and width * height <= MAX_PIXELS


def text(value: object, limit: int) -> str:
    """Printable text of at most ``limit`` characters."""
    if not isinstance(value, str):
        return ""
    cleaned = printable(value[: 2 * limit])
    return cleaned if len(cleaned) <= limit else cleaned[:limit] + "\n... (cut)"


def size_of(outputs: Sequence[Mapping[str, Any]]) -> int:
    """About how many characters outputs take in a record."""
    return sum(len(repr(output)) for output in outputs)

"""What a box reports as output is cut down to what may be stored and shown."""

import base64

from autograder.runner.outputs import MAX_TEXT, safe_outputs, text

PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(20)).decode()


def test_text_streams_and_png_stay() -> None:
    """Honest output comes through."""
    shown = {"output_type": "display_data", "data": {"text/plain": "fig", "image/png": PIXEL}}
    stream = {"output_type": "stream", "name": "stdout", "text": "hello"}
    kept = safe_outputs([stream, shown])
    assert kept[0]["text"] == "hello"
    assert kept[1]["data"] == {"text/plain": "fig", "image/png": PIXEL}


def test_html_and_script_do_not_stay() -> None:
    """Rich types that run in a browser are left out, and images that are none."""
    data = {
        "text/html": "<script>", "image/svg+xml": "<svg onload=1>", "application/javascript": "1",
        "image/png": base64.b64encode(b"<svg>").decode(),
    }  # fmt: skip
    assert safe_outputs([{"output_type": "display_data", "data": data}]) == ()


def test_nonsense_is_left_out() -> None:
    """A box may report anything."""
    for reported in (None, 7, "x", {}, [None, 7, {"output_type": "x"}, {"data": 1}], [[]]):
        assert safe_outputs(reported) == ()
    odd = [{"output_type": "error", "ename": 7, "evalue": None, "traceback": "x"}]
    assert safe_outputs(odd)[0]["traceback"] == []


def test_sums_are_capped() -> None:
    """However many outputs there are, a record stays small."""
    flood = [{"output_type": "stream", "name": "stdout", "text": "x" * 10**6}] * 1000
    kept = safe_outputs(flood)
    assert sum(len(output["text"]) for output in kept) < 2 * MAX_TEXT


def test_control_characters_go() -> None:
    """Terminal escapes and NULs are not passed on."""
    assert text("a\x1b[31mb\x00c\ud800", 100) == "abc?"


def test_a_picture_of_thousands_of_megapixels_is_left_out() -> None:
    """A small file can claim a size that no browser takes."""
    header = b"\x89PNG\r\n\x1a\n" + bytes(8) + (50_000).to_bytes(4, "big") * 2
    huge = base64.b64encode(header + bytes(8)).decode()
    shown = {"output_type": "display_data", "data": {"text/plain": "fig", "image/png": huge}}
    assert safe_outputs([shown])[0]["data"] == {"text/plain": "fig"}

"""The PDF: what the page is made into before it is printed, and that Chromium prints it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = """<!DOCTYPE html>
<html lang="en" data-content_root="./"><head><title>Book</title></head>
<body data-default-mode="auto"><details class="sd-dropdown"><summary>18</summary>why</details>
<div class="solution dropdown admonition">solved</div></body></html>
"""


@pytest.fixture
def pdf() -> ModuleType:
    """``book/pdf.py`` as a module."""
    spec = importlib.util.spec_from_file_location("book_pdf", ROOT / "book" / "pdf.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_everything_folded_is_opened(pdf: ModuleType) -> None:
    """Options and solutions are on paper, in light colours."""
    page = pdf.prepare(PAGE)
    assert "<details open" in page
    assert 'class="solution  admonition"' in page
    assert 'data-default-mode="light"' in page
    assert 'data-theme="light"' in page


@pytest.mark.slow
def test_chromium_prints(pdf: ModuleType, tmp_path: Path) -> None:
    """A page becomes a PDF file."""
    page = tmp_path / "index.html"
    page.write_text(pdf.prepare(PAGE), encoding="utf-8")
    pdf.print_page(page, tmp_path / "book.pdf")
    assert (tmp_path / "book.pdf").read_bytes().startswith(b"%PDF")


def test_without_chromium_it_says_what_to_install(
    pdf: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One package."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SystemExit, match="apt-get install chromium"):
        pdf.browser()

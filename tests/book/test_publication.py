"""What is published beside the pages, and the links that only a published book may have."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from PIL import Image

from autograder.build.leakscan import scan
from autograder.build.windows import load_secrets
from autograder.config import known_assignments, load_assignment

BOOK = Path(__file__).resolve().parents[2] / "book"
REPOSITORY = "https://github.com/Example/cnn"
SITE = "https://example.github.io/cnn/"
INDEX = """---
kernelspec: {display_name: Python 3, language: python, name: python3}
jupytext: {text_representation: {extension: .md, format_name: myst}}
---
# A page

It says "this" & that.

```{student-kit} resnet
```
"""


@pytest.fixture(scope="module")
def published(
    lay_out_book: Callable[[Path], Path],
    build_script: ModuleType,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A small book built as for GitHub Pages, with one kit."""
    root = lay_out_book(tmp_path_factory.mktemp("published") / "root")
    (root / "book" / "index.md").write_text(INDEX)
    kits = tmp_path_factory.mktemp("kits")
    (kits / "resnet.zip").write_bytes(b"a kit")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build_script, "ROOT", root)
        patch.setenv("COURSE_REPOSITORY", f"{REPOSITORY}.git")
        html: Path = build_script.build(root, root / "_build" / ".jupyter_cache", kits)
    return html


def read(page: Path) -> BeautifulSoup:
    """A built page."""
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


def links(page: BeautifulSoup) -> list[str]:
    """Where the links of a page lead."""
    return [link["href"] for link in page.select("a[href]")]


def test_one_setting_gives_every_link(published: Path) -> None:
    """Edit, issue, repository and Colab links, canonical address and preview follow from it."""
    page = read(published / "index.html")
    found = links(page)
    assert REPOSITORY in found
    assert f"{REPOSITORY}/edit/main/book/index.md" in found
    assert any(link.startswith(f"{REPOSITORY}/issues/new") for link in found)
    colab = "https://colab.research.google.com/github/Example/cnn/blob/notebooks"
    assert {f"{colab}/index.ipynb", f"{colab}/assignments/resnet.ipynb"} <= set(found)
    assert page.select_one("link[rel=canonical]")["href"] == f"{SITE}index.html"
    tags = {tag["property"]: tag["content"] for tag in page.select("meta[property]")}
    assert tags["og:title"] == "A page"
    assert tags["og:description"] == "It says “this” & that."
    assert tags["og:url"] == f"{SITE}index.html"
    assert tags["og:image"] == f"{SITE}social.png"


def test_files_for_search_engines_and_lost_readers(published: Path) -> None:
    """The sitemap lists the pages and robots.txt the sitemap; 404 leads home from any depth."""
    tree = ElementTree.parse(published / "sitemap.xml")
    assert [place.text for place in tree.iter() if place.tag.endswith("loc")] == [
        f"{SITE}index.html"
    ]
    assert f"Sitemap: {SITE}sitemap.xml" in (published / "robots.txt").read_text()
    assert links(read(published / "404.html")) == ["/cnn/index.html", "/cnn/search.html"]
    with Image.open(published / "social.png") as picture:
        assert picture.size == (1200, 630)


def test_kits_lie_at_an_address_that_stays(published: Path) -> None:
    """``_kits/<id>.zip``, linked from the page of the assignment."""
    assert (published / "_kits" / "resnet.zip").read_bytes() == b"a kit"
    assert "_kits/resnet.zip" in links(read(published / "index.html"))


def test_without_the_setting_no_link_leads_nowhere(
    small_book: Path, build_script: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No repository, no site, no kit: none is spoken of, and the instructor is."""
    monkeypatch.delenv("COURSE_REPOSITORY", raising=False)
    monkeypatch.delenv("COURSE_SITE", raising=False)
    (small_book / "book" / "index.md").write_text(INDEX)
    html: Path = build_script.build(small_book, small_book / "_build" / ".jupyter_cache")
    page = read(html / "index.html")
    outside = [link for link in links(page) if "github.com" in link or "colab" in link]
    assert outside == []
    assert page.select_one("link[rel=canonical]") is None
    assert not (html / "sitemap.xml").exists()
    assert not (html / "_kits").exists()
    assert "from your instructor" in page.get_text(" ", strip=True)
    assert links(read(html / "404.html")) == ["index.html", "search.html"]


@pytest.mark.slow
def test_kits_of_the_book_are_released_ones(
    build_script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Made by the release, once for the same sources, without a trace of answers."""
    import autograder.config

    monkeypatch.setattr(autograder.config, "known_assignments", lambda: ("resnet",))
    kits = build_script.make_kits(tmp_path / "course")
    made = (kits / "resnet.zip").stat().st_mtime_ns
    assert scan(kits / "resnet.zip", load_secrets(load_assignment("resnet"))) == []
    assert build_script.make_kits(tmp_path / "course") == kits
    assert (kits / "resnet.zip").stat().st_mtime_ns == made


def test_every_assignment_has_its_page() -> None:
    """With the kit's directive, its own table and the shared parts."""
    for id in known_assignments():
        text = (BOOK / "assignments" / f"{id}.md").read_text(encoding="utf-8")
        assert f"```{{student-kit}} {id}\n" in text
        assert f'assignments.tasks("{id}")' in text
        for part in ("_contract", "_check", "_hand_in"):
            assert f"```{{include}} {part}.md\n" in text
        (check,) = [line for line in text.splitlines() if line.startswith('check("')]
        load_assignment(id).question(check[7:-2])


def test_notebooks_for_colab_fetch_what_they_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page's notebook fetches the code, an assignment's its kit; both are valid notebooks."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("book_colab", BOOK / "colab.py")
    assert spec is not None
    assert spec.loader is not None
    colab = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(colab)
    monkeypatch.setattr(colab, "pages", lambda: ["counting", "glossary", "assignments/resnet"])
    with zipfile.ZipFile(tmp_path / "resnet.zip", "w") as kit:
        kit.writestr("resnet/resnet.ipynb", json.dumps({"cells": [], "metadata": {}}))
    written = colab.write(tmp_path / "out", tmp_path, REPOSITORY, SITE)
    assert [path.relative_to(tmp_path / "out").as_posix() for path in written] == [
        "counting.ipynb",
        "assignments/resnet.ipynb",
    ]
    first = [json.loads(path.read_text())["cells"][0]["source"] for path in written]
    assert f'"{REPOSITORY}", "course"' in first[0]
    assert f"{SITE}_kits/resnet.zip" in first[1]
    for source in first:
        compile(source, "cell", "exec")

"""The build script: it fails when it should, and runs pages again when it must."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]

PAGE = """---
kernelspec: {display_name: Python 3, language: python, name: python3}
jupytext: {text_representation: {extension: .md, format_name: myst}}
---
"""


def build(script: ModuleType, root: Path) -> Path:
    """Build the small book in place."""
    return script.build(root, root / "_build" / ".jupyter_cache")


def test_a_clean_page_builds(small_book: Path, build_script: ModuleType) -> None:
    """The positive control: nothing wrong, and the page is where it is said to be."""
    assert "A page" in (build(build_script, small_book) / "index.html").read_text()


def test_what_has_not_changed_is_not_built_again(
    small_book: Path,
    build_script: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing is built for the same inputs; after a failed build, or with --force, it is."""
    page = small_book / "book" / "index.md"

    def said(*options: str) -> str:
        command = ["build.py", "--no-kits", "--output", str(small_book), *options]
        monkeypatch.setattr("sys.argv", command)
        build_script.main()
        return capsys.readouterr().out

    assert "The book, in " in said()
    assert "The book has not changed since it was built: " in said()
    before = page.read_text()
    page.write_text("# A page\n\n[nowhere](missing.md)\n")
    with pytest.raises(SystemExit, match="warnings or errors"):
        said()
    page.write_text(before)
    assert "The book, in " in said()
    assert "The book has not changed since it was built: " in said()
    assert "The book, in " in said("--force")


def test_what_a_build_reads_decides(
    small_book: Path, build_script: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page, the configuration and the site's address change the digest; outputs do not."""

    def digest() -> str:
        return build_script.inputs_digest(small_book, kits=False)

    seen = {digest()}
    (small_book / "book" / "_build").mkdir()
    (small_book / "book" / "_build" / "index.html").touch()
    assert digest() in seen
    for path in (small_book / "book" / "index.md", small_book / "_config.yml"):
        path.write_text(path.read_text() + "\n")
        seen.add(digest())
    for setting in build_script.SETTINGS:
        monkeypatch.setenv(setting, "https://course.example")
        seen.add(digest())
    assert len(seen) == 5


def test_pages_that_are_gone_do_not_hinder(small_book: Path) -> None:
    """The cache remembers a page that was renamed; the others are executed all the same."""
    execute = ROOT / "book" / "execute.py"
    for name in ("one", "two"):
        page = small_book / "book" / f"{name}.md"
        page.write_text(cell(f"'{name}'"))
        command = [sys.executable, execute, small_book / "book", small_book / "cache"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert f"executed: {name}.md" in done.stdout
        assert "Traceback" not in done.stderr
        page.unlink()


def pages(book: Path, texts: dict[str, str]) -> None:
    """Make these pages the chapters of a book: a build takes seconds, and can judge several."""
    chapters = "".join(f"- file: {name}\n" for name in texts)
    (book / "_toc.yml").write_text(f"format: jb-book\nroot: index\nchapters:\n{chapters}")
    for name, text in texts.items():
        (book / f"{name}.md").write_text(text)


def test_what_leads_nowhere_fails_the_build(
    small_book: Path, build_script: ModuleType, capfd: pytest.CaptureFixture[str]
) -> None:
    """Broken links, citations and terms are errors, each told with its page."""
    texts = {
        "link": "# A page\n\n[nowhere](missing.md)\n",
        "citation": "# A page\n\n{cite}`nobody2000`\n",
        "term": "# A page\n\n{term}`not in the glossary`\n",
    }
    pages(small_book / "book", texts)
    with pytest.raises(SystemExit, match=r"the book has warnings or errors"):
        build(build_script, small_book)
    output = capfd.readouterr()
    told = [line for line in (output.out + output.err).splitlines() if "WARNING" in line]
    for name in texts:
        assert any(f"{name}.md" in line for line in told), (name, told)
    assert not any("index.md" in line for line in told)


def cell(code: str) -> str:
    """A page of one cell."""
    return f"{PAGE}# A page\n\n```{{code-cell}} python\n{code}\n```\n"


def test_cells_that_fail_fail_the_build(
    small_book: Path, build_script: ModuleType, capfd: pytest.CaptureFixture[str]
) -> None:
    """Crashing cells and warnings of cells are errors, each told with its page."""
    texts = {"crash": cell("1 / 0"), "stderr": cell("import warnings; warnings.warn('odd')")}
    pages(small_book / "book", texts)
    with pytest.raises(SystemExit, match=r"the book has warnings or errors"):
        build(build_script, small_book)
    output = capfd.readouterr()
    told = [
        line for line in (output.out + output.err).splitlines() if re.search("WARNING|ERROR", line)
    ]
    for name in texts:
        assert any(f"{name}.md" in line for line in told), (name, told)


def test_a_kernel_that_dies_fails_the_build(small_book: Path, build_script: ModuleType) -> None:
    """A page that ends its own kernel is an error, too."""
    (small_book / "book" / "index.md").write_text(cell("import os; os._exit(1)"))
    with pytest.raises(SystemExit, match=r"the book has warnings or errors"):
        build(build_script, small_book)


def test_pages_that_would_load_something_fail_the_build(
    small_book: Path, build_script: ModuleType
) -> None:
    """Pages are self-contained; the message names each page and the address."""
    loads = {
        "script": '<script src="https://cdn.example/x.js"></script>',
        "image": "<img alt='' src='//images.example/x.png'>",
        "style": '<link rel="stylesheet" href="https://fonts.example/x.css">',
        "address": '<script>const url = "https://unpkg.com/thebe"</script>',
    }
    pages(small_book / "book", {name: f"# A page\n\n{tag}\n" for name, tag in loads.items()})
    with pytest.raises(SystemExit, match="load from the network:") as caught:
        build(build_script, small_book)
    named = [line.split(".html: ")[0] for line in str(caught.value).splitlines()[1:]]
    assert sorted(named) == sorted(loads)


def test_links_that_readers_follow_are_no_loads(build_script: ModuleType, tmp_path: Path) -> None:
    """An ordinary link to the web is allowed."""
    (tmp_path / "a.html").write_text('<a href="https://arxiv.org/abs/1512.03385">paper</a>')
    assert build_script.fetched_addresses(tmp_path) == []


def test_digest_follows_what_pages_import(build_script: ModuleType, small_book: Path) -> None:
    """A changed library, helper or assignment table changes the digest; a page's text does not."""
    digests = {build_script.library_digest(small_book)}
    (small_book / "book" / "index.md").write_text("# Another page\n")
    assert build_script.library_digest(small_book) in digests
    for name in ("solutions/new.py", "book/_code/new.py", "assignments/new/assignment.toml"):
        (small_book / name).parent.mkdir(parents=True, exist_ok=True)
        (small_book / name).write_text("x = 1\n")
        digests.add(build_script.library_digest(small_book))
    assert len(digests) == 4


def test_cache_of_another_library_is_cleared(build_script: ModuleType, tmp_path: Path) -> None:
    """Executed pages live as long as the digest that they were made under."""
    cache = tmp_path / "cache"
    assert build_script.clear_stale_cache(cache, "one")
    (cache / "page").write_text("executed")
    assert not build_script.clear_stale_cache(cache, "one")
    assert (cache / "page").exists()
    assert build_script.clear_stale_cache(cache, "two")
    assert not (cache / "page").exists()


def test_pages_run_again_when_the_library_changes(
    small_book: Path, build_script: ModuleType
) -> None:
    """Jupyter Book itself would show the old output: the page's code has not changed.

    Pages run in their own folder, in kernels with the heavy imports done and nothing of ours.
    """
    code = """import os, sys
print('torch' in sys.modules, 'solutions' in sys.modules, os.getcwd())
from solutions import x; print(x.value)"""
    pages(small_book / "book", {"one": cell(code), "two": cell(code)})
    (small_book / "solutions" / "__init__.py").touch()
    for value in ("first", "second"):
        (small_book / "solutions" / "x.py").write_text(f"value = '{value} value'\n")
        html = build(build_script, small_book)
        for name in ("one", "two"):
            page = (html / f"{name}.html").read_text()
            assert f"{value} value" in page
            assert f"True False {small_book / 'book'}" in page

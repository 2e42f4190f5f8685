"""The build script: it fails when it should, and runs pages again when it must."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

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
    """Pages, settings and a failed build before decide; --force builds all the same."""
    page = small_book / "book" / "index.md"

    def said(*options: str) -> str:
        command = ["build.py", "--no-kits", "--output", str(small_book), *options]
        monkeypatch.setattr("sys.argv", command)
        build_script.main()
        return capsys.readouterr().out

    assert "The book, in " in said()
    assert "The book has not changed since it was built: " in said()
    assert "The book, in " in said("--force")
    page.write_text("# Another page\n")
    assert "The book, in " in said()
    monkeypatch.setenv("COURSE_SITE", "https://course.example")
    assert "The book, in " in said()
    page.write_text("# A page\n\n[nowhere](missing.md)\n")
    with pytest.raises(SystemExit, match="warnings or errors"):
        said()
    page.write_text("# Another page\n")
    assert "The book, in " in said()


def test_pages_that_are_gone_do_not_hinder(
    small_book: Path, build_script: ModuleType, capfd: pytest.CaptureFixture[str]
) -> None:
    """The cache remembers a page that was renamed; the others are executed all the same."""
    contents, code = small_book / "book" / "_toc.yml", "# One\n\n```{code-cell} python\n1\n```\n"
    for name in ("one", "two"):
        contents.write_text(f"format: jb-book\nroot: index\nchapters:\n- file: {name}\n")
        page = small_book / "book" / f"{name}.md"
        page.write_text(PAGE + code.replace("1\n", f"'{name}'\n"))
        build(build_script, small_book)
        said = capfd.readouterr()
        assert f"executed: {name}.md" in said.out
        assert "Traceback" not in said.err
        page.unlink()


def test_kernels_start_warm_and_where_their_page_is(
    small_book: Path, build_script: ModuleType
) -> None:
    """The heavy imports are done, nothing of ours is; the page runs in its own folder."""
    cell = "import os, sys\nprint('torch' in sys.modules, 'solutions' in sys.modules, os.getcwd())"
    (small_book / "book" / "index.md").write_text(
        f"{PAGE}# A page\n\n```{{code-cell}} python\n{cell}\n```\n"
    )
    page = (build(build_script, small_book) / "index.html").read_text()
    assert f"True False {small_book / 'book'}" in page


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


@pytest.mark.parametrize(
    "code",
    ["1 / 0", "import warnings; warnings.warn('odd')", "import os; os._exit(1)"],
    ids=["crash", "stderr", "death"],
)
def test_a_cell_that_fails_fails_the_build(
    small_book: Path, build_script: ModuleType, code: str
) -> None:
    """Crashing cells and warnings of cells are errors."""
    page = f"{PAGE}# A page\n\n```{{code-cell}} python\n{code}\n```\n"
    (small_book / "book" / "index.md").write_text(page)
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


def test_a_changed_library_runs_the_page_again(small_book: Path, build_script: ModuleType) -> None:
    """Jupyter Book itself would show the old output: the page's code has not changed."""
    page = (
        PAGE + "# A page\n\n```{code-cell} python\nfrom solutions import x; print(x.value)\n```\n"
    )
    (small_book / "book" / "index.md").write_text(page)
    (small_book / "solutions" / "__init__.py").touch()
    shown = []
    for value in ("first", "second"):
        (small_book / "solutions" / "x.py").write_text(f"value = '{value} value'\n")
        shown.append(
            f"{value} value" in (build(build_script, small_book) / "index.html").read_text()
        )
    assert shown == [True, True]

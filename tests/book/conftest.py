"""One build of the book for all tests that look at its pages."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book"))  # the pages import `_code` from there


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what looks at the whole book; whichever comes first waits until pages are executed."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(1500), append=False)
            if "html" in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.whole_book)


@pytest.fixture(scope="session")
def build_script() -> ModuleType:
    """``book/build.py`` as a module."""
    spec = importlib.util.spec_from_file_location("book_build", ROOT / "book" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def html(build_script: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built pages. Every warning failed the build; the network was out of reach.

    Executed pages are shared with ``make book``: the cache is valid by its digest or is cleared.
    """
    nowhere = "http://127.0.0.1:9"
    with pytest.MonkeyPatch.context() as patch:
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"):
            patch.setenv(name, nowhere)
        cache = ROOT / "_build" / ".jupyter_cache"
        built: Path = build_script.build(tmp_path_factory.mktemp("book"), cache)
    return built  # what comes after may use the network of this machine


@pytest.fixture(scope="session")
def lay_out_book() -> Callable[[Path], Path]:
    """Make a book of one page with this book's configuration in an empty folder."""

    def lay_out(root: Path) -> Path:
        for name in (
            "_config.yml", "requirements.txt", "autograder/config.py", "book/references.bib",
        ):  # fmt: skip
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)
        for name in ("_assets", "_ext", "_vendor"):
            shutil.copytree(ROOT / "book" / name, root / "book" / name)
        (root / "solutions").mkdir()
        (root / "book" / "_toc.yml").write_text("format: jb-book\nroot: index\n")
        (root / "book" / "index.md").write_text("# A page\n")
        return root

    return lay_out


@pytest.fixture
def small_book(
    lay_out_book: Callable[[Path], Path], tmp_path: Path, build_script: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:  # fmt: skip
    """A book of one page; the build script works on it."""
    root = lay_out_book(tmp_path / "root")
    monkeypatch.setattr(build_script, "ROOT", root)
    return root

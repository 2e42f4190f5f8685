"""Build the book: ``python book/build.py``, to ``_build/html`` unless told otherwise.

Every warning fails the build, broken references and crashing cells included, and so does a page
that would load something from the network. Pages run again when their code changes; Jupyter Book
does not see that the library they import has changed, so a digest of it decides whether the cache
of executed pages still holds.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STAMP = ".library-digest"
IMPORTED = ("solutions/**/*.py", "book/_code/*.py", "assignments/*/assignment.toml")

# What a browser fetches on its own; links that a reader follows are fine.
FETCHED = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed)\b[^>]*?\bsrc\s*=\s*["']?(?:https?:)?//[^"'\s>]+
    |<link\b(?![^>]*\brel=["']?(?:canonical|license|author))[^>]*?\bhref\s*=\s*["']?(?:https?:)?//[^"'\s>]+
    |https?://[^"'\s)]*(?:unpkg|jsdelivr|cdnjs|googleapis|gstatic)[^"'\s)]*""",
    re.VERBOSE,
)


def library_digest(root: Path) -> str:
    """A digest of all that pages import or read: library, helpers, assignments' tables."""
    digest = hashlib.sha256()
    paths = {root / "requirements.txt", root / "autograder" / "config.py"}
    paths.update(path for pattern in IMPORTED for path in root.glob(pattern))
    for path in sorted(paths):
        digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def clear_stale_cache(cache: Path, digest: str) -> bool:
    """Delete ``cache`` unless it was filled under ``digest``; True if it was deleted."""
    stamp = cache / STAMP
    if stamp.is_file() and stamp.read_text() == digest:
        return False
    shutil.rmtree(cache, ignore_errors=True)
    cache.mkdir(parents=True)
    stamp.write_text(digest)
    return True


def fetched_addresses(html: Path) -> list[str]:
    """Every place in the built pages that would make a browser ask the network, page first."""
    return [
        f"{page.relative_to(html)}: {match.group(0)[:120]}"
        for page in sorted(html.rglob("*.html"))
        for match in FETCHED.finditer(page.read_text(encoding="utf-8"))
    ]


def build(output: Path, cache: Path) -> Path:
    """Build into ``output/_build/html`` with executed pages kept in ``cache``; the pages' folder.

    Raises:
        SystemExit: the build gave a warning or an error, or a page is not self-contained.
    """
    clear_stale_cache(cache, library_digest(ROOT))
    link = output / "_build" / ".jupyter_cache"
    if link != cache and not link.exists():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(cache)
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", str(ROOT / "book")]
    command += ["--config", str(ROOT / "_config.yml"), "--path-output", str(output)]
    command += ["-W", "-n", "--keep-going", "--all"]
    path = [str(ROOT), str(ROOT / "book"), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(path)}
    done = subprocess.run(command, env=environment, check=False)
    html = output / "_build" / "html"
    if done.returncode:
        raise SystemExit(f"the book has warnings or errors (above); tracebacks: {html / 'reports'}")
    if found := fetched_addresses(html):
        raise SystemExit("pages would load from the network:\n" + "\n".join(found))
    return html


def main() -> None:
    """Parse the command line and build."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=ROOT, help="folder to put _build into")
    parser.add_argument("--cache", type=Path, help="folder of executed pages (in _build)")
    options = parser.parse_args()
    output = options.output.resolve()
    cache = (options.cache or output / "_build" / ".jupyter_cache").resolve()
    print(f"The book: {build(output, cache) / 'index.html'}")


if __name__ == "__main__":
    main()

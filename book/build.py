"""Build the book: ``python book/build.py``, to ``_build/html`` unless told otherwise.

Every warning fails the build, broken references and crashing cells included, and so does a page
that would load something from the network. Pages run again when their code changes; Jupyter Book
does not see that the library they import has changed, so a digest of it decides whether the cache
of executed pages still holds. Where nothing at all has changed, nothing is built.

The student kits are made first and published at ``_kits/<id>.zip`` (``--no-kits`` leaves them out).
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STAMP = ".library-digest"
SETTINGS = ("COURSE_REPOSITORY", "COURSE_SITE")
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


def kits_digest(root: Path) -> str:
    """A digest of all that student kits are made of."""
    digest = hashlib.sha256()
    paths = [root / "requirements.txt"]
    for pattern in ("assignments/*/*", "autograder/**/*", "solutions/**/*.py"):
        paths += [path for path in root.glob(pattern) if path.is_file()]
    for path in sorted(paths):
        if "__pycache__" not in path.parts and path.suffix not in (".npz", ".json"):
            digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def inputs_digest(root: Path, *, kits: bool) -> str:
    """A digest of all that a build reads: pages, library, settings, what kits are made of."""
    digest = hashlib.sha256(library_digest(root).encode())
    if kits:
        digest.update(kits_digest(root).encode())
    for name in SETTINGS:
        digest.update(f"{name}={os.environ.get(name, '')}\0".encode())
    generated = {"__pycache__", "_build", "_generated"}
    for path in [root / "_config.yml", *sorted((root / "book").rglob("*"))]:
        name = path.relative_to(root)
        if path.is_file() and not generated & set(name.parts):
            digest.update(f"{name}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def make_kits(folder: Path) -> Path:
    """Release every assignment into ``folder``, a course of its own; the folder of its kits.

    The release looks for answers and hidden checks in each kit and refuses if it finds one.

    Raises:
        ReleaseError: an assignment cannot be released; says why.
    """
    from autograder.build.release import release
    from autograder.config import known_assignments, load_assignment

    if clear_stale_cache(folder, kits_digest(ROOT)):
        (folder / STAMP).unlink()  # until all are made
        for id in known_assignments():
            print(f"Student kit: {release(load_assignment(id), folder).kit.name}", flush=True)
        (folder / STAMP).write_text(kits_digest(ROOT))
    return folder / "kits"


def build(output: Path, cache: Path, kits: Path | None = None) -> Path:
    """Build into ``output/_build/html`` with executed pages kept in ``cache``; the pages' folder.

    The student kits in ``kits`` are published with it.

    Raises:
        SystemExit: the build gave a warning or an error, or a page is not self-contained.
    """
    clear_stale_cache(cache, library_digest(ROOT))
    link = output / "_build" / ".jupyter_cache"
    if link != cache and not link.exists():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(cache)
    quick = Path(__file__).with_name("quick.py")
    command = [sys.executable, str(quick), "build", str(ROOT / "book")]
    command += ["--config", str(ROOT / "_config.yml"), "--path-output", str(output)]
    command += ["-W", "-n", "--keep-going", "--all"]
    path = [str(ROOT), str(ROOT / "book"), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(path)}
    environment.pop("COURSE_KITS", None)
    if kits is not None:
        environment["COURSE_KITS"] = str(kits)
    # What fails there runs again in the build, which tells where and why.
    execute = Path(__file__).with_name("execute.py")
    subprocess.run([sys.executable, execute, ROOT / "book", cache], env=environment, check=False)
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
    parser.add_argument("--force", action="store_true", help="build although nothing has changed")
    published = parser.add_mutually_exclusive_group()
    published.add_argument("--no-kits", action="store_true", help="publish no student kits")
    published.add_argument("--kits", type=Path, help="publish these, just released, and make none")
    options = parser.parse_args()
    if options.kits is not None and not options.kits.is_dir():
        parser.error(f"--kits: there is no folder {options.kits}")
    started = time.perf_counter()
    output = options.output.resolve()
    cache = (options.cache or output / "_build" / ".jupyter_cache").resolve()
    page, built = output / "_build" / "html" / "index.html", output / "_build" / ".built-from"
    digest = inputs_digest(ROOT, kits=not options.no_kits)
    if options.kits is not None:
        digest += f" with the kits of {options.kits.resolve()}"
    same = page.is_file() and built.is_file() and built.read_text() == digest
    if same and not options.force:
        print(f"The book has not changed since it was built: {page}")
        return
    built.unlink(missing_ok=True)  # until all is well
    kits = options.kits.resolve() if options.kits is not None else None
    if kits is None and not options.no_kits:
        kits = make_kits(output / "_build" / ".kits")
    build(output, cache, kits)
    built.write_text(digest)
    print(f"The book, in {time.perf_counter() - started:.0f} s: {page}")


if __name__ == "__main__":
    main()

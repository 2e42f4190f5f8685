"""The whole book as one PDF: ``python book/pdf.py``, to ``_build/cnn-case-studies.pdf``.

Sphinx writes all pages into one (``singlehtml``), executed pages coming from the cache that
``book/build.py`` fills, and Chromium prints it: formulas, figures and tables as on the pages, in
light colours, with everything that is folded opened. Needs one system package, ``chromium``; no
LaTeX.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")

PRINT = """
<style>
@page { size: A4; margin: 18mm 16mm; }
body { font-size: 10.5pt; }
.bd-sidebar-primary, .bd-sidebar-secondary, .bd-header, .bd-header-article, .prev-next-footer,
.sbt-scroll-pixel-helper, .skip-link, #pst-skip-link, .headerlink, .toggle-button,
.bd-footer, .search-button__overlay, #rtd-footer-container, .kit, #jb-print-toc
  { display: none !important; }
.bd-main, .bd-content, .bd-article-container, .bd-article, .bd-container__inner, .bd-container
  { display: block !important; max-width: none !important; width: auto !important;
    padding: 0 !important; margin: 0 !important; overflow: visible !important; }
span[id^="document-"] + section { break-before: page; }
h1, h2, h3, h4, summary { break-after: avoid; }
figure, table, .admonition, .sd-card, details, svg, mjx-container[display="true"]
  { break-inside: avoid; }
div.highlight pre, .output pre { white-space: pre-wrap !important; overflow: visible !important; }
.table-scroll { overflow: visible !important; }
p, li { orphans: 3; widows: 3; }
</style>
"""


def browser() -> str:
    """Chromium's path.

    Raises:
        SystemExit: there is none; says what to install.
    """
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        raise SystemExit("the PDF is printed by Chromium: sudo apt-get install chromium")
    return found


def prepare(page: str) -> str:
    """The single page made ready to print: light, unfolded, without what only a screen needs."""
    page = re.sub(r"<details(?![^>]*\bopen\b)", "<details open", page)
    page = re.sub(r'\b(class="[^"]*?)\b(?:toggle|dropdown)\b', r"\1", page)
    page = page.replace('data-default-mode="auto"', 'data-default-mode="light"')
    page = page.replace("<html ", '<html data-mode="light" data-theme="light" ', 1)
    return page.replace("</head>", f"{PRINT}</head>", 1)


def single_page(output: Path, cache: Path) -> Path:
    """Write the whole book as one page below ``output``; its path.

    Raises:
        SystemExit: Sphinx failed.
    """
    link = output / "_build" / ".jupyter_cache"
    link.parent.mkdir(parents=True, exist_ok=True)
    if link != cache and not link.exists():
        link.symlink_to(cache)
    quick = Path(__file__).with_name("quick.py")
    command = [sys.executable, str(quick), "build", str(ROOT / "book")]
    command += ["--config", str(ROOT / "_config.yml"), "--path-output", str(output)]
    command += ["--builder", "custom", "--custom-builder", "singlehtml", "--all", "--quiet"]
    path = os.pathsep.join([str(ROOT), str(ROOT / "book"), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": path}
    if subprocess.run(command, env=environment, check=False).returncode:
        raise SystemExit("the book could not be put on one page (messages above)")
    return output / "_build" / "singlehtml" / "index.html"


def print_page(page: Path, pdf: Path) -> None:
    """Print ``page`` to ``pdf``.

    Raises:
        SystemExit: Chromium wrote nothing.
    """
    pdf.parent.mkdir(parents=True, exist_ok=True)
    pdf.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="pdf-") as profile:
        command = [browser(), "--headless", "--no-sandbox", "--disable-gpu"]
        command += [f"--user-data-dir={profile}", "--virtual-time-budget=120000"]
        command += ["--no-pdf-header-footer", "--generate-pdf-document-outline"]
        command += [f"--print-to-pdf={pdf}", page.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    if not pdf.is_file():
        raise SystemExit(f"Chromium printed nothing: {done.stderr[-500:]}")


def main() -> None:
    """Parse the command line, build, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pdf", type=Path, default=ROOT / "_build" / "cnn-case-studies.pdf")
    options = parser.parse_args()
    browser()
    output = ROOT / "_build" / "pdf"
    page = single_page(output, ROOT / "_build" / ".jupyter_cache")
    page.write_text(prepare(page.read_text(encoding="utf-8")), encoding="utf-8")
    print_page(page, options.pdf.resolve())
    print(f"The book as PDF: {options.pdf} ({options.pdf.stat().st_size / 1e6:.1f} MB)")


if __name__ == "__main__":
    main()

"""The built pages in a real browser: quiet, self-contained, readable in any theme and width."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page, sync_playwright

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

ROOT = Path(__file__).resolve().parents[2]
CONTENTS = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text(encoding="utf-8"))
PAGES = (
    CONTENTS["root"],
    *(chapter["file"] for part in CONTENTS["parts"] for chapter in part["chapters"]),
    "search",
)
SERVED = ("index", "counting", "ledgers", "compound-scaling", "search")
"""Looked at from a server, too: they run the most scripts."""
WITH_FIGURES = tuple(
    page
    for page in PAGES[:-1]
    if "alt=" in (ROOT / "book" / f"{page}.md").read_text(encoding="utf-8")
)
CONTRAST = """
() => {
  const channel = v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const parse = c => c.match(/[\\d.]+/g).map(Number);
  const luminance = c => { const [r, g, b] = parse(c).map(channel);
                           return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const paper = getComputedStyle(document.body).backgroundColor;
  const ratio = c => { const [a, b] = [luminance(c), luminance(paper)].sort((x, y) => y - x);
                       return (a + 0.05) / (b + 0.05); };
  const texts = [...document.querySelectorAll('figure.plot svg text')].map(
      t => ratio(getComputedStyle(t).fill));
  const root = getComputedStyle(document.documentElement);
  const probe = document.body.appendChild(document.createElement('span'));
  const series = [1, 2, 3, 4].map(i => {
    probe.style.color = root.getPropertyValue(`--figure-${i}`);
    return ratio(getComputedStyle(probe).color);
  });
  return {texts, series, paper};
}
"""


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without a word."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def address(html: Path) -> Iterator[str]:
    """The book served from this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(html)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless.

    Ended with this module: as long as it lives an event loop runs in this thread.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """A fresh tab with an empty profile; tests set its size and theme."""
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        yield context.new_page()


def open_page(tab: Page, url: str) -> None:
    """Open ``url`` and wait until its formulas are set."""
    tab.goto(url)
    tab.wait_for_function(
        "() => !document.querySelector('span.math') || document.querySelector('mjx-container')"
    )


@pytest.mark.parametrize(
    ("scheme", "page"),
    [*(("file", page) for page in PAGES), *(("http", page) for page in SERVED)],
)
def test_pages_are_quiet_and_self_contained(
    tab: Page, html: Path, address: str, page: str, scheme: str
) -> None:
    """From a folder and from a server: no console error, no request to anywhere else."""
    base = address if scheme == "http" else html.as_uri()
    complaints: list[str] = []
    requests: list[str] = []
    tab.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("requestfailed", lambda request: complaints.append(request.url))
    tab.on("request", lambda request: requests.append(request.url))
    open_page(tab, f"{base}/{page}.html")
    assert complaints == []
    assert requests
    outside = [u for u in requests if not u.startswith((base, "data:", "blob:"))]
    assert outside == []


@pytest.mark.parametrize("page", PAGES)
def test_one_main_heading_and_alternative_texts(html: Path, page: str) -> None:
    """One h1 (the theme has another for print); pictures described; headings skip no level."""
    soup = BeautifulSoup((html / f"{page}.html").read_text(encoding="utf-8"), "html.parser")
    article = soup.select_one("article.bd-article") or soup
    assert len(article.find_all("h1")) == 1
    for picture in soup.find_all("img"):
        assert picture.has_attr("alt"), picture
    for drawing in article.select("figure svg"):
        assert len(drawing["aria-label"]) > 40
    levels = [int(h.name[1]) for h in article.find_all(re.compile(r"^h[1-6]$"))]
    assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("page", PAGES)
def test_no_sideways_scrolling_on_a_phone(tab: Page, html: Path, page: str) -> None:
    """Wide code and tables scroll in their own boxes, with all folded parts opened."""
    tab.set_viewport_size({"width": 360, "height": 740})
    open_page(tab, f"{html.as_uri()}/{page}.html")
    tab.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    tab.evaluate("document.querySelectorAll('.toggle-button').forEach(b => b.click())")
    for width in (360, 320):
        tab.set_viewport_size({"width": width, "height": 740})
        assert tab.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("page", PAGES)
def test_readable_in_both_themes(tab: Page, html: Path, page: str) -> None:
    """axe-core finds nothing serious or critical, with folded parts opened, and figures are clear.

    Text of figures has 4.5 to 1 against the page, lines and marks 3 to 1.
    """
    open_page(tab, f"{html.as_uri()}/{page}.html")
    tab.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    for theme in ("light", "dark"):
        tab.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        tab.wait_for_function(f"document.documentElement.dataset.theme == '{theme}'")
        tab.wait_for_timeout(300)  # colours fade in
        found = [
            f"{theme}: {rule['id']}: {node['target']} {node['failureSummary']}"
            for rule in Axe().run(tab).response["violations"]
            if rule["impact"] in ("serious", "critical")
            for node in rule["nodes"][:3]
        ]
        assert found == []
        if page in WITH_FIGURES:
            look_at_figures(tab)


def look_at_figures(tab: Page) -> None:
    """Contrast of every figure's text and of the colours of its series; no card behind it."""
    ratios = tab.evaluate(CONTRAST)
    assert ratios["texts"]
    assert min(ratios["texts"]) >= 4.5
    assert min(ratios["series"]) >= 3
    background = tab.evaluate(
        "[...document.querySelectorAll('.cell_output .text_html')]"
        ".map(e => getComputedStyle(e).backgroundColor)"
    )
    assert set(background) == {"rgba(0, 0, 0, 0)"}


def test_theme_follows_the_system(tab: Page, html: Path) -> None:
    """A reader whose system is dark gets dark paper."""
    papers = []
    for theme in ("light", "dark"):
        tab.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        open_page(tab, f"{html.as_uri()}/index.html")
        papers.append(tab.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert papers == ["rgb(255, 255, 255)", "rgb(18, 18, 18)"]


def test_internal_links_lead_somewhere(html: Path) -> None:
    """Every relative link names a page that exists and a place on it that exists."""
    soups = {
        path: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for path in html.rglob("*.html")
        if "_static" not in path.parts
    }
    for path, soup in soups.items():
        for link in soup.select("a[href]"):
            url = urlsplit(link["href"])
            if url.scheme or url.netloc:
                continue
            target = (path.parent / unquote(url.path)).resolve() if url.path else path
            assert target.exists(), f"{path.name}: {link['href']}"
            if url.fragment and target in soups:
                name = unquote(url.fragment)
                found = soups[target].find(id=name) or soups[target].find(attrs={"name": name})
                assert found, f"{path.name}: {link['href']}"


@pytest.mark.parametrize("scheme", ["file", "http"])
@pytest.mark.parametrize(
    ("term", "pages"),
    [
        ("degradation", {"ResNets", "Why ResNets work"}),
        ("depthwise", {"MobileNet", "MobileNetV2"}),
        ("bottleneck", {"ResNets", "Inception: the motivation"}),
        ("softmax", {"LeNet-5"}),
        ("squeeze", {"EfficientNet"}),
    ],
)
def test_search_finds(
    tab: Page, html: Path, address: str, scheme: str, term: str, pages: set[str]
) -> None:
    """A word that the chapters explain is found in them, from a folder and from a server."""
    base = address if scheme == "http" else html.as_uri()
    complaints: list[str] = []
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.goto(f"{base}/search.html?q={term}")
    tab.get_by_text("Search finished").wait_for()
    results = tab.locator("#search-results a").all_inner_texts()
    assert pages <= set(results)
    assert complaints == []


def test_search_opens_by_keyboard(tab: Page, html: Path) -> None:
    """Ctrl+K opens the search field on every page."""
    open_page(tab, f"{html.as_uri()}/resnet.html")
    tab.keyboard.press("Control+k")
    tab.keyboard.type("shortcut")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/search.html?q=shortcut")


def test_questions_answer_to_the_keyboard(tab: Page, html: Path) -> None:
    """An option opens with Enter and shows its verdict."""
    open_page(tab, f"{html.as_uri()}/resnet.html")
    option = tab.locator("details", has_text="They are added, then ReLU")
    verdict = option.get_by_text("Right.")
    assert not verdict.is_visible()
    option.locator("summary").focus()
    tab.keyboard.press("Enter")
    verdict.wait_for(state="visible")


def test_solutions_are_folded_until_asked_for(tab: Page, html: Path) -> None:
    """A solution is hidden, and its button opens it from the keyboard."""
    open_page(tab, f"{html.as_uri()}/counting.html")
    solution = tab.locator(".solution").first
    text = solution.get_by_text("It has").first
    assert not text.is_visible()
    solution.locator("button.toggle-button").focus()
    tab.keyboard.press("Enter")
    text.wait_for(state="visible")


def test_nothing_is_lost_without_scripts(browser: Browser, html: Path) -> None:
    """With scripts off the text, figures, tables and questions are still there."""
    with browser.new_context(java_script_enabled=False) as context:
        tab = context.new_page()
        tab.goto(f"{html.as_uri()}/resnet.html")
        assert tab.locator("figure.plot svg").first.is_visible()
        assert tab.locator("figure.counts table").first.is_visible()
        assert tab.get_by_text("They are added, then ReLU").is_visible()

"""nbgrader's own tools on a course that we wrote: feedback, export, formgrader."""

from __future__ import annotations

import csv
import dataclasses
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from autograder.config import Assignment
from autograder.gradebook import write
from autograder.nbgrader_export import Together
from autograder.records import (
    Blame,
    CellRecord,
    CellRole,
    CellStatus,
    Fault,
    Flag,
    SubmissionRecord,
    SubmissionStatus,
)
from autograder.runner.outputs import safe_outputs

Make = Callable[..., SubmissionRecord]
Hand = Callable[..., Path]
Get = Callable[[str], str]
TOKEN = "only-here"
BROKEN = (Fault(code="grader", message="it broke", blame=Blame.GRADER),)
GONE: dict[str, Any] = {"status": SubmissionStatus.GRADER_ERROR, "questions": (), "cells": ()}
"""What is left of a record when the grader itself broke over a submission."""
UNREADABLE = (Fault(code="empty", message="the file is empty", blame=Blame.SUBMISSION),)


@pytest.fixture(scope="module")
def course(
    released: tuple[Assignment, Path], make: Make, hand_in: Hand,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:  # fmt: skip
    """A course with a class of four: right, half right, unreadable, and broken by us."""
    target = tmp_path_factory.mktemp("tools") / "course"
    shutil.copytree(released[1], target)
    for student in ("ada", "bob", "eve", "kim", "mal", "twin"):
        hand_in(target, student)
    untouched = {"words": "YOUR ANSWER HERE", "status": SubmissionStatus.UNREADABLE}
    records = [
        make("ada", scale=3, area=2),
        make("bob", scale=1.5),
        make("eve", faults=UNREADABLE, **untouched),
        dataclasses.replace(make("kim", faults=BROKEN), **GONE),
        talkative(make, "mal", EVIL),
        talkative(make, "twin", "harmless"),
    ]
    write(target, released[0], records)
    return target


EVIL = (
    "<script>alert(1)</script><img src=x onerror='alert(1)'><svg onload=alert(1)></svg>"
    "<style>body{display:none}</style><iframe srcdoc='x'></iframe> [a [b] c](javascript:alert(1)) "
    "![x](https://evil.example/p.png) $\\\\href{javascript:alert(1)}{x}$ {{ 7 * 7 }}\n"
    "\n> [r]: javascript:alert(1)\n\n[r]\n\n```mermaid\n</pre><script>alert(1)</script>\n```\n"
)


def talkative(make: Make, student: str, text: str) -> SubmissionRecord:
    """A record that holds ``text`` wherever a student's words come through."""
    rich = ("text/html", "image/svg+xml", "application/javascript", "text/markdown", "text/latex")
    reported = [
        {"output_type": "stream", "name": "stdout", "text": text},
        {"output_type": "stream", "name": "stderr", "text": text},
        {"output_type": "error", "ename": text, "evalue": text, "traceback": [text]},
        *({"output_type": kind, "data": {mime: text, "text/plain": text}, "metadata": {}}
          for kind in ("display_data", "execute_result", "update_display_data") for mime in rich),
    ]  # fmt: skip
    code = CellRecord(
        grade_id="", cell_type="code", role=CellRole.OWN, source=text,
        outputs=safe_outputs(reported), status=CellStatus.TIMEOUT, error=text,
    )  # fmt: skip
    prose = CellRecord(grade_id="", cell_type="markdown", role=CellRole.OWN, source=text)
    record = make(
        student, words=text, own=(code, prose), flags=(Flag(code="renamed", message=text),),
        faults=(Fault(code="died", message=text, blame=Blame.SUBMISSION),),
    )  # fmt: skip
    said = {"observed": text, "expected": text, "got": text, "hint": text}
    questions = tuple(
        dataclasses.replace(
            question, checks=tuple(dataclasses.replace(c, **said) for c in question.checks)
        )
        for question in record.questions
    )
    return dataclasses.replace(record, questions=questions)


FOLLOWED = ("#", "https://", "http://", "/formgrader/")
"""Where a link may lead, if somebody clicks on it."""


class Active(HTMLParser):
    """Counts what a browser would run or load, and links that are more than links."""

    PASSIVE = frozenset(
        {"a", "p", "pre", "code", "em", "strong", "blockquote", "br", "span", "div"}
    )

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Elements that are more than text, handlers, targets."""
        if tag not in self.PASSIVE:
            self.found[tag] += 1
        for name, value in attrs:
            if name.startswith("on") or name in ("src", "srcdoc", "style"):
                self.found[f"{name}={value}"] += 1
            if name == "href" and not (value or "").startswith(FOLLOWED):
                self.found[f"{name}={value}"] += 1
            if (name, value) == ("class", "mermaid"):
                self.found["mermaid"] += 1


def nbgrader(course: Path, *arguments: str) -> str:
    """Run one of nbgrader's commands as an instructor does; what it logs."""
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(command, cwd=course, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stderr


@pytest.fixture(scope="module")
def pages(course: Path) -> dict[str, str]:
    """Everybody's feedback, made by `nbgrader generate_feedback`."""
    nbgrader(course, "generate_feedback", "tiny", "--course-dir", str(course))
    return {
        path.parent.parent.name: path.read_text(encoding="utf-8")
        for path in course.glob("feedback/*/tiny/tiny.html")
    }


def test_feedback(pages: dict[str, str]) -> None:
    """Everybody has a page with our scores and comments in it."""
    scores = {
        student: re.search(r"tiny \(Score: ([\d.]+) / ([\d.]+)\)", page)
        for student, page in pages.items()
    }
    totals = {student: found.groups() for student, found in scores.items() if found}
    assert totals == {
        "ada": ("5.0", "6.0"), "bob": ("1.5", "6.0"), "eve": ("0.0", "6.0"), "kim": ("0.0", "6.0"),
        "mal": ("0.0", "6.0"), "twin": ("0.0", "6.0"),
    }  # fmt: skip
    assert "First to mend: It holds: it does not hold." in pages["bob"]
    assert "Not graded: the file is empty" in pages["eve"]
    assert "by our fault and not yours" in pages["kim"]
    assert "What was handed in lies in submitted/kim/tiny." in pages["kim"]


def test_feedback_runs_no_script_of_a_student(pages: dict[str, str]) -> None:
    """Of what a student wrote, printed, raised or displayed nothing is active in the feedback."""
    assert Active(pages["mal"]).found - Active(pages["twin"]).found == Counter()
    assert "javascript:alert(1)" in pages["mal"]  # as text
    assert "{{ 7 * 7 }}" in pages["mal"]  # no template either
    ignored = r"<pre.*?</pre>|<div class=\"tex2jax_ignore mathjax_ignore\".*?</table>.*?</div>"
    assert r"\href" not in re.sub(ignored, "", pages["mal"], flags=re.DOTALL)


def test_export(course: Path, tmp_path: Path) -> None:
    """`nbgrader export` writes the same scores as CSV."""
    nbgrader(course, "export", "--to", str(tmp_path / "grades.csv"))
    with (tmp_path / "grades.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    scores = {row["student_id"]: (float(row["score"]), float(row["max_score"])) for row in rows}
    assert {student for student, score in scores.items() if score == (0, 6)} == {
        "eve", "kim", "mal", "twin",
    }  # fmt: skip
    assert (scores["ada"], scores["bob"]) == ((5, 6), (1.5, 6))


def test_export_is_what_nbgrader_alone_would_write(course: Path, tmp_path: Path) -> None:
    """Reading a class together changes no letter; also of one who handed in nothing."""
    copy = tmp_path / "course"
    shutil.copytree(course, copy)
    nbgrader(copy, "db", "student", "add", "zoe", "--last-name", "Zuse")
    nbgrader(copy, "db", "assignment", "add", "another")
    ours, alone, some = (tmp_path / name for name in ("ours.csv", "alone.csv", "some.csv"))
    assert "Using exporter: ClassExportPlugin" in nbgrader(copy, "export", "--to", str(ours))
    stock = "--exporter=nbgrader.plugins.CsvExportPlugin"
    assert "Using exporter: CsvExportPlugin" in nbgrader(copy, "export", "--to", str(alone), stock)
    assert ours.read_text() == alone.read_text()
    assert len(ours.read_text().splitlines()) == 1 + 2 * 7
    nbgrader(copy, "export", "--to", str(some), "--student", "['ada']", "--assignment", "['tiny']")
    lines = ours.read_text().splitlines()
    wanted = [line for line in lines if line.startswith("tiny,") and ",ada," in line]
    assert some.read_text().splitlines()[1:] == wanted != []


def test_a_class_is_read_together(course: Path) -> None:
    """No query for each student; one who handed in nothing is told as nbgrader tells it."""
    from nbgrader.api import Gradebook, MissingEntry

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        asked: list[str] = []
        event.listen(gradebook.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
        together = Together(gradebook)
        for student in together.students:
            found = together.find_submission("tiny", student.id)
            assert found.score >= found.late_submission_penalty
        assert len(together.students) == 6
        assert len(asked) == 2
        with pytest.raises(MissingEntry, match="No such submission: tiny for nobody"):
            together.find_submission("tiny", "nobody")


@pytest.fixture(scope="module")
def formgrader(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Get]:
    """The formgrader's pages by path, from a real server on this machine."""
    home = tmp_path_factory.mktemp("home")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyter", "server", "--no-browser", "--allow-root"]
    command += [
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        "--ServerApp.ip=127.0.0.1",
    ]
    command += [f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={course}"]
    command += ["--ServerApp.jpserver_extensions=nbgrader.server_extensions.formgrader=True"]
    folders = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "HOME")
    environment = {**os.environ, **dict.fromkeys(folders, str(home))}
    log = (home / "log.txt").open("w", encoding="utf-8")
    server = subprocess.Popen(command, cwd=course, env=environment, stdout=log, stderr=log)

    def get(path: str) -> str:
        address = f"http://127.0.0.1:{port}/formgrader/{path}"
        request = urllib.request.Request(address, headers={"Authorization": f"token {TOKEN}"})
        with urllib.request.urlopen(request, timeout=30) as reply:
            return str(reply.read().decode("utf-8"))

    try:
        _wait(get, server, home / "log.txt")
        yield get
    finally:
        server.terminate()
        server.wait(timeout=30)
        log.close()


def _wait(get: Get, server: subprocess.Popen[bytes], log: Path) -> None:
    """Until the server answers. (Who only connects to a free port may meet himself there.)"""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and server.poll() is None:
        try:
            get("api/assignments")
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError(f"the server did not start: {log.read_text(encoding='utf-8')[-2000:]}")


def ask(formgrader: Get, path: str) -> Any:
    """What the formgrader's own page asks its server for."""
    return json.loads(formgrader(f"api/{path}"))


def submitted(formgrader: Get) -> dict[str, Any]:
    """The submitted notebooks as the manual-grading list shows them."""
    return {one["student"]: one for one in ask(formgrader, "submitted_notebooks/tiny/tiny")}


def test_formgrader_lists_the_assignment(formgrader: Get) -> None:
    """The first page knows the assignment, its points and how many handed in."""
    (assignment,) = ask(formgrader, "assignments")
    assert assignment["name"] == "tiny"
    assert (assignment["num_submissions"], assignment["max_score"]) == (6, 6.0)
    assert "nbgrader formgrade" in formgrader("manage_assignments")


def test_formgrader_lists_submissions(formgrader: Get) -> None:
    """Everybody's submission is autograded, with score and whether a person must look."""
    found = {one["student"]: one for one in ask(formgrader, "submissions/tiny")}
    assert {student: one["score"] for student, one in found.items()} == {
        "ada": 5.0, "bob": 1.5, "eve": 0.0, "kim": 0.0, "mal": 0.0, "twin": 0.0,
    }  # fmt: skip
    assert {one["autograded"] for one in found.values()} == {True}
    needing = {student for student, one in found.items() if one["needs_manual_grade"]}
    assert needing == {"ada", "bob", "kim", "mal", "twin"}


def test_formgrader_shows_grades_and_comments(formgrader: Get) -> None:
    """What the manual-grading page fills in is what was written."""
    id = submitted(formgrader)["bob"]["id"]
    grades = {one["name"]: one for one in ask(formgrader, f"grades?submission_id={id}")}
    assert grades["scale_check"]["auto_score"] == 1.5
    assert grades["words"]["needs_manual_grade"]
    comments = {one["name"]: one for one in ask(formgrader, f"comments?submission_id={id}")}
    assert "First to mend" in comments["scale"]["auto_comment"]


@pytest.mark.parametrize("student", ["ada", "bob", "eve", "kim"])
def test_formgrader_renders_the_notebook(formgrader: Get, student: str) -> None:
    """The page for grading by hand renders, with a field for every grade and comment."""
    page = formgrader(f"submissions/{submitted(formgrader)[student]['id']}")
    for cell in ("scale_check", "area_check", "words"):
        assert f'id="{cell}"' in page, cell
    for cell in ("scale", "area", "words"):
        assert f'id="{cell}-comment"' in page, cell


def test_formgrader_runs_no_script_of_a_student(formgrader: Get) -> None:
    """Neither does the page on which an instructor grades by hand."""
    found = submitted(formgrader)
    evil, twin = (formgrader(f"submissions/{found[name]['id']}") for name in ("mal", "twin"))
    assert Active(evil).found - Active(twin).found == Counter()


def test_formgrader_lists_by_notebook_and_by_student(formgrader: Get) -> None:
    """The lists by notebook and by student render, too."""
    assert "tiny" in formgrader("gradebook/tiny")
    assert "tiny" in formgrader("gradebook/tiny/tiny")
    assert "ada" in formgrader("manage_students/ada")


def test_nbgrader_is_imported_without_the_parser_of_addresses() -> None:
    """What takes longest is left out, comes when it is asked for, and notebooks are validated."""
    program = (
        "import sys\n"
        "from autograder.gradebook.course import import_nbgrader\n"
        "import_nbgrader()\n"
        "assert 'rfc3987_syntax' not in sys.modules\n"
        "import nbformat\n"
        "nbformat.validate(nbformat.v4.new_notebook())\n"
        "import rfc3987_syntax\n"
        "print(rfc3987_syntax.__name__)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (run.stdout, run.returncode) == ("rfc3987_syntax\n", 0), run.stderr

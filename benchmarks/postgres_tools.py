"""What nbgrader's own tools make of a gradebook, without the ids that no two gradebooks share."""

from __future__ import annotations

import csv
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session, selectinload

from benchmarks.throughput import ENVIRONMENT

ID = "resnet"
TOKEN = "only-here"
UUID = re.compile(r"\b[0-9a-f]{32}\b")
URL = re.compile(r',\s*"db_url": "[^"]*"')
"""In the configuration that the formgrader shows: password and all."""
PLACE = re.compile(r'"index": \d+|Submission #?\d+|"\d+ remaining"|index=\d+|"port": \d+')
"""Where a submission stands among the others, which are sorted by those ids; the port."""


def rows(url: str) -> list[tuple[Any, ...]]:
    """Every grade, comment and submission, read through nbgrader's models, in one order."""
    from nbgrader.api import Comment, Grade, SubmittedNotebook

    engine = create_engine(url)
    found: list[tuple[Any, ...]] = []
    with Session(engine) as session:
        every = {
            book.id: (book.assignment.student_id, book.assignment, book)
            for book in session.scalars(select(SubmittedNotebook))
        }
        for student, submission, book in every.values():
            found.append((student, "submission", submission.timestamp, submission.extension,
                          book.flagged, book.late_submission_penalty))  # fmt: skip
        for grade in session.scalars(select(Grade).options(selectinload(Grade.cell))):
            found.append((every[grade.notebook_id][0], "grade", grade.cell.name, grade.auto_score,
                          grade.manual_score, grade.extra_credit,
                          grade.needs_manual_grade))  # fmt: skip
        for comment in session.scalars(select(Comment).options(selectinload(Comment.cell))):
            found.append((every[comment.notebook_id][0], "comment", comment.cell.name,
                          comment.auto_comment, comment.manual_comment))  # fmt: skip
    engine.dispose()
    return sorted(found, key=repr)


def exported(course: Path) -> list[dict[str, str]]:
    """What `nbgrader export` writes."""
    command = [sys.executable, "-m", "nbgrader", "export", "--to", "grades.csv"]
    subprocess.run(command, cwd=course, env=ENVIRONMENT, check=True, capture_output=True)
    with (course / "grades.csv").open(encoding="utf-8", newline="") as file:
        return sorted(csv.DictReader(file), key=repr)


class Formgrader:
    """The formgrader of one course, served on this machine for as long as it is entered."""

    def __init__(self, course: Path, home: Path) -> None:
        self._course, self._home = course, home
        home.mkdir()

    def __enter__(self) -> Formgrader:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self._address = f"http://127.0.0.1:{port}/formgrader/"
        command = [sys.executable, "-m", "jupyter", "server", "--no-browser", "--allow-root",
                   f"--ServerApp.port={port}", "--ServerApp.port_retries=0",
                   "--ServerApp.ip=127.0.0.1", f"--IdentityProvider.token={TOKEN}",
                   f"--ServerApp.root_dir={self._course}",
                   "--ServerApp.jpserver_extensions=nbgrader.server_extensions.formgrader=True",
                   ]  # fmt: skip
        folders = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "HOME")
        environment = {**os.environ, **dict.fromkeys(folders, str(self._home))}
        self._log = (self._home / "log.txt").open("w", encoding="utf-8")
        self._server = subprocess.Popen(
            command, cwd=self._course, env=environment, stdout=self._log, stderr=self._log
        )
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and self._server.poll() is None:
            try:
                self.get("api/assignments")
            except OSError:
                time.sleep(0.2)
            else:
                return self
        self.__exit__()
        log = (self._home / "log.txt").read_text(encoding="utf-8")
        sys.exit(f"the formgrader did not start:\n{log[-2000:]}")

    def __exit__(self, *_: object) -> None:
        self._server.terminate()
        self._server.wait(timeout=30)
        self._log.close()

    def get(self, path: str, put: dict[str, Any] | None = None) -> str:
        """One page, or what a page asks for; with ``put`` what an instructor enters."""
        request = urllib.request.Request(
            self._address + path,
            headers={"Authorization": f"token {TOKEN}", "Content-Type": "application/json"},
            data=None if put is None else json.dumps(put).encode(),
            method="GET" if put is None else "PUT",
        )
        with urllib.request.urlopen(request, timeout=60) as reply:
            return str(reply.read().decode("utf-8"))

    def _ask(self, path: str) -> Any:
        return json.loads(self.get(f"api/{path}"))

    def _submitted(self) -> dict[str, str]:
        listed = self._ask(f"submitted_notebooks/{ID}/{ID}")
        return {one["student"]: one["id"] for one in listed}

    def pages(self) -> dict[str, str]:
        """Every page of the class, by path: the lists, and each submission as it is graded."""
        students = self._submitted()
        plain = ["manage_assignments", f"gradebook/{ID}", f"gradebook/{ID}/{ID}", "manage_students",
                 *(f"manage_students/{student}" for student in students)]  # fmt: skip
        found = {path: self.get(path) for path in plain}
        for student, id in students.items():
            found[f"submission of {student}"] = self.get(f"submissions/{id}")
            for kind in ("grades", "comments"):
                listed = self._ask(f"{kind}?submission_id={id}")
                found[f"{kind} of {student}"] = json.dumps(sorted(listed, key=_by_name))
        for path in ("assignments", f"notebooks/{ID}", f"submissions/{ID}", "students",
                     f"submitted_notebooks/{ID}/{ID}"):  # fmt: skip
            found[f"api/{path}"] = json.dumps(sorted(self._ask(path), key=_by_name))
        return {path: self._neutral(page) for path, page in found.items()}

    def _neutral(self, page: str) -> str:
        """Without ids, the course's own folder and its place among others."""
        page = URL.sub("", page)
        page = PLACE.sub("PLACE", UUID.sub("ID", page)).replace(str(self._course), "COURSE")
        return page.replace(self._address, "ADDRESS/")

    def enter(self) -> None:
        """A score and a comment of everybody, as an instructor types them."""
        for id in self._submitted().values():
            for kind, entered in (
                ("grade", {"manual_score": 0.75, "extra_credit": 0.5}),
                ("comment", {"manual_comment": "Gelesen – 読みました."}),
            ):
                first = min(self._ask(f"{kind}s?submission_id={id}"), key=_by_name)
                self.get(f"api/{kind}/{first['id']}", put=entered)

    def scores(self) -> dict[str, Any]:
        """What the list of submissions says now."""
        return {one["student"]: one["score"] for one in self._ask(f"submissions/{ID}")}


def _by_name(row: dict[str, Any]) -> str:
    return json.dumps([row.get("student"), row.get("name")]) + PLACE.sub(
        "", UUID.sub("ID", json.dumps(row))
    )

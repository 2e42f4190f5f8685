"""A PostgreSQL server of our own, for as long as it is needed; the system's is left alone."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, create_engine, text

USER = "course"
PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")
"""Where Debian, Red Hat and Homebrew keep a server's programs: seldom on the path."""


class NoServer(RuntimeError):
    """No server could be started; says what to install or do."""


@dataclass(frozen=True)
class Server:
    """A running server that listens on a Unix socket in ``folder`` alone."""

    folder: Path
    password: str
    version: str

    def url(self, database: str, **changes: Any) -> str:
        """Where ``database`` is, with the password; ``changes`` are parts of an SQLAlchemy URL."""
        parts = {"username": USER, "password": self.password, "database": database}
        url = URL.create("postgresql", query={"host": str(self.folder)}, **parts | changes)
        return url.render_as_string(hide_password=False)

    def create(self, database: str, template: str = "template1") -> str:
        """Make a database, as a copy of ``template``; its url."""
        self.run(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        return self.url(database)

    def run(self, statement: str) -> None:
        """Run one statement outside any course's database."""
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                connection.execute(text(statement))
        finally:
            engine.dispose()


def programs() -> Path:
    """The folder of the newest server's programs.

    Raises:
        NoServer: this machine has none.
    """
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    folders = [path for place in PLACES for path in Path("/").glob(place[1:])]
    folders = [path for path in folders if (path / "initdb").is_file()]
    if not folders:
        raise NoServer(
            "this machine has no PostgreSQL server; install one, for example: "
            "apt-get install --no-install-recommends postgresql"
        )
    return max(folders, key=lambda path: [int(n) for n in "".join(
        c if c.isdigit() else " " for c in str(path)).split()])  # fmt: skip


@contextmanager
def server(*, durable: bool = True) -> Iterator[Server]:
    """A new server in a temporary folder, gone afterwards.

    A server refuses to run as root: then an ordinary user of this machine runs it. ``durable``: it
    waits for the disk, as in earnest; leave that out where only answers matter.

    Raises:
        NoServer: there are no programs, or they did not start; says why.
    """
    folder_of_programs = programs()
    account = _account()
    with tempfile.TemporaryDirectory(prefix="postgres-") as place:
        folder, password = Path(place), secrets.token_urlsafe(12)
        (folder / "password").write_text(password, encoding="ascii")
        if account:
            for path in (folder, folder / "password"):
                os.chown(path, account["user"], account["group"])
        data = folder / "data"
        _run(folder_of_programs / "initdb", account, folder, "-D", data, "-U", USER, "-E", "UTF8",
             "--locale=C", "--auth=scram-sha-256", "--pwfile", folder / "password",
             "--no-sync")  # fmt: skip
        options = f"-k {folder} -c listen_addresses= -c fsync={'on' if durable else 'off'}"
        control = folder_of_programs / "pg_ctl"
        _run(control, account, folder, "start", "-w", "-D", data, "-l", folder / "log",
             "-o", options)  # fmt: skip
        try:
            version = _run(folder_of_programs / "postgres", account, folder, "--version")
            yield Server(folder, password, version.strip())
        finally:
            _run(control, account, folder, "stop", "-w", "-m", "immediate", "-D", data)


def _account() -> dict[str, Any]:
    """Who runs the server, as ``subprocess`` wants it: nobody in particular, unless we are root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise NoServer("a server refuses to run as root, and this machine has no user nobody")


def _run(program: Path, account: dict[str, Any], folder: Path, *arguments: str | Path) -> str:
    """Run a program of the server; what it printed."""
    environment = {"PATH": os.defpath, "LC_ALL": "C", "HOME": str(folder)}
    with (folder / "said").open("w+", encoding="utf-8", errors="replace") as said:
        done = subprocess.run(
            [program, *arguments], cwd=folder, env=environment, check=False, stdout=said,
            stderr=said, stdin=subprocess.DEVNULL, **account,
        )  # fmt: skip
        said.seek(0)
        output = said.read()
    if done.returncode:
        log = folder / "log"
        output += log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
        raise NoServer(f"{program.name} failed: {' | '.join(output.strip().splitlines()[-3:])}")
    return output

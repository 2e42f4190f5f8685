"""The server that tests and benchmarks start: what is said where there is none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks import postgres_server
from benchmarks.postgres_server import NoServer, programs, server


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose servers lie in ``<this folder>/<version>/bin``, none of them on the path."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(postgres_server, "PLACES", (f"{tmp_path}/*/bin",))
    tmp_path.chmod(0o755)
    return tmp_path


def install(folder: Path, version: str) -> Path:
    """A server whose programs do nothing but fail."""
    place = folder / version / "bin"
    place.mkdir(parents=True)
    for name in ("initdb", "pg_ctl", "postgres"):
        (place / name).write_text("#!/bin/sh\necho out of order\nexit 1\n", encoding="ascii")
        (place / name).chmod(0o755)
    return place


def test_no_programs(bare: Path) -> None:
    """One line, with what to install."""
    with pytest.raises(NoServer, match=r"no PostgreSQL server; install one.*apt-get install"):
        programs()


def test_the_newest_programs(bare: Path) -> None:
    """Versions are numbers: 9.6 is older than 15."""
    install(bare, "9.6")
    newest = install(bare, "15")
    assert programs() == newest


def test_a_server_that_does_not_start(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What its program said is repeated."""
    install(bare, "15")
    monkeypatch.setattr(postgres_server, "_account", dict)  # who we are may run a file of ours
    with pytest.raises(NoServer, match="initdb failed: out of order"), server():
        pass


def test_nobody_to_run_it(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server refuses root; where there is no other user that is said."""
    install(bare, "15")

    def unknown(name: str) -> None:
        raise KeyError(name)

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(postgres_server.pwd, "getpwnam", unknown)
    with pytest.raises(NoServer, match="refuses to run as root, and this machine has no user"):
        postgres_server._account()

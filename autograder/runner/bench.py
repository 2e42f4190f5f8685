"""What one worker keeps between submissions: the judge, the box, the master, the digests."""

from __future__ import annotations

import gc
import hashlib
import platform
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from autograder import __version__
from autograder.build.answers import Answers, load_answers
from autograder.build.freeze import ensure_frozen
from autograder.build.notebook import MasterCell, master_cells
from autograder.config import REPOSITORY, Assignment
from autograder.sandbox import Box, Level, Limits, Profile
from autograder.sandbox.memory import keep_memory
from autograder.sources import Sources

if TYPE_CHECKING:
    from autograder.judge import Judge

MODULES = (
    "autograder/__init__.py",
    "autograder/printable.py",
    "autograder/sandbox",
    "autograder/submission",
)
"""All of ours that a box can import: how to serve requests, and nothing to judge them by."""


@dataclass(frozen=True)
class Setting:
    """How submissions are graded: with which wall, where networks are trained."""

    level: Level = Level.FULL
    device: str = "cpu"
    share: float = 1.0
    """The part of a GPU's memory that a submission may take."""


class Bench:
    """Judge and box of one worker, made when first used. A context manager."""

    def __init__(self, assignment: Assignment, setting: Setting | None = None) -> None:
        self.assignment = assignment
        self.setting = setting or Setting()
        self.box = Box(profile(assignment, self.setting))

    def __enter__(self) -> Bench:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the judge and the box."""
        self.box.close()
        if "judge" in self.__dict__:
            self.judge.close()

    @cached_property
    def answers(self) -> Answers:
        """The reference answers."""
        return load_answers(self.assignment)

    @cached_property
    def master(self) -> tuple[MasterCell, ...]:
        """The notebook as released."""
        return master_cells(self.assignment)

    @cached_property
    def judge(self) -> Judge:
        """The judge with public and hidden checks, and the named misconceptions."""
        import torch  # with this and the next, what a run that finds nothing new does without

        from autograder.expect import load_misconceptions
        from autograder.judge import Judge

        torch.set_num_threads(1)
        ensure_frozen(self.assignment)
        variants = load_misconceptions(self.assignment.checks, self.answers.cells)
        return Judge(self.assignment, answers=self.answers, variants=variants, hidden=True)

    @cached_property
    def key(self) -> dict[str, str]:
        """What a verdict depends on, the submission apart."""
        return verdict_key(self.assignment, self.setting)

    def prepare(self) -> None:
        """Pay for judge and box now.

        Raises:
            BoxUnavailable: this machine cannot hold a box of the asked level.
            JudgeError: the checks cannot be collected.
        """
        keep_memory()
        self.box.start()
        _ = self.judge, self.master, self.key
        gc.collect()
        gc.freeze()  # torch's objects stay for good: looking through them took 50 ms each time
        gc.set_threshold(20_000, 10, 10)  # of new ones there are many, and they go by themselves


CUDA_MIB = 2048
"""What the libraries of CUDA may take of a box's memory, beside what a submission may."""


def profile(assignment: Assignment, setting: Setting) -> Profile:
    """The box for submissions to ``assignment``."""
    mib = assignment.limits.memory_mib + (CUDA_MIB if setting.device == "cuda" else 0)
    limits = Limits(
        memory_bytes=mib * 2**20,
        cpu_seconds=int(2 * assignment.limits.submission_seconds),
    )
    return guest_profile(setting, limits)


def guest_profile(setting: Setting, limits: Limits) -> Profile:
    """A box that serves the judge's requests."""
    return Profile(
        guest="autograder.submission.guest:serve",
        warm_up="autograder.submission.guest:warm_up",
        root=REPOSITORY,
        modules=MODULES,
        level=setting.level,
        limits=limits,
        device=setting.device,
        device_share=setting.share,
    )


QUESTION = "question "
"""How the entries of a verdict's key begin that concern one question alone."""


def verdict_key(assignment: Assignment, setting: Setting) -> dict[str, str]:
    """Digests of each question's checks, of mistakes, answers and environment; device, level."""
    answers = load_answers(assignment)
    from importlib.metadata import version

    rooms = ("expect", "judge", "submission", "sandbox", "runner")
    package = Path(__file__).resolve().parent.parent
    code = [path for room in rooms for path in sorted((package / room).glob("*.py"))]
    code += [package / name for name in ("printable.py", "records.py", "sources.py")]
    files = [*assignment.public_checks, *assignment.hidden_checks]
    mistakes = [
        path for path in sorted(assignment.checks.rglob("*.py"))
        if "alternatives" not in path.parts and path not in files
    ]  # fmt: skip
    try:
        questions = Sources(files).of_questions(assignment)
    except (OSError, SyntaxError, ValueError):  # whoever starts the judge says what is wrong
        questions = {question.id: "unreadable" for question in assignment.questions}
    return {
        **{QUESTION + id: digest for id, digest in questions.items()},
        "mistakes": _digest(mistakes),
        "assignment": hashlib.sha256(repr(_apart(assignment)).encode()).hexdigest()[:16],
        "answers": hashlib.sha256(repr(answers).encode()).hexdigest()[:16],
        "grader": f"{__version__}+{_digest(code)}",
        "environment": f"python {platform.python_version()}, torch {version('torch')}",
        "device": setting.device,
        "sandbox": str(setting.level),
    }


def _apart(assignment: Assignment) -> tuple[object, ...]:
    """What an assignment says of all its questions together."""
    ids = tuple(question.id for question in assignment.questions)
    return assignment.id, ids, assignment.limits


def _digest(paths: list[Path]) -> str:
    hashed = hashlib.sha256()
    for path in paths:
        hashed.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return hashed.hexdigest()[:16]

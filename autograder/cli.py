"""The commands. Thin, and light to start: torch and nbgrader are imported by what needs them."""

from __future__ import annotations

import json
import os
import shlex
import signal
from pathlib import Path
from typing import Annotated

import typer

from autograder.commands import (
    GRADED,
    GRADER_ERRORS,
    assignment_of,
    assignments,
    box_holds,
    course_folder,
    fail,
    usable,
    wall,
)
from autograder.progress import ProgressBar

app = typer.Typer(
    name="autograder",
    help="Release assignments, grade them in bulk in a sandbox, read what a class misunderstood.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)

Ids = Annotated[
    list[str] | None, typer.Argument(metavar="[ID]...", help="Assignments; all if none.")
]
Id = Annotated[str, typer.Argument(metavar="ID", help="The assignment, e.g. resnet.")]
Course = Annotated[Path, typer.Option("--course", help="The course folder.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Sandbox = Annotated[
    str, typer.Option("--sandbox", help="full; reduced or none only if you accept less, by name.")
]
HERE = Path("course")


def main() -> None:
    """Run the command line; mistakes of the user end with exit code 2 and say what to do."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    for number in (signal.SIGTERM, signal.SIGHUP):  # of a batch system, of a lost connection
        if signal.getsignal(number) is signal.SIG_DFL:  # not with nohup
            signal.signal(number, _stopped)
    app()


def _stopped(number: int, _: object) -> None:
    """Tidy up on the way out, as after Ctrl-C."""
    raise SystemExit(128 + number)


@app.command()
def doctor(
    as_json: Json = False,
    device: Annotated[
        str,
        typer.Option(
            help="cuda: try two steps of training on a GPU, too (never run on one by us)."
        ),
    ] = "cpu",
) -> None:
    """Try out what this machine can hold.

    Example: `autograder doctor`
    """
    from autograder.commands import device_finding, known_device
    from autograder.sandbox import Level
    from autograder.sandbox.probe import Report, probe

    known_device(device)
    report = probe()
    if device == "cuda":
        found_device = device_finding(report.level, device)
        report = Report(report.level, (*report.findings, found_device))
    if as_json:
        found = [vars(finding) for finding in report.findings]
        typer.echo(json.dumps({"level": report.level, "findings": found}, indent=1))
    else:
        for finding in report.findings:
            typer.echo(f"  {'ok' if finding.ok else 'NO':3} {finding.name}: {finding.detail}")
            if not finding.ok and finding.remedy:
                typer.echo(f"      {finding.remedy}")
        typer.echo(f"Sandbox level: {report.level}")
    good = report.level is Level.FULL and all(f.ok for f in report.findings)
    raise typer.Exit(GRADED if good else GRADER_ERRORS)


@app.command()
def preflight(ids: Ids = None, as_json: Json = False, sandbox: Sandbox = "full") -> None:
    """Prove an assignment before anybody gets it.

    The reference scores full, the stub zero, every misconception loses points and is named, every
    alternative is accepted, every check catches something, nothing leaks.

    Example: `autograder preflight resnet`
    """
    from autograder.preflight import preflight as run

    chosen = assignments(ids)
    setting = wall(sandbox)
    good = True
    for assignment in chosen:
        with box_holds(), ProgressBar(f"preflight {assignment.id}") as progress:
            report = run(assignment, setting, progress=progress.show)
        good = good and report.passed
        typer.echo(report.to_json() if as_json else report.as_text())
    raise typer.Exit(GRADED if good else GRADER_ERRORS)


@app.command()
def release(
    ids: Ids = None,
    course: Course = HERE,
    no_preflight: Annotated[
        bool, typer.Option("--no-preflight", help="Leave out the proof (for your own trials).")
    ] = False,
) -> None:
    """Write source, release and student kit, after the preflight.

    Example: `autograder release resnet --course course`
    """
    from autograder.build.release import ReleaseError
    from autograder.build.release import release as run
    from autograder.build.text import TextError
    from autograder.gradebook import GradebookError, check_reachable

    folder = course_folder(course)
    chosen = assignments(ids)
    try:
        check_reachable(folder)  # before the minutes of a preflight
    except GradebookError as error:
        fail(str(error))
    for assignment in chosen:
        if not no_preflight:
            from autograder.preflight import preflight as prove

            with box_holds(), ProgressBar(f"preflight {assignment.id}") as progress:
                report = prove(assignment, wall("full"), progress=progress.show)
            if not report.passed:
                fail(f"{report.as_text()}\nNothing was released.", GRADER_ERRORS)
            typer.echo(report.as_text())
        try:
            made = run(assignment, folder)
        except (ReleaseError, TextError, OSError) as error:
            fail(str(error))
        typer.echo(
            f"source       {made.source}\nrelease      {made.release}\nstudent kit  {made.kit}"
        )


@app.command()
def sample(
    id: Id,
    course: Course = HERE,
    count: Annotated[int, typer.Option("-n", help="How many students.")] = 60,
    seed: Annotated[int, typer.Option(help="Another seed, another class.")] = 0,
    whole: Annotated[
        bool, typer.Option("--whole", help="Every known mistake and attack, however many.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--verify", help="Hold the graded class against what is expected.")
    ] = False,
) -> None:
    """Write a sample class to try things on, or verify the outcome of one.

    Example: `autograder sample resnet --course trial -n 200`
    """
    from autograder.runner.journal import DamagedRecord, journal_path, read_journal
    from autograder.sample import SampleError, left_out, verify
    from autograder.sample import sample as make

    (assignment,) = assignments([id])
    if not check:
        folder = course_folder(course)
        try:
            with usable(assignment):
                students = make(assignment, folder, count, seed, spread=not whole)
        except SampleError as error:
            fail(str(error))
        kinds = sorted({student.kind for student in students})
        counts = ", ".join(f"{sum(s.kind == kind for s in students)} {kind}" for kind in kinds)
        typer.echo(f"{len(students)} students in {folder / 'submitted'}: {counts}")
        if whole:
            for note in left_out(assignment):
                typer.echo(f"  {note}")
        return
    folder = course_folder(course, "submitted")
    try:
        wrong = verify(folder, assignment, read_journal(journal_path(folder, id)))
    except FileNotFoundError:
        fail(f"there is no sample class of {id!r} in {folder}; make one without --verify.")
    except DamagedRecord as error:
        fail(str(error))
    for mismatch in wrong:
        typer.echo(f"  {mismatch.student}: {mismatch.what}")
    typer.echo(f"{len(wrong)} outcome(s) differ from what is expected." if wrong else
               "Every outcome is as expected.")  # fmt: skip
    raise typer.Exit(GRADER_ERRORS if wrong else GRADED)


@app.command()
def collect(
    archive: Annotated[Path, typer.Argument(help="A zip or folder as your LMS hands it out.")],
    id: Id,
    course: Course = HERE,
    replace: Annotated[
        bool, typer.Option("--replace", help="Take the new where it differs; the old is put aside.")
    ] = False,
) -> None:
    """Sort submissions from an LMS download into submitted/, trusting nothing.

    Example: `autograder collect downloads.zip resnet`
    """
    from autograder.runner.collect import CollectError
    from autograder.runner.collect import collect as run

    (assignment,) = assignments([id])
    folder = course_folder(course)
    try:
        summary = run(archive, assignment, folder, replace=replace)
    except CollectError as error:
        fail(str(error))
    for line in summary.notes:
        typer.echo(f"  {line}")
    read = ", ".join(f"{layout}: {count}" for layout, count in summary.layouts)
    typer.echo(f"Read as {read}.")
    typer.echo(f"{summary.collected} collected, {summary.kept} kept as they were.")
    if not (folder / "source" / id).is_dir():
        typer.echo(
            f"{id} is not released in {folder} yet: that comes before grading "
            f"(autograder release {id} --course {shlex.quote(str(folder))})."
        )


@app.command()
def check(
    notebook: Annotated[Path, typer.Argument(help="Your notebook.")],
    id: Annotated[str, typer.Option("--assignment", help="Which; else by the file's name.")] = "",
    sandbox: Sandbox = "full",
    as_json: Json = False,
) -> None:
    """Run the public checks over a notebook.

    Example: `autograder check resnet.ipynb`
    """
    from autograder.records import to_json
    from autograder.report.table import as_text
    from autograder.runner.single import check_file

    if not notebook.is_file():
        fail(f"there is no file {notebook}. Give the path of a notebook, such as resnet.ipynb.")
    assignment = assignment_of(notebook, id)
    setting = wall(sandbox)
    with usable(assignment), box_holds():
        record = check_file(notebook, assignment, setting)
    if as_json:
        typer.echo(to_json(record))
        return
    for fault in record.faults:
        typer.echo(f"  ! {fault.message}")
    for question in record.questions:
        if question.checks:
            typer.echo(as_text(question))


@app.command()
def grade(
    ids: Ids = None,
    course: Course = HERE,
    workers: Annotated[
        int, typer.Option(help="Processes, one a core; 0 is one for each core.")
    ] = 0,
    device: Annotated[
        str,
        typer.Option(
            help="Where networks are trained: cpu; auto, which is cpu; or cuda, never run on a GPU "
            "by us."
        ),
    ] = "auto",
    slots: Annotated[
        int,
        typer.Option(
            min=0,
            help="With cuda: how many submissions share a GPU's memory; 0 is one for each process, "
            "with --scheduler one alone: say there how many workers a GPU has.",
        ),
    ] = 0,
    sandbox: Sandbox = "full",
    scheduler: Annotated[
        str, typer.Option(help="Address of a Dask scheduler whose workers grade, not this machine.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Grade every submission that is not decided yet. Kill it whenever you like; start it again.

    Without IDs: to every assignment that anybody handed in.

    Exit code 0: graded (low scores are no failures); 1: some ended in grader_error; 2: usage, or an
    assignment whose checks or answers cannot be used.

    Example: `autograder grade resnet --course course --workers 2`
    """
    from autograder.commands_grade import grade_assignments, handed_in, processes

    folder = course_folder(course, "submitted")
    chosen = assignments(ids)
    if not ids:
        chosen = handed_in(chosen, folder)
    sharing = slots or (1 if scheduler else processes(workers))
    setting = wall(sandbox, device, slots=sharing, here=not scheduler)
    raise typer.Exit(
        grade_assignments(chosen, folder, workers, setting, as_json=as_json, scheduler=scheduler)
    )


@app.command()
def report(id: Id, course: Course = HERE) -> None:
    """Write the class report: scores, points by question, misconceptions by name.

    Example: `autograder report resnet`
    """
    from autograder.commands_results import records_of, write_text
    from autograder.report.class_report import class_report

    (assignment,) = assignments([id])
    folder = course_folder(course, "submitted")
    written = folder / "reports" / f"{id}.html"
    write_text(written, class_report(assignment, records_of(folder, id)))


@app.command()
def export(id: Id, course: Course = HERE) -> None:
    """Write the points of checks, not what was graded by hand, as CSV for your LMS.

    Example: `autograder export resnet`
    """
    from autograder.commands_results import records_of, with_times, write_text
    from autograder.report.export import export_csv

    (assignment,) = assignments([id])
    folder = course_folder(course, "submitted")
    records = with_times(folder, assignment, records_of(folder, id))
    write_text(folder / "exports" / f"{id}.csv", export_csv(assignment, records))


if __name__ == "__main__":
    main()

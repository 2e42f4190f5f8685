"""Tests of the records' JSON form."""

import json

import pytest

from autograder import records
from autograder.records import (
    Blame,
    CellRecord,
    CellRole,
    CellStatus,
    CheckRecord,
    CheckStatus,
    Diagnosis,
    Fault,
    Flag,
    QuestionRecord,
    RecordError,
    SubmissionRecord,
    SubmissionStatus,
    Visibility,
    from_json,
    to_json,
)


@pytest.fixture
def record() -> SubmissionRecord:
    """A record that uses every field."""
    check = CheckRecord(
        id="basic_block/shapes",
        question="basic_block",
        title="The output has the right shape",
        visibility=Visibility.HIDDEN,
        status=CheckStatus.FAILED,
        points=0.0,
        max_points=2.0,
        observed="the output has shape (2, 3, 8, 10)",
        expected="(2, 6, 4, 5)",
        got="(2, 3, 8, 10)",
        hint="Look at the stride.",
        blame=Blame.SUBMISSION,
        blocked_by="",
        seconds=0.25,
    )
    question = QuestionRecord(
        id="basic_block",
        title="A basic block",
        points=3.0,
        max_points=5.0,
        checks=(check,),
        diagnoses=(Diagnosis(misconception="no_skip", says="Nothing is added back."),),
        follows="conv",
    )
    cell = CellRecord(
        grade_id="basic_block",
        cell_type="code",
        role=CellRole.SOLUTION,
        source="x = 'é'",
        question="basic_block",
        status=CellStatus.RAN,
        outputs=({"output_type": "stream", "name": "stdout", "text": "hi\n"},),
        seconds=0.5,
    )
    return SubmissionRecord(
        student="ada",
        assignment="resnet",
        status=SubmissionStatus.GRADED,
        key={"submission": "abc"},
        sandbox="full",
        device="cpu",
        submitted_at="2026-01-01T00:00:00+00:00",
        questions=(
            question,
            QuestionRecord(id="w", title="W", points=0, max_points=4, manual=True),
        ),
        cells=(cell,),
        flags=(Flag(code="renamed", message="another name", cell=""),),
        faults=(Fault(code="budget", message="time is up", blame=Blame.SUBMISSION),),
        seconds={"total": 1.5},
    )


def test_json_round_trip(record: SubmissionRecord) -> None:
    """A record comes back equal from its JSON."""
    assert from_json(to_json(record)) == record


def test_json_is_one_line(record: SubmissionRecord) -> None:
    """A journal may hold one record a line."""
    assert "\n" not in to_json(record)


def test_points_leave_out_manual_questions(record: SubmissionRecord) -> None:
    """What is graded by hand counts neither as earned nor as missed."""
    assert (record.points, record.max_points) == (3.0, 5.0)


def test_without_times_differs_in_times_only(record: SubmissionRecord) -> None:
    """Two gradings of the same code are equal once their times are gone."""
    document = json.loads(to_json(record))
    document["seconds"] = {"total": 9.0}
    document["cells"][0]["seconds"] = 7.0
    document["questions"][0]["checks"][0]["seconds"] = 3.0
    again = from_json(json.dumps(document))
    assert again != record
    assert again.without_times() == record.without_times()


def test_not_json_is_refused() -> None:
    """A torn line of a journal is told from a record."""
    with pytest.raises(RecordError, match="not JSON"):
        from_json('{"student": "a')


@pytest.mark.parametrize("text", ["[]", '{"schema": 99}', '{"student": "ada"}'])
def test_other_schema_is_refused(text: str) -> None:
    """A document of another schema is not read as if it were ours."""
    with pytest.raises(RecordError, match="expected a submission record of schema 1"):
        from_json(text)


@pytest.mark.parametrize(
    "change",
    [
        {"colour": "red"},
        {"status": "splendid"},
        {"questions": 5},
        {"questions": [{"id": "x"}]},
        {"flags": ["x"]},
    ],
)
def test_wrong_fields_are_refused(record: SubmissionRecord, change: dict[str, object]) -> None:
    """Unknown, missing and mistyped fields are named, not passed on."""
    document = {**json.loads(to_json(record)), **change}
    with pytest.raises(RecordError, match="not a "):
        from_json(json.dumps(document))


def test_a_field_of_a_new_type_needs_a_rule() -> None:
    """Whoever adds a field of an unforeseen type is told where the rule is missing."""
    with pytest.raises(RecordError, match="no rule to read a field of type"):
        records._reader(set[str])

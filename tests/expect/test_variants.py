"""Misconceptions and alternatives are loaded as whole answers; what is wrong with them is told."""

from __future__ import annotations

import pytest

from autograder.expect import (
    Variant,
    VariantError,
    edit,
    load_alternatives,
    load_misconceptions,
    rewrite,
)
from autograder.expect.variants import edits_of, resolve

CELLS = {"block": "y = relu(a + b)\nz = 1\n"}


def test_edit_replaces_once():
    """An edit is the reference answer with its old texts replaced."""
    (variant,) = resolve(
        [edit("block", "late", "Too late.", {"relu(a + b)": "relu(a) + b"})], CELLS
    )
    assert variant == Variant("block", "late", "Too late.", "y = relu(a) + b\nz = 1\n")


def test_edits_of_one_question():
    """Edits of a question's answer, with one old text or several."""
    add = edits_of("block")
    assert add("one", "Says.", "a", "b") == edit("block", "one", "Says.", {"a": "b"})
    assert add("gone", "Says.", "a") == edit("block", "gone", "Says.", {"a": ""})
    several = {"a": "b", "c": "d"}
    assert add("two", "Says.", several) == edit("block", "two", "Says.", several)


def test_rewrite_stands_alone():
    """A rewrite is taken as it is."""
    (variant,) = resolve([rewrite("block", "other", "Other.", "y = 0\n")], CELLS)
    assert variant.code == "y = 0\n"


@pytest.mark.parametrize(("old", "count"), [("sigmoid", 0), ("=", 2)])
def test_old_text_must_occur_once(old, count):
    """The message counts the occurrences."""
    with pytest.raises(VariantError, match=f"its old text occurs {count} times"):
        resolve([edit("block", "late", "Too late.", {old: ""})], CELLS)


def test_unknown_question():
    """The known questions are listed."""
    with pytest.raises(VariantError, match="no such question; known: block"):
        resolve([rewrite("blok", "other", "Other.", "")], CELLS)


def test_name_twice():
    """Names are unique in a question."""
    entry = rewrite("block", "other", "Other.", "")
    with pytest.raises(VariantError, match="'other' of 'block': defined twice"):
        resolve([entry, entry], CELLS)


def test_load_misconceptions(tmp_path):
    """The file's MISCONCEPTIONS are resolved."""
    (tmp_path / "misconceptions.py").write_text(
        "from autograder.expect import rewrite\n"
        "MISCONCEPTIONS = (rewrite('block', 'other', 'Other.', 'y = 0'),)\n"
    )
    assert [variant.name for variant in load_misconceptions(tmp_path, CELLS)] == ["other"]


def test_no_file_of_misconceptions(tmp_path):
    """The message says where it should be."""
    with pytest.raises(VariantError, match=r"no .*misconceptions\.py"):
        load_misconceptions(tmp_path, CELLS)


def test_file_without_misconceptions(tmp_path):
    """The name that is missing is told."""
    (tmp_path / "misconceptions.py").write_text("x = 1\n")
    with pytest.raises(VariantError, match="defines no MISCONCEPTIONS"):
        load_misconceptions(tmp_path, CELLS)


def test_load_alternatives(tmp_path):
    """Question and name come from the file's name, the sentence from its first line."""
    folder = tmp_path / "alternatives"
    folder.mkdir()
    (folder / "block__short.py").write_text("# in one line\ny = 1\n")
    assert load_alternatives(tmp_path) == (
        Variant("block", "short", "in one line", "# in one line\ny = 1\n"),
    )


def test_alternative_with_answers_to_further_questions(tmp_path):
    """What follows a marker line stands in for the reference's answer to that question."""
    folder = tmp_path / "alternatives"
    folder.mkdir()
    (folder / "block__short.py").write_text("# in one line\ny = 1\n# %% init\nz = 2\n")
    (variant,) = load_alternatives(tmp_path)
    assert variant.answers({"block": "a", "init": "b", "net": "c"}) == {
        "block": "# in one line\ny = 1\n", "init": "z = 2\n", "net": "c",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text"), [("block.py", "# a\n"), ("block__b.py", "y = 1\n"), ("block__c.py", "")]
)
def test_alternative_of_another_form(tmp_path, name, text):
    """A file without question or first line is told."""
    folder = tmp_path / "alternatives"
    folder.mkdir()
    (folder / name).write_text(text)
    with pytest.raises(VariantError, match="begins with a comment line"):
        load_alternatives(tmp_path)

"""Zips that were made to harm: each costs its own entry, and nothing is written where it says."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.runner.collect import CollectSummary

Work = Callable[..., bytes]
Zip = Callable[..., Path]
Collect = Callable[..., CollectSummary]
Taken = Callable[[], dict[str, str]]

EVE, BOB = "Eve_1_assignsubmission_file_", "Bob_2_assignsubmission_file_"
OUTSIDE = (
    "../../../../outside.ipynb", "/outside.ipynb", "//host/share/outside.ipynb",
    "C:/outside.ipynb", "..\\..\\outside.ipynb",
    "c:\\outside.ipynb", "\\\\host\\outside.ipynb", "a/../../outside.ipynb",
)  # fmt: skip


def zipped(*entries: tuple[zipfile.ZipInfo | str, bytes], method: int = 8) -> bytes:
    """A zip in memory, its names as given."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for entry, data in entries:
            archive.writestr(entry, data, compress_type=method)
    return buffer.getvalue()


def special(name: str, kind: int) -> zipfile.ZipInfo:
    """An entry that says that it is of a kind of its own."""
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (kind | 0o777) << 16
    return info


@pytest.fixture
def told(pack: Zip, work: Work, gather: Collect, taken: Taken) -> Callable[..., list[str]]:
    """What is said of Eve's zip; Bob, who comes after her, is collected in any case."""

    def run(data: bytes, *, eve: bool = False) -> list[str]:
        files = {f"{EVE}/w.zip": data, f"{BOB}/resnet.ipynb": work("bob")}
        summary = gather(pack(files))
        assert taken()["Bob-2"] == "bob"
        assert ("Eve-1" in taken()) is eve
        return [note.removeprefix(f"{EVE}/w.zip/") for note in summary.notes]

    return run


@pytest.mark.parametrize("name", OUTSIDE)
def test_paths_that_lead_out(
    told: Callable[..., list[str]], work: Work, tmp_path: Path, name: str
) -> None:
    """Up, from the root, with a drive, with backslashes: not unpacked, and nothing is outside."""
    before = {path for path in tmp_path.parent.rglob("*") if "download.zip" not in path.name}
    notes = told(zipped((name, work("eve"))))
    assert notes[0].endswith(": its path leads out of the archive, left out")
    new = {path for path in tmp_path.parent.rglob("*") if path not in before}
    assert {path.name for path in new if path.suffix == ".ipynb"} == {"resnet.ipynb"}
    assert not Path("/outside.ipynb").exists()


def test_paths_that_lead_out_of_the_download(
    pack: Zip, work: Work, gather: Collect, taken: Taken
) -> None:
    """The same in the zip that the LMS made."""
    files = dict.fromkeys(OUTSIDE, work("eve"))
    summary = gather(pack({**files, "ada/resnet.ipynb": work("ada")}))
    assert set(taken().values()) == {"ada"}
    assert sum("leads out of the archive" in note for note in summary.notes) == len(OUTSIDE)


def test_colons_are_no_drives(
    told: Callable[..., list[str]], work: Work
) -> None:  # fmt: skip
    """A colon after a digit is a name that a student gave."""
    assert told(zipped(("1: resnet.ipynb", work("eve"))), eve=True) == []


@pytest.mark.parametrize(
    "kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK]
)
def test_links_and_devices(told: Callable[..., list[str]], kind: int) -> None:
    """An entry that is no ordinary file is not opened."""
    notes = told(zipped((special("resnet.ipynb", kind), b"/etc/passwd")))
    assert notes[0] == "resnet.ipynb: a symbolic link or no ordinary file, left out"


def test_shrunk_beyond_belief(told: Callable[..., list[str]]) -> None:
    """Zeros by the million are no notebook."""
    notes = told(zipped(("resnet.ipynb", bytes(8 * 2**20))))
    assert notes[0] == "resnet.ipynb: shrunk more than 200-fold: a zip bomb, left out"


def test_larger_than_it_says(told: Callable[..., list[str]], work: Work) -> None:
    """Only as much is unpacked as the zip states, and then the sum is wrong."""
    data = bytearray(zipped(("resnet.ipynb", work("eve") + b" " * 5000)))
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<L", 100)
    assert told(bytes(data))[0].startswith("resnet.ipynb: cannot be unpacked (Bad CRC-32")


def test_too_large(told: Callable[..., list[str]]) -> None:
    """A notebook over the limit, stated or not."""
    notes = told(zipped(("resnet.ipynb", bytes(33 * 2**20)), method=zipfile.ZIP_STORED))
    assert notes[0] == "resnet.ipynb: over 32 MiB, left out"


def test_too_many_entries(told: Callable[..., list[str]]) -> None:
    """A zip of ten thousand names is judged by its list alone."""
    notes = told(zipped(*((f"{n}", b"") for n in range(10_001)), method=zipfile.ZIP_STORED))
    assert notes[0] == f"{EVE}/w.zip: over 10000 files, left out"


def test_a_list_without_end(told: Callable[..., list[str]]) -> None:
    """Names of sixty thousand letters: the list is too large to be read at all."""
    long = zipped(*((f"{n}{'x' * 60_000}", b"") for n in range(80)), method=zipfile.ZIP_STORED)
    assert told(long)[0] == f"{EVE}/w.zip: over 10000 files, left out"


def test_encrypted(told: Callable[..., list[str]], work: Work) -> None:
    """A password is asked for by nobody: the student is to hand in without one."""
    data = bytearray(zipped(("resnet.ipynb", work("eve"))))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    assert told(bytes(data))[0] == (
        "resnet.ipynb: encrypted (ask for it without a password), left out"
    )


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_no_lms_uses(
    told: Callable[..., list[str]], work: Work, method: int
) -> None:  # fmt: skip
    """What inflates by other rules than those that the limits know."""
    notes = told(zipped(("resnet.ipynb", work("eve")), method=method))
    assert notes[0].endswith("packed by a method that no LMS uses (ask for a plain zip), left out")


def damaged() -> dict[str, bytes]:
    """Zips that are broken in ways that the standard library reports in as many ways."""
    whole = zipped(("resnet.ipynb", b"{}" * 500), method=zipfile.ZIP_STORED)
    at = whole.index(b"PK\x01\x02")
    new = bytearray(whole)
    new[at + 6] = 99  # the version that it needs
    utf = bytearray(whole)
    utf[at + 9] |= 8
    utf[at + 46] = 0xFF  # said to be UTF-8, which it is not
    return {
        "cut": whole[: len(whole) // 2], "empty": b"", "tar": b"ustar" * 200, "new": bytes(new),
        "utf-8": bytes(utf), "no list": whole[at:], "noise": b"PK\x05\x06" + b"\xff" * 18,
    }  # fmt: skip


@pytest.mark.parametrize("how", damaged())
def test_damaged(
    told: Callable[..., list[str]], pack: Zip, work: Work, gather: Collect, taken: Taken,
    tmp_path: Path, how: str,
) -> None:  # fmt: skip
    """In a download and in a folder alike: her zip is left out, and told."""
    assert told(damaged()[how])[0].startswith((f"{EVE}/w.zip: ", "resnet.ipynb: cannot be"))
    folder = tmp_path / "folder"
    for who, name, data in (("eve", "w.zip", damaged()[how]), ("zoe", "r.ipynb", work("zoe"))):
        (folder / who).mkdir(parents=True)
        (folder / who / name).write_bytes(data)
    gather(folder)
    assert taken()["zoe"] == "zoe"


def test_a_name_of_no_letters(told: Callable[..., list[str]], work: Work) -> None:
    """A name that begins with NUL is an empty one."""
    data = zipped(("QQ.ipynb", b"1"), ("resnet.ipynb", work("eve"))).replace(b"QQ.", b"\0Q.")
    assert told(data, eve=True) == []


def test_a_zip64_of_one_notebook(told: Callable[..., list[str]], work: Work) -> None:
    """The large form of a zip is no fault, however large its data."""
    data = zipped(("data.bin", bytes(5 * 2**20)), ("r.ipynb", work("eve")), method=0)
    at = data.rindex(b"PK\x05\x06")
    size, start = struct.unpack_from("<LL", data, at + 12)
    record = struct.pack("<4sQHHLLQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 2, 2, size, start)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)
    assert told(data[:at] + record + locator + data[at:], eve=True) == []

"""XML and JSON that mean harm, or that nobody can read."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from formats.olx import Limits, read_course
from grading import GradingError, InvalidCourse, InvalidInput
from tests.formats.olx.written_course import CHOICE, files_of, only_subsection, write

BROKEN = "It is not well-formed XML ({})."
NO_COURSE = "There is no course.xml in it, nor in a folder at its top."
DOCTYPE = "It declares a document type or entities, which are not read."
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE problem [<!ENTITY a "aaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">'
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]><problem>&i;</problem>"
)


@pytest.fixture(autouse=True)
def _nothing_is_left_behind(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    temporary = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    yield
    assert list(temporary.iterdir()) == []


def refused(folder: Path, files: Mapping[str, str | bytes]) -> InvalidCourse:
    write(folder, files)
    before = sorted(folder.rglob("*"))
    with pytest.raises(InvalidCourse) as refusal:
        read_course(folder)
    assert refusal.value.code == "INVALID_COURSE"
    assert sorted(folder.rglob("*")) == before
    return refusal.value


def with_problem(document: str | bytes) -> dict[str, str | bytes]:
    return {**files_of('<problem url_name="p1"/>'), "problem/p1.xml": document}


@pytest.mark.parametrize(
    "document",
    [
        BOMB,
        '<!DOCTYPE problem [<!ENTITY x "' + "x" * 100_000 + '">]><problem>&x;&x;</problem>',
        '<!DOCTYPE problem [<!ENTITY x SYSTEM "file:///etc/passwd">]><problem>&x;</problem>',
        '<!DOCTYPE problem [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;]><problem/>',
        '<!DOCTYPE problem SYSTEM "http://127.0.0.1:9/x.dtd"><problem/>',
        "<!DOCTYPE problem><problem/>",
    ],
    ids=["bomb", "quadratic", "file", "parameter", "dtd", "doctype"],
)
def test_document_types_and_entities_are_refused(tmp_path: Path, document: str) -> None:
    assert refused(tmp_path, with_problem(document)).faults == (f"problem/p1.xml: {DOCTYPE}",)


def test_document_type_in_course_xml_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, {"course.xml": BOMB}).faults == (f"course.xml: {DOCTYPE}",)


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        (b"", BROKEN.format("no element found: line 1, column 0")),
        (b"<problem><p></problem>", BROKEN.format("mismatched tag: line 1, column 14")),
        (b"<problem>&nbsp;</problem>", BROKEN.format("undefined entity: line 1, column 9")),
        (
            b"<problem>\x00</problem>",
            BROKEN.format("not well-formed (invalid token): line 1, column 9"),
        ),
        (b"<problem>\xe9</problem>", "It is not UTF-8."),
        ("<problem/>".encode("utf-16"), "It is not UTF-8."),
    ],
)
def test_broken_document_is_refused_with_its_file_and_place(
    tmp_path: Path, document: bytes, fault: str
) -> None:
    assert refused(tmp_path, with_problem(document)).faults == (f"problem/p1.xml: {fault}",)


def test_declared_encoding_does_not_change_what_utf_8_says(tmp_path: Path) -> None:
    text = f'<?xml version="1.0" encoding="latin-1"?><problem display_name="é">{CHOICE}</problem>'
    write(tmp_path, with_problem(text))

    assert only_subsection(read_course(tmp_path)).problems[0].display_name == "é"


def test_problem_nested_very_deep_is_read_all_the_same(tmp_path: Path) -> None:
    deep = 50_000
    write(tmp_path, with_problem(f"<problem>{'<p>' * deep}{CHOICE}{'</p>' * deep}</problem>"))

    assert only_subsection(read_course(tmp_path)).problems[0].max_score == 1.0


def test_policy_json_that_nobody_can_read_is_refused(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {**files_of(), "policies/R1/policy.json": b"\xff\xfe{}"}

    assert refused(tmp_path, files).faults == ("policies/R1/policy.json: It is not UTF-8.",)


def test_link_that_leaves_the_folder_is_refused(tmp_path: Path) -> None:
    secret = write(tmp_path / "outside", {"secret.xml": "<problem/>"}) / "secret.xml"
    folder = write(tmp_path / "inside", files_of('<problem url_name="p1"/>'))
    (folder / "problem").mkdir()
    (folder / "problem/p1.xml").symlink_to(secret)

    assert refused(folder, {}).faults == ("problem/p1.xml is a link that leaves the folder.",)


def test_link_to_a_folder_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "inside", files_of())
    (folder / "problem").symlink_to(folder)

    assert refused(folder, {}).faults == ("problem is a link to a folder.",)


def test_link_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "inside", files_of())
    (folder / "gone.xml").symlink_to(folder / "nothing.xml")

    assert refused(folder, {}).faults == ("gone.xml is not a file.",)


def test_link_inside_the_folder_is_followed(tmp_path: Path) -> None:
    folder = write(tmp_path, files_of('<problem url_name="p1"/>'))
    write(folder, {"problem/other.xml": f"<problem>{CHOICE}</problem>"})
    (folder / "problem/p1.xml").symlink_to(folder / "problem/other.xml")

    assert only_subsection(read_course(folder)).problems[0].max_score == 1.0


@pytest.mark.parametrize(
    ("limits", "fault"),
    [
        (Limits(file_size=1000), "problem/p1.xml is larger than 1000 bytes."),
        (Limits(read_size=1500), "Its XML and JSON files hold more than 1500 bytes."),
        (Limits(members=3), "The folder holds more than 3 files."),
    ],
)
def test_folder_that_holds_too_much_is_refused(tmp_path: Path, limits: Limits, fault: str) -> None:
    write(tmp_path, with_problem(f"<problem><!--{'x' * 1500}--></problem>"))

    with pytest.raises(InvalidCourse) as refusal:
        read_course(tmp_path, limits=limits)

    assert refusal.value.faults == (fault,)


def test_what_is_not_read_may_be_of_any_size(tmp_path: Path) -> None:
    write(tmp_path, {**files_of(), "static/video.xml": b"x" * 5000, "html/h1.html": b"x" * 5000})

    assert read_course(tmp_path, limits=Limits(file_size=1000, read_size=3000)).warnings == ()


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        ({}, NO_COURSE),
        ({"a/b/course.xml": "<course/>"}, NO_COURSE),
        ({"library.xml": "<library/>"}, "It is a content library, not a course."),
        ({"library/library.xml": "<library/>"}, "It is a content library, not a course."),
        (
            {"b/course.xml": "<course/>", "a/course.xml": "<course/>"},
            "It holds several courses: a/course.xml, b/course.xml.",
        ),
    ],
)
def test_folder_without_one_course_is_refused(
    tmp_path: Path, files: dict[str, str | bytes], fault: str
) -> None:
    assert refused(tmp_path, files).faults == (fault,)


def test_path_with_nothing_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read_course(tmp_path / "nowhere.tar.gz")

    assert refusal.value.code == "INVALID_INPUT"
    assert refusal.value.message == "There is no course export at 'nowhere.tar.gz'."


def test_file_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "course.zip").write_bytes(b"PK\x03\x04")

    with pytest.raises(GradingError) as refusal:
        read_course(tmp_path / "course.zip")

    assert refusal.value.code == "INVALID_INPUT"
    assert refusal.value.message == "'course.zip' is neither a folder nor a .tar.gz archive."

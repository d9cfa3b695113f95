"""Course archives as Studio packs them, and such as mean harm."""

import gzip
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from formats.olx import Limits, read_course
from grading import InvalidCourse
from tests.formats.olx.written_course import files_of, member, write, write_archive

DAMAGED = "The archive is damaged or cut off."
BLOCK = 512


@pytest.fixture(autouse=True)
def _nothing_is_left_behind(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    temporary = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.chdir(tmp_path)
    yield
    assert list(temporary.iterdir()) == []
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".gz"] == []


def refused(path: Path, limits: Limits | None = None) -> tuple[str, ...]:
    with pytest.raises(InvalidCourse) as refusal:
        read_course(path, limits=limits or Limits())
    assert refusal.value.code == "INVALID_COURSE"
    return refusal.value.faults


@pytest.mark.parametrize("top", ["course", "some-name", "", "."])
def test_archive_holds_the_same_course_as_the_folder(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, top: str
) -> None:
    folder = write(tmp_path_factory.mktemp("folder"), files_of())
    archive = write_archive(tmp_path / "course.tar.gz", files_of(), top=top)

    assert read_course(archive) == read_course(folder)


def test_run_that_is_called_course_is_not_taken_for_the_root(tmp_path: Path) -> None:
    files = {
        "course.xml": '<course org="Org" course="C1" url_name="course"/>',
        "course/course.xml": '<course display_name="Inner"><chapter url_name="ch1"/></course>',
        "chapter/ch1.xml": "<chapter/>",
    }

    structure = read_course(write_archive(tmp_path / "c.tar.gz", files)).content.structure

    assert (structure.course_key, structure.display_name) == ("course-v1:Org+C1+course", "Inner")


def test_name_of_the_file_does_not_matter(tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "export.gz", files_of())

    assert read_course(archive).content.course_key == "course-v1:Org+C1+R1"


def test_media_is_passed_over_whatever_its_size(tmp_path: Path) -> None:
    media = member("course/static/video.mp4", b"\0" * 100_000)
    archive = write_archive(tmp_path / "c.tar.gz", files_of(), media)

    limits = Limits(file_size=10_000, read_size=20_000)
    assert read_course(archive, limits=limits).warnings == ()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../evil.xml", "'../evil.xml'"),
        ("course/../../evil.xml", "'course/../../evil.xml'"),
        ("course/problem/..", "'course/problem/..'"),
        ("/etc/evil.xml", "'/etc/evil.xml'"),
        ("..\\evil.xml", r"'..\\evil.xml'"),
        ("C:\\evil.xml", r"'C:\\evil.xml'"),
        ("course/static/../../../evil.mp4", "'course/static/../../../evil.mp4'"),
    ],
)
def test_name_that_leads_out_of_the_archive_is_refused(
    tmp_path: Path, name: str, shown: str
) -> None:
    archive = write_archive(tmp_path / "c.tar.gz", files_of(), member(name, b"<x/>"))

    assert refused(archive) == (f"The archive holds {shown}, which lies outside of it.",)
    assert not (tmp_path.parent / "evil.xml").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
@pytest.mark.parametrize("target", ["/etc/passwd", "../../x", "course/course.xml"])
def test_links_are_refused(tmp_path: Path, kind: bytes, target: str) -> None:
    link = member("course/problem/p1.xml", type=kind, linkname=target)

    assert refused(write_archive(tmp_path / "c.tar.gz", files_of(), link)) == (
        "The archive holds 'course/problem/p1.xml', which is a link.",
    )


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, b"Z"])
def test_devices_and_the_like_are_refused(tmp_path: Path, kind: bytes) -> None:
    device = member("course/static/d", type=kind)
    archive = write_archive(tmp_path / "c.tar.gz", files_of(), device)

    assert refused(archive) == ("The archive holds 'course/static/d', which is no file or folder.",)


def test_same_name_twice_is_refused(tmp_path: Path) -> None:
    again = member("course/./course.xml", b"<course/>")

    assert refused(write_archive(tmp_path / "c.tar.gz", files_of(), again)) == (
        "The archive holds course/course.xml twice.",
    )


@pytest.mark.parametrize(
    ("limits", "fault"),
    [
        (Limits(file_size=100), "course/course.xml is larger than 100 bytes."),
        (Limits(read_size=300), "Its XML and JSON files hold more than 300 bytes."),
        (Limits(members=2), "The archive holds more than 2 files."),
        (Limits(unpacked_size=2000), "The archive holds more than 2000 bytes."),
    ],
)
def test_archive_that_holds_too_much_is_refused(tmp_path: Path, limits: Limits, fault: str) -> None:
    assert refused(write_archive(tmp_path / "c.tar.gz", files_of()), limits) == (fault,)


def test_archive_that_grows_out_of_all_proportion_is_refused(tmp_path: Path) -> None:
    bomb = member("course/static/zeros.bin", b"\0" * 3_000_000)
    archive = write_archive(tmp_path / "c.tar.gz", files_of(), bomb)

    assert archive.stat().st_size < 10_000
    assert refused(archive, Limits(ratio_from=100_000)) == (
        "The archive grows to more than 100 times its size.",
    )


def test_zeros_after_the_end_count_as_well(tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "c.tar.gz", files_of())
    archive.write_bytes(archive.read_bytes() + gzip.compress(b"\0" * 3_000_000))

    assert refused(archive, Limits(unpacked_size=1_000_000)) == (
        "The archive holds more than 1000000 bytes.",
    )


def test_member_that_claims_to_be_huge_is_refused_before_it_is_read(tmp_path: Path) -> None:
    info = tarfile.TarInfo("course/problem/p1.xml")
    info.size = 2**40
    archive = tmp_path / "c.tar.gz"
    archive.write_bytes(gzip.compress(info.tobuf(format=tarfile.GNU_FORMAT) + b"<x/>"))

    assert refused(archive) == ("course/problem/p1.xml is larger than 52428800 bytes.",)


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.XGLTYPE])
def test_name_of_many_megabytes_is_refused_before_it_is_read(tmp_path: Path, kind: bytes) -> None:
    info, data = member("long", b"9" * 4_000_000, type=kind)
    archive = tmp_path / "c.tar.gz"
    archive.write_bytes(gzip.compress(info.tobuf(format=tarfile.GNU_FORMAT) + data))

    assert refused(archive) == ("A name in the archive is longer than any file's is.",)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.99])
def test_archive_that_is_cut_off_is_refused(tmp_path: Path, share: float) -> None:
    archive = write_archive(tmp_path / "c.tar.gz", files_of())
    whole = archive.read_bytes()
    archive.write_bytes(whole[: int(len(whole) * share)])

    assert refused(archive) == (DAMAGED,)


def unpacked(path: Path) -> bytearray:
    return bytearray(gzip.decompress(path.read_bytes()))


def test_archive_whose_contents_are_cut_off_is_refused(tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "c.tar.gz", files_of())
    archive.write_bytes(gzip.compress(unpacked(archive)[: BLOCK + 100]))

    assert refused(archive) == (DAMAGED,)


def test_broken_header_in_the_middle_is_not_taken_for_the_end(tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "c.tar.gz", files_of())
    tar = unpacked(archive)
    start = tar.index(b"course/policies/R1/policy.json")
    tar[start : start + BLOCK] = b"\xff" * BLOCK
    archive.write_bytes(gzip.compress(tar))

    assert refused(archive) == (DAMAGED,)


def test_wrong_checksum_is_refused(tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "c.tar.gz", files_of())
    data = bytearray(archive.read_bytes())
    data[-8] ^= 0xFF
    archive.write_bytes(data)

    assert refused(archive) == (DAMAGED,)


@pytest.mark.parametrize("content", [b"", b"this is no tar", b"\x1f\x8b" * 300])
def test_gzip_of_something_else_is_refused(tmp_path: Path, content: bytes) -> None:
    archive = tmp_path / "c.tar.gz"
    archive.write_bytes(gzip.compress(content))

    assert refused(archive) == (DAMAGED,)


def test_archive_without_a_course_is_refused(tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "c.tar.gz", {"readme.txt": "nothing"})

    assert refused(archive) == ("There is no course.xml in it, nor in a folder at its top.",)


def test_broken_xml_in_an_archive_is_refused_with_its_file(tmp_path: Path) -> None:
    files = files_of('<problem url_name="p1"/>') | {"problem/p1.xml": "<problem>"}

    assert refused(write_archive(tmp_path / "c.tar.gz", files)) == (
        "problem/p1.xml: It is not well-formed XML (no element found: line 1, column 9).",
    )


def test_sparse_file_is_refused(tmp_path: Path) -> None:
    info = tarfile.TarInfo("course/static/s")
    info.type = tarfile.GNUTYPE_SPARSE
    archive = tmp_path / "c.tar.gz"
    archive.write_bytes(gzip.compress(info.tobuf(format=tarfile.GNU_FORMAT) + b"\0" * 2 * BLOCK))

    assert refused(archive) == ("The archive holds 'course/static/s', which is no file or folder.",)


def test_archive_is_read_without_unpacking_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = write_archive(tmp_path / "c.tar.gz", files_of())

    def refuse(*_: object, **__: object) -> io.BytesIO:
        raise AssertionError("nothing is to be unpacked")

    monkeypatch.setattr(tarfile.TarFile, "extract", refuse)
    monkeypatch.setattr(tarfile.TarFile, "extractall", refuse)

    assert read_course(archive).content.course_key == "course-v1:Org+C1+R1"

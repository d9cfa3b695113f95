"""The OULAD example: what it writes, what it leaves out, what it refuses."""

import csv
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from defusedxml import ElementTree

from examples.oulad.convert import Summary, convert
from formats.csv_rows import open_csv
from formats.learners_csv import LearnerRow, read_learners
from formats.olx import read_course
from formats.scores_csv import ScoreRow, read_scores
from grading import parse_policy

ROOT = Path(__file__).parents[2]
OULAD = ROOT.parent / "shared" / "data" / "oulad"
SLICE = OULAD / "slice-AAA-2013J"

needs_oulad = pytest.mark.skipif(not OULAD.exists(), reason="../shared/data/oulad is absent")

ASSESSMENTS = """\
code_module,code_presentation,id_assessment,assessment_type,date,weight
XYZ,2013B,11,Exam,?,100
XYZ,2013B,12,TMA,40,30
XYZ,2013B,13,CMA,10,20
XYZ,2013B,14,TMA,10,50
"""
REGISTRATIONS = """\
code_module,code_presentation,id_student,date_registration,date_unregistration
XYZ,2013B,1,-20,?
XYZ,2013B,2,-20,30
XYZ,2013B,3,?,
"""
SCORES = """\
id_assessment,id_student,date_submitted,is_banked,score
14,1,9,0,81
14,2,-1,1,60
14,3,9,0,?
12,3,38,0,
12,4,38,0,70
99,1,38,0,70
"""


def _source(folder: Path, scores: str = SCORES, assessments: str = ASSESSMENTS) -> Path:
    folder.mkdir()
    (folder / "assessments.csv").write_text(assessments, encoding="utf-8")
    (folder / "studentRegistration.csv").write_text(REGISTRATIONS, encoding="utf-8")
    (folder / "studentAssessment.csv").write_text(scores, encoding="utf-8")
    return folder


def _policy(out: Path, module: str, run: str) -> dict[str, Any]:
    path = out / "courses" / f"{module}-{run}" / "policies" / run / "grading_policy.json"
    policy: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return policy


def _weights(out: Path, module: str, run: str) -> dict[str, float]:
    return {row["type"]: row["weight"] for row in _policy(out, module, run)["GRADER"]}


def _table(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def _file(course: Path, pointer: Element) -> Element:
    path = course / pointer.tag / f"{pointer.attrib['url_name']}.xml"
    return ElementTree.fromstring(path.read_bytes())


def _walk(course: Path) -> list[tuple[dict[str, str], str, str | None, int]]:
    """Return each sequential's settings with its problem's id, weight and number of answers."""
    (chapter,) = _file(course, ElementTree.fromstring((course / "course.xml").read_bytes()))
    found = []
    for pointer in _file(course, chapter):
        sequential = _file(course, pointer)
        (vertical,) = sequential
        (child,) = _file(course, vertical)
        problem = _file(course, child)
        answers = sum(part.tag.endswith("response") for part in problem)
        found.append(
            (dict(sequential.attrib), child.attrib["url_name"], problem.get("weight"), answers)
        )
    return found


def test_scores_that_say_nothing_are_left_out_and_counted_by_reason(tmp_path: Path) -> None:
    summary = convert(_source(tmp_path / "in"), tmp_path / "out")
    assert summary == Summary(
        presentations=1,
        enrolments=3,
        learners=3,
        inactive=1,
        scores=2,
        left_out=Counter(
            {
                "without marks": 2,
                "of a student who is not registered": 1,
                "of an unknown assessment": 1,
            }
        ),
    )
    assert str(summary) == (
        "1 presentations\n"
        "3 enrolments of 3 learners, 1 ended early (inactive)\n"
        "6 scores: 2 written, 4 left out\n"
        "  1 of a student who is not registered\n"
        "  1 of an unknown assessment\n"
        "  2 without marks"
    )


def test_days_become_dates_from_the_first_of_february_or_october(tmp_path: Path) -> None:
    convert(_source(tmp_path / "in"), tmp_path / "out")
    key = "block-v1:OULAD+XYZ+2013B+type@problem+block@assessment_14"
    assert _table(tmp_path / "out" / "scores.csv") == [
        ["user_id", "usage_key", "score_given", "score_maximum", "timestamp"],
        ["1", key, "81", "100", "2013-02-10T12:00:00Z"],
        ["2", key, "60", "100", "2013-01-31T12:00:00Z"],
    ]
    october = _source(
        tmp_path / "october",
        assessments=ASSESSMENTS.replace("2013B", "2013J"),
        scores="id_assessment,id_student,date_submitted,is_banked,score\n",
    )
    convert(october, tmp_path / "out_october")
    course = tmp_path / "out_october" / "courses" / "XYZ-2013J"
    assert ElementTree.fromstring((course / "course" / "2013J.xml").read_bytes()).attrib == {
        "display_name": "XYZ 2013J",
        "start": "2013-10-01T00:00:00Z",
    }


def test_enrolments_that_ended_are_inactive(tmp_path: Path) -> None:
    convert(_source(tmp_path / "in"), tmp_path / "out")
    assert _table(tmp_path / "out" / "learners.csv") == [
        ["user_id", "username", "course_key", "active"],
        ["1", "oulad_1", "course-v1:OULAD+XYZ+2013B", "true"],
        ["2", "oulad_2", "course-v1:OULAD+XYZ+2013B", "false"],
        ["3", "oulad_3", "course-v1:OULAD+XYZ+2013B", "true"],
    ]


def test_a_course_is_a_chapter_with_a_subsection_for_each_assessment(tmp_path: Path) -> None:
    convert(_source(tmp_path / "in"), tmp_path / "out")
    assert _walk(tmp_path / "out" / "courses" / "XYZ-2013B") == [
        (
            {
                "display_name": "CMA 1",
                "format": "CMA 1",
                "graded": "true",
                "due": "2013-02-11T23:59:00Z",
            },
            "assessment_13",
            "100.0",
            1,
        ),
        (
            {
                "display_name": "TMA 1",
                "format": "TMA 1",
                "graded": "true",
                "due": "2013-02-11T23:59:00Z",
            },
            "assessment_14",
            "100.0",
            1,
        ),
        (
            {
                "display_name": "TMA 2",
                "format": "TMA 2",
                "graded": "true",
                "due": "2013-03-13T23:59:00Z",
            },
            "assessment_12",
            "100.0",
            1,
        ),
        ({"display_name": "Exam 11 (no results)"}, "assessment_11", "100.0", 1),
    ]


def test_an_exam_without_marks_does_not_count(tmp_path: Path) -> None:
    convert(_source(tmp_path / "in"), tmp_path / "out")
    assert _weights(tmp_path / "out", "XYZ", "2013B") == {"CMA 1": 0.2, "TMA 1": 0.5, "TMA 2": 0.3}


def test_an_exam_with_marks_is_half_of_the_grade(tmp_path: Path) -> None:
    convert(_source(tmp_path / "in", SCORES + "11,1,230,0,55\n"), tmp_path / "out")
    assert _weights(tmp_path / "out", "XYZ", "2013B") == {
        "CMA 1": 0.1,
        "TMA 1": 0.25,
        "TMA 2": 0.15,
        "Exam": 0.5,
    }


def test_an_output_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").touch()
    with pytest.raises(FileExistsError, match="out is not empty"):
        convert(_source(tmp_path / "in"), out)
    assert [path.name for path in out.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("module", ["../..", "A/B", "", "A B"])
def test_a_module_that_would_leave_the_folder_is_refused(tmp_path: Path, module: str) -> None:
    source = _source(tmp_path / "in", assessments=ASSESSMENTS.replace("XYZ", module))
    with pytest.raises(ValueError, match="is no presentation"):
        convert(source, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_command_says_in_one_line_why_nothing_was_converted(tmp_path: Path) -> None:
    script = ROOT / "examples" / "oulad" / "convert.py"
    command = [sys.executable, str(script), str(tmp_path / "nowhere"), str(tmp_path / "out")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("Not converted: [Errno 2] No such file or directory")
    assert ended.stderr.count("\n") == 1


@pytest.mark.shared
@needs_oulad
def test_the_slice_gets_the_policy_that_came_with_it(tmp_path: Path) -> None:
    summary = convert(SLICE, tmp_path / "out")
    assert summary == Summary(
        presentations=1,
        enrolments=383,
        learners=383,
        inactive=60,
        scores=1631,
        left_out=Counter({"without marks": 2}),
    )
    expected = json.loads((SLICE / "grading_policy.json").read_text(encoding="utf-8"))
    assert _policy(tmp_path / "out", "AAA", "2013J") == expected
    assert [
        (each[0]["display_name"], each[1])
        for each in _walk(tmp_path / "out" / "courses" / "AAA-2013J")
    ] == [
        ("TMA 1", "assessment_1752"),
        ("TMA 2", "assessment_1753"),
        ("TMA 3", "assessment_1754"),
        ("TMA 4", "assessment_1755"),
        ("TMA 5", "assessment_1756"),
        ("Exam 1757 (no results)", "assessment_1757"),
    ]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The whole dataset, converted by the command of the README; the folder and the summary."""
    out = tmp_path_factory.mktemp("oulad") / "out"
    command = [sys.executable, str(ROOT / "examples/oulad/convert.py"), str(OULAD), str(out)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    return out, ended.stdout


@pytest.mark.shared
@pytest.mark.slow
@needs_oulad
def test_the_whole_dataset_is_converted_as_the_readme_says(whole: tuple[Path, str]) -> None:
    _, printed = whole
    assert printed == (
        "22 presentations\n"
        "32,593 enrolments of 28,785 learners, 10,072 ended early (inactive)\n"
        "173,912 scores: 173,739 written, 173 left out\n"
        "  173 without marks\n"
    )
    readme = (ROOT / "examples/oulad/README.md").read_text(encoding="utf-8")
    assert "".join(f"    {line}\n" for line in printed.splitlines()) in readme


@pytest.mark.shared
@pytest.mark.slow
@needs_oulad
def test_all_courses_import_without_a_warning_and_their_weights_sum_to_one(
    whole: tuple[Path, str],
) -> None:
    out, _ = whole
    sums = {}
    for course in sorted((out / "courses").iterdir()):
        (path,) = course.glob("policies/*/grading_policy.json")
        policy = parse_policy(path.read_text(encoding="utf-8"))
        assert read_course(course).messages == ()
        assert policy.passing_threshold == 0.4
        formats = [settings["format"] for settings, *_ in _walk(course) if "format" in settings]
        assert formats == [kind.name for kind in policy.assignment_types]
        sums[course.name] = policy.weight_sum
    assert len(sums) == 22
    assert sums == pytest.approx(dict.fromkeys(sums, 1.0), abs=1e-12)


@pytest.mark.shared
@pytest.mark.slow
@needs_oulad
def test_the_six_exams_with_marks_count_half_and_no_other_counts(whole: tuple[Path, str]) -> None:
    out, _ = whole
    exams = {
        course.name: weights["Exam"]
        for course in (out / "courses").iterdir()
        if "Exam" in (weights := _weights(out, *course.name.split("-")))
    }
    assert exams == dict.fromkeys(
        ["CCC-2014B", "CCC-2014J", "DDD-2013B", "DDD-2013J", "DDD-2014B", "DDD-2014J"], 0.5
    )


@pytest.mark.shared
@pytest.mark.slow
@needs_oulad
def test_coursework_without_weights_shares_the_grade_alike(whole: tuple[Path, str]) -> None:
    out, _ = whole
    for run in ("2013J", "2014B", "2014J"):
        assert list(_weights(out, "GGG", run).values()) == [1 / 9] * 9


@pytest.mark.shared
@pytest.mark.slow
@needs_oulad
def test_the_product_reads_every_line_and_every_key_is_in_a_course(
    whole: tuple[Path, str],
) -> None:
    out, _ = whole
    problems = {
        f"block-v1:OULAD+{course.name.replace('-', '+')}+type@problem+block@{block_id}"
        for course in (out / "courses").iterdir()
        for _, block_id, *_ in _walk(course)
    }
    assert len(problems) == 206
    learners = list(read_learners(open_csv(out / "learners.csv")))
    enrolled = {(row.user_id, row.course_key) for row in learners if isinstance(row, LearnerRow)}
    assert (len(learners), len(enrolled)) == (32_593, 32_593)
    scores = 0
    for row in read_scores(open_csv(out / "scores.csv")):
        assert isinstance(row, ScoreRow)
        assert row.usage_key in problems
        assert (row.user_id, row.course_key) in enrolled
        scores += 1
    assert scores == 173_739

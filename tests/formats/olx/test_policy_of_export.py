"""The grading policy that an export brings with it."""

import json
from pathlib import Path

import pytest

from formats.olx import CourseWarningCode, read_course
from grading import Algorithm, InvalidGradingPolicy, PolicyWarningCode, parse_policy
from tests.formats.olx.written_course import (
    HOMEWORK,
    ONE_TYPE,
    files_of,
    imported,
    only_warning,
    warnings_of,
    write,
)

POLICY = "policies/R1/grading_policy.json"


def test_policy_of_the_run_is_taken_as_it_is_spelled(tmp_path: Path) -> None:
    files = files_of() | {"policies/other/grading_policy.json": "{}", "grading_policy.json": "{}"}

    policy = imported(tmp_path, files).content.policy

    assert policy == parse_policy(json.dumps(ONE_TYPE))


def test_policy_at_the_top_serves_where_the_run_has_none(tmp_path: Path) -> None:
    files = files_of()
    files["grading_policy.json"] = files.pop(POLICY)

    course = imported(tmp_path, files)

    assert course.content.policy == parse_policy(json.dumps(ONE_TYPE))
    assert course.warnings == ()


def test_export_without_a_policy_gets_the_default_one_and_says_so(tmp_path: Path) -> None:
    files = files_of()
    del files[POLICY]

    course = imported(tmp_path, files)

    assert [kind.name for kind in course.content.policy.assignment_types] == [
        *("Homework", "Lab", "Midterm Exam", "Final Exam")
    ]
    assert only_warning(course).code is CourseWarningCode.DEFAULT_POLICY_USED
    assert only_warning(course).message == (
        "There is no grading policy; Open edX's default one is used "
        "(expected policies/R1/grading_policy.json)."
    )


def test_byte_order_mark_does_not_matter(tmp_path: Path) -> None:
    files = files_of()
    files[POLICY] = f"\ufeff{files[POLICY]}"

    assert imported(tmp_path, files).content.policy.assignment_types[0].name == "Homework"


def test_key_that_changes_nothing_is_reported_and_stays_in_the_hash(tmp_path: Path) -> None:
    odd = {
        "GRADER": [{**HOMEWORK, "passing_grade": 0.4}],
        "GRADE_CUTOFFS": {"Pass": 0.5},
        "LATE_POLICY": None,
    }

    course = imported(tmp_path, files_of(policy=odd))

    assert warnings_of(course) == [
        (
            CourseWarningCode.UNKNOWN_POLICY_KEY,
            f"The grading policy has a key {key!r} that changes nothing.",
        )
        for key in ("LATE_POLICY", "passing_grade")
    ]
    assert course.content.policy.hash == parse_policy(json.dumps(odd)).hash


def test_oddities_of_policy_and_course_are_all_told_in_words(tmp_path: Path) -> None:
    course = imported(tmp_path, files_of(attributes='graded="true" format="Lab" start="x"'))

    assert [warning.code for warning in course.policy_warnings] == [
        PolicyWarningCode.ASSIGNMENT_TYPE_WITHOUT_SUBSECTION,
        PolicyWarningCode.GRADED_SUBSECTION_WITHOUT_ASSIGNMENT_TYPE,
    ]
    assert course.messages == (
        *(warning.message for warning in course.policy_warnings),
        "1 block(s) have a start date of their own, which changes nothing here (sequential/s1).",
    )


def test_algorithm_is_part_of_the_version(tmp_path: Path) -> None:
    write(tmp_path, files_of())

    new = read_course(tmp_path).content
    old = read_course(tmp_path, algorithm=Algorithm.EDX_2022).content

    assert (new.algorithm, old.algorithm) == (Algorithm.EDX_2024, Algorithm.EDX_2022)
    assert new.structure == old.structure
    assert new.version != old.version


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("{", ("It is not JSON.",)),
        ("[]", ("It must be a JSON object.",)),
        ("[" * 100_000, ("It is not JSON.",)),
        ('{"GRADER": ' + "9" * 5000 + "}", ("It is not JSON.",)),
        (b'{"GRADER": "\xff"}', ("It is not UTF-8.",)),
        ('{"GRADER": 7}', ("GRADER must be a list of assignment types.",)),
        ('{"GRADER": ["x"]}', ("Assignment type 1 must be a JSON object.",)),
        (
            '{"GRADER": [{"type": "A"}, {"min_count": 1}]}',
            (
                "Assignment type 1 has no min_count and no drop_count.",
                "Assignment type 2 has no type and no drop_count.",
            ),
        ),
    ],
)
def test_invalid_policy_is_refused_with_every_fault_and_its_file(
    tmp_path: Path, text: str | bytes, faults: tuple[str, ...]
) -> None:
    write(tmp_path, {**files_of(), POLICY: text})

    with pytest.raises(InvalidGradingPolicy) as refusal:
        read_course(tmp_path)

    assert refusal.value.code == "INVALID_GRADING_POLICY"
    assert refusal.value.faults == tuple(f"{POLICY}: {fault}" for fault in faults)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", "-1e400"])
@pytest.mark.parametrize("place", ["weight", "cutoff"])
def test_number_that_is_none_is_refused(tmp_path: Path, place: str, number: str) -> None:
    weight, cutoff = (number, "0.5") if place == "weight" else ("1", number)
    text = (
        f'{{"GRADER": [{{"type": "A", "min_count": 1, "drop_count": 0, "weight": {weight}}}],'
        f'"GRADE_CUTOFFS": {{"Pass": {cutoff}}}}}'
    )
    write(tmp_path, {**files_of(), POLICY: text})

    with pytest.raises(InvalidGradingPolicy) as refusal:
        read_course(tmp_path)

    (fault,) = refusal.value.faults
    named = "Assignment type 1 (A): weight" if place == "weight" else "Cutoff 'Pass'"
    assert fault.startswith(f"{POLICY}: {named} must be ")

"""What a line of the learners CSV must hold."""

import pytest

from formats.csv_rows import RefusedLine
from formats.learners_csv import LearnerRow, read_learners
from grading import CourseKey, InvalidInput, LearnerId


def _one(header: str, line: str) -> LearnerRow | RefusedLine:
    (row,) = read_learners([header, line])
    return row


def test_a_full_line_is_a_learner_with_an_enrolment() -> None:
    row = _one(
        "user_id,username,full_name,email,external_user_key,course_key,mode,cohort,active",
        '7,amara,"Okafor, Amara",amara@example.org,S-7,course-v1:X+Y+Z,verified,North,true',
    )
    assert row == LearnerRow(
        line=2,
        user_id=LearnerId(7),
        username="amara",
        full_name="Okafor, Amara",
        email="amara@example.org",
        external_user_key="S-7",
        course_key=CourseKey("course-v1:X+Y+Z"),
        mode="verified",
        cohort="North",
        active=True,
    )


def test_id_and_name_are_enough_and_the_rest_is_unknown() -> None:
    assert _one("username,user_id", "amara,7") == LearnerRow(2, LearnerId(7), "amara")


def test_empty_optional_cells_are_as_if_the_columns_were_not_there() -> None:
    header = "user_id,username,full_name,email,external_user_key,course_key,mode,cohort,active"
    assert _one(header, "7,amara,,,,,,,") == LearnerRow(2, LearnerId(7), "amara")


@pytest.mark.parametrize("cell", ["false", "FALSE", "False", "0", "no"])
def test_inactive_is_written_in_several_ways(cell: str) -> None:
    row = _one("user_id,username,active", f"7,amara,{cell}")
    assert isinstance(row, LearnerRow)
    assert row.active is False


@pytest.mark.parametrize("cell", ["true", "TRUE", "1", "yes", ""])
def test_active_is_written_in_several_ways_and_the_default(cell: str) -> None:
    row = _one("user_id,username,active", f"7,amara,{cell}")
    assert isinstance(row, LearnerRow)
    assert row.active is True


def test_another_word_for_active_is_refused() -> None:
    assert _one("user_id,username,active", "7,amara,maybe") == RefusedLine(
        2, "active must be true or false, not 'maybe'.", code="INVALID_INPUT"
    )


@pytest.mark.parametrize("cell", ["1", "9223372036854775807"])
def test_the_smallest_and_the_largest_user_id_are_read(cell: str) -> None:
    assert _one("user_id,username", f"{cell},amara") == LearnerRow(2, LearnerId(int(cell)), "amara")


@pytest.mark.parametrize(
    "cell",
    ["", "0", "-1", "9223372036854775808", "1.0", "1e3", "1_000", "+7", "x", "\u0667", "9" * 5000],
)
def test_a_user_id_that_is_no_positive_64_bit_number_is_refused(cell: str) -> None:
    assert _one("user_id,username", f"{cell},amara") == RefusedLine(
        2,
        f"user_id must be a whole number from 1 to 2^63 - 1, not {cell[:40]!r}.",
        code="INVALID_INPUT",
    )


def test_an_empty_user_name_is_refused() -> None:
    assert _one("user_id,username", "7, ") == RefusedLine(
        2, "username is empty.", code="INVALID_INPUT"
    )


@pytest.mark.parametrize(
    ("column", "at_most"),
    [("full_name", 255), ("external_user_key", 255), ("mode", 100), ("cohort", 255)],
)
def test_texts_are_no_longer_than_the_store_can_keep(column: str, at_most: int) -> None:
    header = f"user_id,username,{column}"
    row = _one(header, f"7,amara,{'x' * at_most}")
    assert isinstance(row, LearnerRow)
    assert getattr(row, column) == "x" * at_most
    assert _one(header, f"7,amara,{'x' * (at_most + 1)}") == RefusedLine(
        2,
        f"{column} has {at_most + 1} characters; {at_most} are the most.",
        code="INVALID_INPUT",
    )


def test_a_user_name_of_151_characters_is_refused() -> None:
    assert _one("user_id,username", f"7,{'x' * 151}") == RefusedLine(
        2, "username has 151 characters; 150 are the most.", code="INVALID_INPUT"
    )


def test_an_email_without_an_at_sign_is_refused() -> None:
    assert _one("user_id,username,email", "7,amara,example.org") == RefusedLine(
        2, "email must have an @: 'example.org'.", code="INVALID_INPUT"
    )


def test_a_malformed_course_key_is_refused() -> None:
    assert _one("user_id,username,course_key", "7,amara,X/Y/Z") == RefusedLine(
        2,
        "'X/Y/Z' is no course key; expected course-v1:ORG+COURSE+RUN.",
        code="INVALID_INPUT",
    )


def test_a_file_without_user_names_is_refused_whole_and_at_once() -> None:
    with pytest.raises(InvalidInput) as refusal:
        read_learners(["user_id,name"])
    assert refusal.value.message == (
        "Unknown: 'name'. Missing: username. The columns are: user_id, username; and if wanted: "
        "full_name, email, external_user_key, course_key, mode, cohort, active, role."
    )


def test_a_line_may_say_what_somebody_is_beside_a_learner() -> None:
    row = _one("user_id,username,course_key,role", "7,amara,course-v1:X+Y+Z,beta_testers")

    assert row == LearnerRow(
        2, LearnerId(7), "amara", course_key=CourseKey("course-v1:X+Y+Z"), role="beta_testers"
    )
    assert _one("user_id,username,role", "7,amara,") == LearnerRow(2, LearnerId(7), "amara")


@pytest.mark.parametrize("role", ["Staff", "course staff", "staff;", "1st", "_", "x" * 65])
def test_what_is_no_role_is_refused(role: str) -> None:
    assert _one("user_id,username,role", f"7,amara,{role}") == RefusedLine(
        2,
        f"{role!r} is no role in a course; Open edX has staff, instructor, beta_testers and "
        "others.",
        code="INVALID_INPUT",
    )

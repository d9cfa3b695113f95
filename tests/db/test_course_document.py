from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from db.course_document import structure_from_text, structure_to_text
from grading import (
    Algorithm,
    CourseStructure,
    Problem,
    Section,
    Selection,
    ShowCorrectness,
    Subsection,
    content_version,
)
from tests.grading.courses import COURSE, block, policy, structure_of, subsection, subsection_key

EXAM = Subsection(
    usage_key=subsection_key("exam"),
    display_name='Prüfung "I" \u2028 <&> 😀',
    format="Final Exam",
    graded=True,
    due=datetime(2026, 6, 1, 23, 59, 59, 999_999, tzinfo=UTC),
    show_correctness=ShowCorrectness.NEVER_BUT_INCLUDE_GRADE,
    problems=(
        Problem(block("problem", "a"), "A", weight=0.1 + 0.2, max_score=5e-324, graded=False),
        Problem(block("problem", "b"), None, weight=None, max_score=None, graded=True),
        Problem(block("problem", "c"), "", weight=1e12, max_score=1.7976931348623157e308),
    ),
    selections=(
        Selection(
            block("library_content", "pool"),
            1,
            ((block("problem", "a"),), (block("problem", "b"), block("problem", "c"))),
        ),
        Selection(block("split_test", "empty"), 0, ()),
    ),
)
STRUCTURE = CourseStructure(
    COURSE,
    "Kurs",
    datetime(2026, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, tzinfo=UTC),
    (
        Section(block("chapter", "one"), None, (EXAM, subsection("hw", "", graded=False))),
        Section(block("chapter", "two"), "", ()),
    ),
)


def test_a_structure_is_read_back_as_it_was_written() -> None:
    assert structure_from_text(structure_to_text(STRUCTURE)) == STRUCTURE


def test_what_is_read_back_has_the_same_version() -> None:
    grading_policy = policy()
    read = structure_from_text(structure_to_text(STRUCTURE))

    assert content_version(read, grading_policy, Algorithm.EDX_2024) == content_version(
        STRUCTURE, grading_policy, Algorithm.EDX_2024
    )


def test_times_are_read_back_in_utc() -> None:
    noon_in_karachi = datetime(2026, 6, 1, 12, tzinfo=timezone(timedelta(hours=5)))
    written = structure_of([replace(subsection("hw", "HW"), due=noon_in_karachi)])

    (read,) = structure_from_text(structure_to_text(written)).subsections()

    assert repr(read.due) == repr(datetime(2026, 6, 1, 7, tzinfo=UTC))

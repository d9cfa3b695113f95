"""Which types of a policy are called otherwise in other content."""

from collections.abc import Sequence

from grading import CourseContent, RenamedType, Subsection, renamed_types
from tests.grading.courses import assignment_type, content_of, policy, subsection

HOMEWORK = assignment_type("Homework", 0.4, min_count=2, drop_count=1)
EXAM = assignment_type("Exam", 0.6)
PARTS = [subsection("hw1", "Homework"), subsection("hw2", "Homework"), subsection("end", "Exam")]


def content(*types: dict[str, object], parts: Sequence[Subsection] = PARTS) -> CourseContent:
    return content_of(parts, policy(*types))


BEFORE = content(HOMEWORK, EXAM)


def test_the_same_types_are_called_as_they_were() -> None:
    heavier = content(HOMEWORK | {"weight": 0.5}, EXAM)

    assert renamed_types(BEFORE, BEFORE) == ()
    assert renamed_types(BEFORE, heavier) == ()


def test_a_row_with_the_same_figures_is_the_same() -> None:
    after = content(HOMEWORK | {"type": "Assignment"}, EXAM)

    assert renamed_types(BEFORE, after) == (RenamedType("Homework", "Assignment", 2),)


def test_a_row_with_the_same_label_is_the_same() -> None:
    before = content(HOMEWORK | {"short_label": "HW"}, EXAM)
    after = content(EXAM, {**HOMEWORK, "type": "Task", "short_label": "HW", "weight": 0.1})

    assert renamed_types(before, after) == (RenamedType("Homework", "Task", 2),)


def test_a_row_whose_subsections_went_with_it_is_the_same_and_leaves_nothing_behind() -> None:
    moved = [subsection("hw1", "Task"), subsection("hw2", "Task"), subsection("end", "Exam")]
    after = content(assignment_type("Task", 0.1), EXAM, parts=moved)

    assert renamed_types(BEFORE, after) == (RenamedType("Homework", "Task", 0),)


def test_where_the_subsections_went_counts_more_than_the_figures() -> None:
    moved = [subsection("hw1", "Other"), subsection("hw2", "Homework"), subsection("end", "Exam")]
    after = content(HOMEWORK | {"type": "Alike"}, assignment_type("Other", 0.1), EXAM, parts=moved)

    assert renamed_types(BEFORE, after) == (RenamedType("Homework", "Other", 1),)


def test_several_rows_are_told_in_the_former_order() -> None:
    after = content(EXAM | {"type": "Final"}, HOMEWORK | {"type": "Task"})

    assert renamed_types(BEFORE, after) == (
        RenamedType("Homework", "Task", 2),
        RenamedType("Exam", "Final", 1),
    )


def test_two_rows_never_become_one() -> None:
    twins = content(EXAM, EXAM | {"type": "Resit"})
    after = content(EXAM | {"type": "Final"})

    assert renamed_types(twins, after) == (RenamedType("Exam", "Final", 1),)


def test_a_type_that_is_gone_or_new_is_not_renamed() -> None:
    assert renamed_types(BEFORE, content(EXAM)) == ()
    assert renamed_types(content(EXAM), BEFORE) == ()
    assert renamed_types(BEFORE, content(assignment_type("Quiz", 0.1), EXAM)) == ()

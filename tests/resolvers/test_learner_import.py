"""Importing learners: what is stored, what is refused, what a second time changes."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from db.course_roles import CourseRole, course_roles
from db.courses import StoredCourse
from db.enrollments import Enrollment, enrollments
from db.learners import Learner, learners_by_id, save_learners
from formats.csv_rows import RefusedLine
from formats.learners_csv import LearnerRow
from grading import CourseKey, CourseNotFound, Forbidden, LearnerId
from resolvers.access import Viewer
from resolvers.learner_import import LearnersImported, import_learners
from tests.factories import COURSE, NOW, content_of, context_of, publish_content
from tests.resolvers.stored_rows import counts, stored_rows

OTHER = CourseKey("course-v1:edX+Other+2024")
LATER = NOW + timedelta(days=1)


def _row(line: int, number: int, username: str, **more: Any) -> LearnerRow:  # noqa: ANN401
    return LearnerRow(line, LearnerId(number), username, **{"course_key": COURSE, **more})


ADA = _row(2, 1, "ada", full_name="Ada A.", email="ada@example.org", external_user_key="S-1")
BEA = _row(3, 2, "bea", mode="audit", cohort="North", active=False)


@pytest.fixture
async def course(database: str) -> StoredCourse:
    """The course that the rows are of."""
    return await publish_content()


async def _import(
    rows: Sequence[LearnerRow | RefusedLine],
    **options: Any,  # noqa: ANN401
) -> LearnersImported:
    return await import_learners(context_of(), rows, **options)


async def test_learners_and_their_enrollments_are_stored(course: StoredCourse) -> None:
    imported = await _import([ADA, BEA])

    assert imported == LearnersImported(stored=True, lines=2, learners_added=2, enrollments_added=2)
    assert await learners_by_id([LearnerId(1), LearnerId(2)]) == {
        1: Learner(LearnerId(1), "ada", "Ada A.", "ada@example.org", "S-1"),
        2: Learner(LearnerId(2), "bea"),
    }
    assert await enrollments([course.id], [LearnerId(1), LearnerId(2)]) == {
        (course.id, 1): Enrollment(course.id, LearnerId(1)),
        (course.id, 2): Enrollment(course.id, LearnerId(2), False, "audit", "North"),
    }


async def test_one_learner_may_be_in_several_courses_and_in_none(course: StoredCourse) -> None:
    other = await publish_content(content_of(course_key=OTHER))

    imported = await _import(
        [ADA, _row(3, 1, "ada", course_key=OTHER), _row(4, 2, "bea", course_key=None)]
    )

    assert imported == LearnersImported(
        stored=True, lines=3, learners_added=2, enrollments_added=2, lines_without_course=1
    )
    assert set(await enrollments([course.id, other.id], [LearnerId(1), LearnerId(2)])) == {
        (course.id, 1),
        (other.id, 1),
    }


async def test_lines_without_a_course_are_of_the_default_course(course: StoredCourse) -> None:
    imported = await _import([_row(2, 1, "ada", course_key=None)], default_course=COURSE)

    assert (imported.enrollments_added, imported.lines_without_course) == (1, 0)


async def test_an_unknown_default_course_is_refused_and_nothing_is_stored(
    course: StoredCourse,
) -> None:
    before = await stored_rows()

    with pytest.raises(CourseNotFound, match=f"^There is no course {OTHER.replace('+', '.')}, or"):
        await _import([ADA], default_course=OTHER)

    assert await stored_rows() == before


async def test_the_same_file_again_changes_nothing(course: StoredCourse) -> None:
    await _import([ADA, BEA])
    before = await stored_rows()

    again = await import_learners(context_of(now=LATER), [ADA, BEA])

    assert again == LearnersImported(stored=True, lines=2)
    assert await stored_rows() == before


async def test_what_a_line_leaves_empty_stays_as_it_is_stored(course: StoredCourse) -> None:
    await _import([ADA, BEA])
    before = await stored_rows()

    again = await import_learners(
        context_of(now=LATER),
        [_row(2, 1, "ada", email="a@example.org"), _row(3, 2, "bea", cohort="South")],
    )

    assert again == LearnersImported(
        stored=True, lines=2, learners_updated=1, enrollments_updated=1
    )
    assert (await learners_by_id([LearnerId(1)]))[LearnerId(1)] == Learner(
        LearnerId(1), "ada", "Ada A.", "a@example.org", "S-1"
    )
    found = await enrollments([course.id], [LearnerId(2)])
    assert found[course.id, LearnerId(2)] == Enrollment(
        course.id, LearnerId(2), True, "audit", "South"
    )
    assert (await stored_rows())["learner"][1] == before["learner"][1]


REFUSED = [
    pytest.param(
        RefusedLine(4, "username is empty.", "INVALID_INPUT"),
        "INVALID_INPUT",
        "username is empty.",
        id="not a row",
    ),
    pytest.param(
        _row(4, 3, "cyd", course_key=OTHER),
        "COURSE_NOT_FOUND",
        f"There is no course {OTHER}.",
        id="unknown course",
    ),
    pytest.param(
        _row(4, 1, "ada"),
        "DUPLICATE_ITEM",
        "Line 2 is of the same learner and course.",
        id="duplicate line",
    ),
    pytest.param(
        _row(4, 1, "ida", course_key=None),
        "DUPLICATE_ITEM",
        "An earlier line has 'ada' as username of learner 1, not 'ida'.",
        id="two names for one learner",
    ),
    pytest.param(
        _row(4, 3, "bea"),
        "DUPLICATE_ITEM",
        "username 'bea' is that of learner 2.",
        id="username of another line",
    ),
    pytest.param(
        _row(4, 3, "cyd", external_user_key="S-1"),
        "DUPLICATE_ITEM",
        "external_user_key 'S-1' is that of learner 1.",
        id="external key of another line",
    ),
    pytest.param(
        _row(4, 3, "dan"),
        "DUPLICATE_ITEM",
        "username 'dan' is that of learner 9.",
        id="username of a stored learner",
    ),
    pytest.param(
        _row(4, 3, "cyd", external_user_key="S-9"),
        "DUPLICATE_ITEM",
        "external_user_key 'S-9' is that of learner 9.",
        id="external key of a stored learner",
    ),
]


@pytest.mark.parametrize(("bad", "code", "reason"), REFUSED)
async def test_one_refused_line_keeps_the_whole_file_out(
    course: StoredCourse, bad: LearnerRow | RefusedLine, code: str, reason: str
) -> None:
    await save_learners([Learner(LearnerId(9), "dan", external_user_key="S-9")], now=NOW)
    before = await stored_rows()

    imported = await _import([ADA, BEA, bad, _row(5, 4, "eve")])

    assert imported == LearnersImported(
        stored=False, lines=4, refused=(RefusedLine(4, reason, code),)
    )
    assert await stored_rows() == before


@pytest.mark.parametrize(("bad", "code", "reason"), REFUSED)
async def test_with_keep_going_all_other_lines_are_stored(
    course: StoredCourse, bad: LearnerRow | RefusedLine, code: str, reason: str
) -> None:
    await save_learners([Learner(LearnerId(9), "dan", external_user_key="S-9")], now=NOW)

    imported = await _import([ADA, BEA, bad, _row(5, 4, "eve")], keep_going=True)

    assert imported == LearnersImported(
        stored=True,
        lines=4,
        refused=(RefusedLine(4, reason, code),),
        learners_added=3,
        enrollments_added=3,
    )
    found = await learners_by_id(LearnerId(number) for number in range(1, 10))
    assert {one.id: one.username for one in found.values()} == {
        1: "ada",
        2: "bea",
        4: "eve",
        9: "dan",
    }


async def test_a_name_given_up_in_a_file_is_free_for_others_in_the_next(
    course: StoredCourse,
) -> None:
    await _import([ADA])
    rows = [_row(2, 1, "countess"), _row(3, 2, "ada")]

    first = await _import(rows, keep_going=True)
    second = await _import(rows)

    assert first.refused == (
        RefusedLine(3, "username 'ada' is that of learner 1.", "DUPLICATE_ITEM"),
    )
    assert (first.learners_updated, second.learners_added, second.refused) == (1, 1, ())


async def test_a_claim_of_a_refused_line_stops_nobody(course: StoredCourse) -> None:
    imported = await _import(
        [_row(2, 1, "ada", course_key=OTHER), _row(3, 2, "ada")], keep_going=True
    )

    assert [line.line for line in imported.refused] == [2]
    assert (await learners_by_id([LearnerId(2)]))[LearnerId(2)].username == "ada"


async def test_lines_of_different_batches_are_checked_against_each_other(
    course: StoredCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resolvers.learner_import.BATCH", 1)
    shown: list[int] = []

    imported = await _import(
        [ADA, BEA, _row(4, 3, "bea"), _row(5, 1, "ada")],
        keep_going=True,
        progress=lambda done, _: shown.append(done),
    )

    assert [line.line for line in imported.refused] == [4, 5]
    assert (imported.learners_added, imported.enrollments_added) == (2, 2)
    assert shown == [1, 2, 3, 4]


async def test_the_statements_do_not_grow_with_the_lines(
    course: StoredCourse, statements: list[str]
) -> None:
    counted = []
    for start, size in ((1, 2), (11, 50)):
        rows = [
            _row(
                2 + number,
                start + number,
                f"l-{start + number}",
                external_user_key=f"S-{start + number}",
            )
            for number in range(size)
        ]
        statements.clear()
        await _import(rows)
        counted.append(len(statements))

    assert counted[0] == counted[1] > 0


async def test_who_may_not_change_grades_imports_nothing(course: StoredCourse) -> None:
    with pytest.raises(Forbidden):
        await import_learners(context_of(Viewer("ann", global_staff=False)), [ADA])

    assert (await counts())["learner"] == 0


async def test_roles_are_given_once_and_stay(course: StoredCourse) -> None:
    staff = _row(2, 1, "ada", role="staff")
    tester = _row(2, 1, "ada", role="beta_testers")

    first = await _import([staff, BEA])
    again = await _import([staff])
    another = await _import([tester])
    silent = await _import([_row(2, 1, "ada")])

    assert [one.roles_added for one in (first, again, another, silent)] == [1, 0, 1, 0]
    assert await course_roles([course.id], [LearnerId(1), LearnerId(2)]) == {
        CourseRole(course.id, LearnerId(1), "staff"),
        CourseRole(course.id, LearnerId(1), "beta_testers"),
    }


async def test_a_role_without_a_course_is_refused(course: StoredCourse) -> None:
    before = await stored_rows()

    imported = await _import([ADA, _row(3, 2, "bea", course_key=None, role="staff")])

    assert imported == LearnersImported(
        stored=False,
        lines=2,
        refused=(
            RefusedLine(3, "A role needs a course_key: it is one in a course.", "INVALID_INPUT"),
        ),
    )
    assert await stored_rows() == before
    assert await course_roles([course.id], [LearnerId(1), LearnerId(2)]) == set()

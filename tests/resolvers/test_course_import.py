"""Publishing a course: who is regraded, and when nobody is."""

from dataclasses import replace
from datetime import timedelta

import pytest

from db.course_grades import course_grades
from grading import CourseContent, EffectOnGrades, Forbidden, LearnerId, PreviewedGrade, RenamedType
from resolvers.access import Viewer
from resolvers.course_import import Foreseen, foresee_course, publish_course
from tests.factories import (
    NOW,
    content_of,
    context_of,
    enroll,
    publish_content,
    record,
    subsection,
    toy_policy,
)
from tests.grading.courses import assignment_type
from tests.invariants import broken_rules
from tests.resolvers.stored_rows import counts, stored_rows

ADA, BEA = LearnerId(1), LearnerId(2)
LATER = NOW + timedelta(days=1)


def _with_weights(homework: float, exam: float) -> CourseContent:
    types = [assignment_type("Homework", homework), assignment_type("Exam", exam)]
    return content_of(grading_policy=toy_policy(types=types))


async def test_a_new_course_is_published_and_nobody_is_regraded(database: str) -> None:
    published = await publish_course(context_of(), content_of())

    assert (published.changed, published.frozen) == (True, False)
    assert (published.regraded, published.failures) == (0, ())
    assert published.course.content == content_of()
    assert (await counts())["course_version"] == 1


async def test_the_same_content_again_is_no_news(database: str) -> None:
    first = await publish_course(context_of(), content_of())
    await enroll(first.course)
    await record(first.course, ADA, {"hw1_1": 1.0})
    before = await stored_rows()

    again = await publish_course(context_of(now=LATER), content_of())

    assert (again.changed, again.regraded, again.course.id) == (False, 0, first.course.id)
    assert await stored_rows() == before


async def test_new_content_regrades_exactly_the_learners_with_stored_grades(database: str) -> None:
    course = await publish_content()
    await enroll(course, 3)
    await record(course, ADA, {"hw1_1": 1.0, "exam_1": 1.0})
    await record(course, BEA, {"exam_1": 1.0})
    shown: list[tuple[int, int | None]] = []

    published = await publish_course(
        context_of(now=LATER),
        _with_weights(0.8, 0.2),
        progress=lambda done, total: shown.append((done, total)),
    )

    assert (published.changed, published.regraded, published.failures) == (True, 2, ())
    assert shown == [(2, 2)]
    grades = await course_grades([course.id], [ADA, BEA, LearnerId(3)])
    assert {
        learner_id: (grade.percent, grade.version, grade.last_updated, grade.course_version)
        for (_, learner_id), grade in grades.items()
    } == {
        ADA: (0.4, 2, LATER, published.course.content.version),
        BEA: (0.2, 2, LATER, published.course.content.version),
    }
    assert await broken_rules() == []


async def test_a_regrade_after_a_publish_counts_the_problems_of_the_new_content(
    database: str,
) -> None:
    course = await publish_content(content_of([subsection("hw1", "Homework", problems=1)]))
    await enroll(course)
    await record(course, ADA, {"hw1_1": 1.0})

    await publish_course(
        context_of(now=LATER), content_of([subsection("hw1", "Homework", problems=2)])
    )

    grade = (await course_grades([course.id], [ADA]))[course.id, ADA]
    assert (grade.percent, grade.version) == (0.2, 2)
    assert await broken_rules() == []


async def test_a_publish_goes_on_when_one_learner_cannot_be_graded(database: str) -> None:
    exam_as_practice = [subsection("hw1", "Homework"), subsection("exam", "Exam", graded=False)]
    course = await publish_content(content_of(exam_as_practice))
    await enroll(course, 2)
    await record(course, ADA, {"exam_1": 1e12}, possible=1e-287)
    await record(course, BEA, {"exam_1": 0.5})
    heavy = toy_policy(types=[assignment_type("Exam", 1e6)])

    published = await publish_course(context_of(now=LATER), content_of(grading_policy=heavy))

    assert published.regraded == 1
    (failure,) = published.failures
    assert (failure.learner_id, failure.code) == (
        ADA,
        "COMPUTATION_FAILED",
    )
    grades = await course_grades([course.id], [ADA, BEA])
    assert grades[course.id, ADA].course_version == course.content.version
    assert grades[course.id, BEA].course_version == published.course.content.version


async def test_frozen_grades_stay_as_they_are_under_new_content(database: str) -> None:
    course = await publish_content()
    await enroll(course)
    await record(course, ADA, {"exam_1": 1.0})
    before = await stored_rows()
    content = _with_weights(0.8, 0.2)
    ended = replace(content, structure=replace(content.structure, end=NOW))

    published = await publish_course(
        context_of(now=NOW + timedelta(days=31), freeze_after=timedelta(days=30)), ended
    )

    assert (published.changed, published.frozen, published.regraded) == (True, True, 0)
    after = await stored_rows()
    assert len(after["course_version"]) == 2
    for table in ("course_grade", "subsection_grade", "problem_score"):
        assert after[table] == before[table]


async def test_who_may_not_change_grades_publishes_nothing(database: str) -> None:
    with pytest.raises(Forbidden, match=r"^This is for the staff of the whole platform.$"):
        await publish_course(context_of(Viewer("ann", global_staff=False)), content_of())

    assert not any((await counts()).values())


async def test_publishing_is_foreseen_exactly_and_nothing_is_stored(database: str) -> None:
    course = await publish_content()
    await enroll(course, 4)
    await record(course, ADA, {"hw1_1": 1.0, "exam_1": 1.0})
    await record(course, BEA, {"exam_1": 1.0})
    await record(course, LearnerId(3), {"hw2_1": 0.0})
    # Homework counts more, and its second half is gone.
    content = _with_weights(0.8, 0.2)
    fewer = content_of(
        [subsection("hw1", "Homework", problems=2), subsection("exam", "Exam")],
        grading_policy=content.policy,
    )
    before = await stored_rows()
    told: list[PreviewedGrade] = []
    shown: list[tuple[int, int | None]] = []

    foreseen = await foresee_course(
        context_of(now=LATER),
        fewer,
        tell=told.extend,
        progress=lambda done, total: shown.append((done, total)),
    )

    assert await stored_rows() == before
    assert (foreseen.changed, foreseen.frozen, foreseen.renamed) == (True, False, ())
    assert foreseen.effect is not None
    assert foreseen.effect.counts == EffectOnGrades(learners=3, percents=2, letters=2, passes=1)
    assert foreseen.effect.failed == 0
    assert shown == [(3, None)]
    assert list(foreseen.effect.shown) == told
    assert [(one.before.learner_id, one.before.percent, one.after.percent) for one in told] == [
        (ADA, 0.7, 0.6),
        (BEA, 0.6, 0.2),
    ]

    await publish_course(context_of(now=LATER), fewer)

    grades = await course_grades([course.id], [ADA, BEA])
    assert [grades[course.id, one.after.learner_id] for one in told] == [one.after for one in told]


async def test_renamed_types_are_foreseen_and_told_of(database: str) -> None:
    course = await publish_content()
    await enroll(course)
    await record(course, ADA, {"exam_1": 1.0})
    types = [assignment_type("Homework", 0.4), assignment_type("Final", 0.6)]
    content = content_of(grading_policy=toy_policy(types=types))
    renamed = (RenamedType("Exam", "Final", 1),)

    foreseen = await foresee_course(context_of(now=LATER), content)
    published = await publish_course(context_of(now=LATER), content)

    assert foreseen.effect is not None
    assert (foreseen.renamed, foreseen.effect.counts.letters) == (renamed, 1)
    assert published.renamed == renamed


async def test_nothing_is_foreseen_where_nobody_would_be_regraded(database: str) -> None:
    content = _with_weights(0.8, 0.2)
    assert await foresee_course(context_of(), content) == Foreseen(changed=True)
    course = await publish_content()
    await enroll(course)
    await record(course, ADA, {"exam_1": 1.0})
    ended = replace(content, structure=replace(content.structure, end=NOW), version="ended")
    frozen = context_of(now=NOW + timedelta(days=31), freeze_after=timedelta(days=30))

    assert await foresee_course(context_of(), content_of()) == Foreseen(changed=False)
    assert await foresee_course(frozen, ended) == Foreseen(changed=True, frozen=True)
    with pytest.raises(Forbidden):
        await foresee_course(context_of(Viewer("ann", global_staff=False)), content)

from datetime import timedelta

import pytest

from db.course_grades import course_grades
from db.courses import StoredCourse
from db.errors import IntegrityError
from db.event_log import Origin, events_after
from db.event_log_state import Place
from db.learner_records import read_records, save_records
from db.problem_scores import NewScore, recorded_scores
from db.subsection_grades import subsection_grades
from db.transaction import grade_transaction
from grading import Cause, LearnerId, LearnerRecord, RecordedScore, regrade
from tests.factories import COURSE, NOW, enroll, problem_key, publish_content, record

ORIGIN = Origin(Cause.SCORE_RECORDED, "somebody", "together")
ONE, TWO, NEW = LearnerId(1), LearnerId(2), LearnerId(3)


@pytest.fixture
async def course(database: str) -> StoredCourse:
    course = await publish_content()
    await enroll(course, 3)
    await record(course, ONE, {"exam_1": 0.5, "hw1_1": 1})
    await record(course, TWO, {"exam_1": 1})
    return course


def scored(learner_id: LearnerId, earned: float) -> NewScore:
    score = RecordedScore(earned, 1.0, NOW + timedelta(days=1), NOW)
    return NewScore(learner_id, problem_key("exam_1"), score, "a remark")


@pytest.mark.parametrize("learner_ids", [[ONE], [ONE, TWO, NEW]])
async def test_records_are_what_is_stored_apart_and_come_in_one_statement(
    course: StoredCourse, learner_ids: list[LearnerId], statements: list[str]
) -> None:
    grades = await course_grades([course.id], learner_ids)
    subsections = await subsection_grades([course], learner_ids)
    scores = await recorded_scores([course], learner_ids)
    statements.clear()

    found = await read_records(course.id, learner_ids)

    assert len(statements) == 1
    assert found.course.key == COURSE
    assert found.learners == {
        learner_id: LearnerRecord(
            grades.get((course.id, learner_id)),
            subsections.get((course.id, learner_id), {}),
            scores.get((course.id, learner_id), {}),
        )
        for learner_id in learner_ids
    }


async def test_records_are_read_and_replaced_in_a_statement_each(
    course: StoredCourse, engine: str, statements: list[str]
) -> None:
    statements.clear()
    async with grade_transaction(course.id, [ONE, NEW]):
        stored = await read_records(course.id, [ONE, NEW])
        new = [scored(ONE, 1.0), scored(NEW, 0.25)]
        regraded = {
            one.learner_id: regrade(
                course.content,
                one.learner_id,
                LearnerRecord(
                    stored.learners[one.learner_id].course_grade,
                    stored.learners[one.learner_id].subsection_grades,
                    {**stored.learners[one.learner_id].scores, one.usage_key: one.score},
                ),
                recompute=[
                    each.usage_key for each in course.content.subsections_of_problem[one.usage_key]
                ],
                now=NOW,
            )
            for one in new
        }
        await save_records(course, new, regraded, ORIGIN, now=NOW)
    assert len(statements) == (3 if engine == "postgres" else 2)

    after = (await read_records(course.id, [ONE, NEW])).learners
    events = [one for one in await events_after(Place(0, 0), limit=50) if one.origin == ORIGIN]

    assert [after[one.learner_id].scores[one.usage_key] for one in new] == [
        one.score for one in new
    ]
    assert {key: one.course_grade for key, one in after.items()} == {
        key: one.course_grade for key, one in regraded.items()
    }
    assert [one.change for one in events] == [
        change for one in regraded.values() for change in one.changes
    ]


async def test_where_one_row_cannot_be_stored_none_is(course: StoredCourse) -> None:
    stranger = NewScore(LearnerId(99), problem_key("exam_1"), scored(ONE, 1.0).score)

    async def save() -> None:
        async with grade_transaction(course.id, [ONE]):
            await save_records(course, [scored(ONE, 1.0), stranger], {}, ORIGIN, now=NOW)

    before = await read_records(course.id, [ONE])
    with pytest.raises(IntegrityError):
        await save()
    assert (await read_records(course.id, [ONE])).learners == before.learners

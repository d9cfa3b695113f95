"""What must hold in every database, whoever wrote to it, and however that ended."""

from collections.abc import AsyncIterator, Iterator
from typing import Final

from db.course_grades import course_grades
from db.courses import StoredCourse, present_courses_by_id, versions_by_name
from db.problem_scores import recorded_scores
from db.sql import fetch
from db.subsection_grades import subsection_grades
from grading import Algorithm, CourseGrade, LearnerId, LearnerRecord, compute, percent

_STRANGERS = {
    f"{table} with {what} of another course": (
        f"select count(*) from {table} t join {other} o on o.id = t.{column}"
        " where o.course_id <> t.course_id"
    )
    for table, what, other, column in (
        ("problem_score", "a block", "block", "block_id"),
        ("subsection_grade", "a block", "block", "block_id"),
        ("subsection_grade", "a version", "course_version", "course_version_id"),
        ("override_entry", "a block", "block", "block_id"),
        ("course_grade", "a version", "course_version", "course_version_id"),
        ("course_publication", "a version", "course_version", "version_id"),
    )
}


# The override of every subsection grade beside what the history says of it last.
_OVERRIDES: Final = """
select g.course_id, g.learner_id, g.block_id, g.overridden_at, e.action,
  g.override_earned_all, g.override_possible_all, g.override_earned_graded,
  g.override_possible_graded, g.override_system, g.override_reason, g.overridden_by,
  g.override_updated_at,
  e.earned_all, e.possible_all, e.earned_graded, e.possible_graded, e.system, e.reason, e.actor,
  e.created_at
from subsection_grade g
left join override_entry e on e.id = (
  select max(id) from override_entry o
  where o.course_id = g.course_id and o.learner_id = g.learner_id and o.block_id = g.block_id)
where e.id is not null or g.overridden_at is not null
"""
_ENTRIES_WITHOUT_A_GRADE: Final = """
select count(*) from override_entry e where not exists (
  select 1 from subsection_grade g
  where g.course_id = e.course_id and g.learner_id = e.learner_id and g.block_id = e.block_id)
"""
_PERCENTS: Final = """
select g.course_id, g.learner_id, g.block_id, g.percent_graded, v.algorithm,
  coalesce(g.override_earned_graded, g.earned_graded),
  coalesce(g.override_possible_graded, g.possible_graded)
from subsection_grade g join course_version v on v.id = g.course_version_id
"""


async def _faults_of_overrides() -> AsyncIterator[str]:
    ((count,),) = await fetch(_ENTRIES_WITHOUT_A_GRADE)
    if count:
        yield f"{count} overrides in the history of no grade"
    for course_id, learner_id, block_id, at, action, *said in await fetch(_OVERRIDES):
        place = f"course {course_id}, learner {learner_id}, block {block_id}"
        if (at is None) != (action in {None, "DELETED"}):
            yield f"{place}: the history ends with {action}, overridden at {at}"
        elif at is not None and said[:8] != said[8:]:
            yield f"{place}: overridden by {said[:8]}, the history has {said[8:]}"
        elif at is None and said[:8] != [None] * 8:
            yield f"{place}: parts of an override are left"
    for course_id, learner_id, block_id, stored, algorithm, earned, possible in await fetch(
        _PERCENTS
    ):
        counted = percent(earned, possible, Algorithm(algorithm).subsection_decimals)
        if stored != counted:
            place = f"course {course_id}, learner {learner_id}, block {block_id}"
            yield f"{place}: percent_graded is {stored}, the points make {counted}"


async def broken_rules() -> list[str]:
    """Check all grades of the connected database; return what is wrong, in words.

    Every stored course grade is what its version of the course makes of the stored subsection
    grades. Every subsection grade of the present version, or of the same problems as in it, is
    what the scores make, and every score for the present version's problems is in one. Every
    override is the last of its history, and every stored percent is that of the points that count.
    """
    broken = [fault async for fault in _faults_of_overrides()]
    for rule, sql in _STRANGERS.items():
        ((count,),) = await fetch(sql)
        if count:
            broken.append(f"{count} rows of {rule}")
    ids = [row[0] for row in await fetch("select id from course order by id")]
    present = await present_courses_by_id(ids)
    for course_id in ids:
        broken += await _broken_in(present[course_id])
    return broken


async def _broken_in(present: StoredCourse) -> list[str]:
    rows = await fetch(
        "select learner_id from problem_score where course_id = $1"
        " union select learner_id from subsection_grade where course_id = $1"
        " union select learner_id from course_grade where course_id = $1 order by 1",
        present.id,
    )
    learner_ids = [LearnerId(row[0]) for row in rows]
    grades = await course_grades([present.id], learner_ids)
    versions = {
        course.content.version: course
        for course in await versions_by_name(
            [present.id], {grade.course_version for grade in grades.values()}
        )
    }
    # Read with all versions at hand, so that no block is unknown.
    courses = [present, *versions.values()]
    subsections = await subsection_grades(courses, learner_ids)
    scores = await recorded_scores(courses, learner_ids)
    broken = []
    for learner_id in learner_ids:
        place = (present.id, learner_id)
        record = LearnerRecord(grades.get(place), subsections.get(place, {}), scores.get(place, {}))
        faults = list(_faults_of_parts(present, record))
        if record.course_grade is not None:
            version = versions[record.course_grade.course_version]
            faults += _faults_of_grade(version, record.course_grade, record)
        broken += [f"{present.key}, learner {learner_id}: {fault}" for fault in faults]
    return broken


def _faults_of_grade(
    version: StoredCourse, grade: CourseGrade, record: LearnerRecord
) -> Iterator[str]:
    computation = compute(version.content, record.subsection_grades)
    for name in ("unrounded", "percent", "letter_grade", "passed"):
        stored, computed = getattr(grade, name), getattr(computation, name)
        if stored != computed:
            yield f"{name} is {stored!r}, the subsections make {computed!r}"
    if grade.passed and grade.passed_at is None:
        yield "passed at no time"
    if grade.algorithm != version.content.algorithm:
        yield "another algorithm than its version's"
    if grade.grading_policy_hash != version.content.policy.hash:
        yield "another policy than its version's"


def _faults_of_parts(present: StoredCourse, record: LearnerRecord) -> Iterator[str]:
    content = present.content
    for usage_key, subsection in content.subsections.items():
        stored = record.subsection_grades.get(usage_key)
        computed = content.subsection_grade(subsection, record.scores)
        if stored is None:
            if computed.attempted:
                yield f"{usage_key} has scores and no grade"
        elif stored.visible_blocks_hash == computed.visible_blocks_hash:
            for name in ("computed_all_total", "computed_graded_total"):
                was, now = getattr(stored, name), getattr(computed, name)
                if (was.earned, was.possible) != (now.earned, now.possible):
                    yield f"{usage_key} has {was}, the scores make {now}"
        elif stored.course_version == content.version:
            yield f"{usage_key} counted other problems"
        if stored is not None and stored.attempted and record.course_grade is None:
            yield f"{usage_key} was attempted and there is no course grade"

"""What must hold in every database, whoever wrote to it, and however that ended."""

from collections.abc import Iterator

from db.course_grades import course_grades
from db.courses import StoredCourse, present_courses_by_id, versions_by_name
from db.problem_scores import recorded_scores
from db.sql import fetch
from db.subsection_grades import subsection_grades
from grading import CourseGrade, LearnerId, LearnerRecord, compute

_STRANGERS = {
    f"{table} with {what} of another course": (
        f"select count(*) from {table} t join {other} o on o.id = t.{column}"
        " where o.course_id <> t.course_id"
    )
    for table, what, other, column in (
        ("problem_score", "a block", "block", "block_id"),
        ("subsection_grade", "a block", "block", "block_id"),
        ("subsection_grade", "a version", "course_version", "course_version_id"),
        ("course_grade", "a version", "course_version", "course_version_id"),
        ("course_publication", "a version", "course_version", "version_id"),
    )
}


async def broken_rules() -> list[str]:
    """Check all grades of the connected database; return what is wrong, in words.

    Every stored course grade is what its version of the course makes of the stored subsection
    grades. Every subsection grade of the present version is what the scores make, and every
    score for the present version's problems is in one.
    """
    broken = []
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
        elif stored.course_version == content.version:
            for name in ("computed_all_total", "computed_graded_total"):
                was, now = getattr(stored, name), getattr(computed, name)
                if (was.earned, was.possible) != (now.earned, now.possible):
                    yield f"{usage_key} has {was}, the scores make {now}"
            if stored.visible_blocks_hash != computed.visible_blocks_hash:
                yield f"{usage_key} counted other problems"
        if stored is not None and stored.attempted and record.course_grade is None:
            yield f"{usage_key} was attempted and there is no course grade"

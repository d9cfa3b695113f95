"""The gradebook of a large class: every filter and order, and the statistics."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

from bench.classroom import START, content
from bench.measure import median_ms, row
from db.connection import dialect
from db.course_grades import course_grades_write
from db.courses import StoredCourse, publish
from db.enrollments import Enrollment, save_enrollments
from db.grade_statistics import SelectedSubsection, course_outcomes, subsection_percents
from db.gradebook import GradebookOrder, OrderField, Selected, gradebook_counts, gradebook_page
from db.gradebook_filter import (
    GradebookFilter,
    NamedLearners,
    PercentRange,
    SubsectionFilter,
    SubsectionStatus,
)
from db.learners import Learner, save_learners
from db.sql import execute
from db.subsection_grades import save_overrides, subsection_grades_write
from db.upsert import upsert_rows
from grading import (
    CourseGrade,
    LearnerId,
    PassingStatus,
    SubsectionGrade,
    SubsectionGradeOverride,
    Total,
    UsageKey,
    zero_course_grade,
)

RUNS = 5
COHORTS = ("Blue", "Green")
FIRST_NAMES = ("Ada", "Émile", "Zoë", "Li", "王", "Amara", "Bram", "Noor")


async def measure(learner_count: int, subsection_count: int) -> None:
    """Print the times of the statements behind a page of 50 and behind the figures."""
    course = await _class(learner_count, subsection_count)
    key = next(iter(course.content.subsections))
    filters = {
        "no filter": GradebookFilter(),
        "search, few": GradebookFilter(search="student-0123"),
        "search, nobody": GradebookFilter(search="nobody of this name"),
        "learners by user name": GradebookFilter(
            learners=NamedLearners(usernames=frozenset(f"student-{n:06}" for n in range(100)))
        ),
        "cohort": GradebookFilter(cohort="Blue"),
        "without roles": GradebookFilter(excluded_roles=frozenset({"all"})),
        "course percent": GradebookFilter(course_percent=PercentRange(0.5, 0.6)),
        "subsection percent": GradebookFilter(
            subsection=SubsectionFilter(key, PercentRange(0.5, 0.6))
        ),
        "subsection not attempted": GradebookFilter(
            subsection=SubsectionFilter(key, None, frozenset({SubsectionStatus.NOT_ATTEMPTED}))
        ),
        "letters": GradebookFilter(letter_grades=frozenset({"A"})),
        "failing": GradebookFilter(passing_statuses=frozenset({PassingStatus.FAILING})),
        "with an override": GradebookFilter(has_override=True),
        "without an override": GradebookFilter(has_override=False),
        "updated since": GradebookFilter(updated_since=START + timedelta(days=99)),
    }
    orders = [
        GradebookOrder(field, descending, key if "SUBSECTION" in field else None)
        for field in OrderField
        for descending in (False, True)
    ]
    size = f"{learner_count:,} x {subsection_count}"
    for name, wanted in filters.items():
        selected = [Selected(course, wanted)]
        await _row(f"page: {name}", size, partial(gradebook_page, course, wanted=wanted, limit=51))
        await _row(f"counts: {name}", size, partial(gradebook_counts, selected))
        await _row(f"figures: {name}", size, partial(course_outcomes, selected))
    for order in orders:
        name = f"page by {order.field} {'down' if order.descending else 'up'}"
        read = partial(gradebook_page, course, order=order, limit=51)
        beyond = (await read())[-1].place
        await _row(name, size, read)
        await _row(f"{name}, the next", size, partial(read, beyond=beyond))
    everybody = GradebookFilter()
    parts = [SelectedSubsection(course, everybody, one) for one in course.content.subsections]
    await _row("figures of all subsections", size, partial(subsection_percents, parts))


async def _row(name: str, size: str, work: Callable[[], Awaitable[object]]) -> None:
    row(name, size, f"{await median_ms(work, RUNS):.1f} ms", f"median of {RUNS}")


async def _class(learner_count: int, subsection_count: int) -> StoredCourse:
    chance = random.Random(2026)
    course = await publish(content(subsection_count), now=START)
    ids = [LearnerId(number) for number in range(1, learner_count + 1)]
    await save_learners(
        [
            Learner(
                one,
                f"student-{one:06}",
                f"{chance.choice(FIRST_NAMES)} {one}",
                f"{one}@example.org",
            )
            for one in ids
        ],
        now=START,
    )
    await save_enrollments(
        [
            Enrollment(
                course.id, one, chance.random() < 0.9, "verified", chance.choice(("Blue", "Green"))
            )
            for one in ids
        ],
        now=START,
    )
    graded = [one for one in ids if chance.random() < 0.8]
    for begin in range(0, len(graded), 5_000):
        some = graded[begin : begin + 5_000]
        await upsert_rows(
            *course_grades_write(course, [_course_grade(course, one, chance) for one in some])
        )
        grades = [
            (one, _subsection_grade(key, chance))
            for one in some
            for key in course.content.subsections
            if chance.random() < 0.8
        ]
        await upsert_rows(*subsection_grades_write(course, grades))
        await save_overrides(course, [each for each in grades if each[1].override is not None])
    if dialect() == "postgres":  # which would do so by itself, by and by
        await execute("analyze")
    return course


def _course_grade(
    course: StoredCourse, learner_id: LearnerId, chance: random.Random
) -> CourseGrade:
    percent = chance.randrange(101) / 100
    policy = course.content.policy
    passed = policy.passes(percent)
    return replace(
        zero_course_grade(course.content, learner_id),
        percent=percent,
        unrounded=percent,
        letter_grade=policy.letter_grade(percent),
        passed=passed,
        passed_at=START if passed else None,
        version=1,
        last_updated=START + timedelta(hours=chance.randrange(2400)),
    )


def _subsection_grade(usage_key: UsageKey, chance: random.Random) -> SubsectionGrade:
    total = Total(float(chance.randrange(101)), 100.0, START)
    override = SubsectionGradeOverride(earned_graded=5.0, created_at=START, updated_at=START)
    return SubsectionGrade(
        usage_key,
        total,
        total,
        override if chance.random() < 0.002 else None,
        version=1,
        last_updated=START,
    )

"""Statistics of classes, against numpy and exact fractions over the grades themselves."""

import asyncio
import random
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from statistics import pstdev

import numpy as np
import pytest

from db.course_grades import course_grades
from db.enrollments import enrolled_ids
from db.subsection_grades import subsection_grades
from grading import GradeStatistics, GradingPolicy, LearnerId
from resolvers.courses import StoredCourse
from resolvers.grade_statistics import read_course_statistics, read_subsection_statistics
from resolvers.gradebook_filter import GradebookFilter
from tests.db.gradebook_class import SUBSECTIONS, lets_through, random_class, random_filter
from tests.factories import context_of, enroll, publish_content, record
from tests.oulad import import_oulad
from tests.shared_material import OULAD, OULAD_SLICE, requires_shared

WITHDRAWN_TOO = GradebookFilter(include_inactive=True)


def check(found: GradeStatistics, percents: Sequence[float], policy: GradingPolicy) -> None:
    """Compare every figure with what plain Python and numpy make of the grades."""
    assert found.attempted_count == len(percents)
    if not percents:
        assert found.mean is None
        return
    exact = sum(map(Fraction, percents), Fraction(0)) / len(percents)
    assert found.mean == float(exact)
    assert found.mean == pytest.approx(float(np.mean(np.array(percents, np.longdouble))), rel=3e-16)
    assert found.standard_deviation == pstdev(percents)
    assert found.median == np.median(percents)
    assert found.lower_quartile == np.quantile(percents, 0.25)
    assert found.upper_quartile == np.quantile(percents, 0.75)
    assert (found.minimum, found.maximum) == (min(percents), max(percents))
    edges = [number / len(found.histogram) for number in range(len(found.histogram) + 1)]
    edges[-1] = max(edges[-1], *percents)
    counts = np.histogram(percents, edges)[0].tolist()
    assert [bucket.count for bucket in found.histogram] == counts
    assert found.passed_count == sum(map(policy.passes, percents))
    letters = [policy.letter_grade(percent) for percent in percents]
    assert found.letter_grades == tuple(
        (letter, letters.count(letter))
        for letter in (*(cutoff.letter_grade for cutoff in policy.cutoffs), None)
    )


async def check_course(course: StoredCourse) -> int:
    """Check the statistics of a course and of all its subsections; return how many learners."""
    context = context_of()
    ids: list[LearnerId] = []
    while page := await enrolled_ids(course.id, after=ids[-1] if ids else None, limit=1_000):
        ids += page
    grades = await course_grades([course.id], ids)
    parts = await subsection_grades([course], ids)
    policy, decimals = course.content.policy, course.content.algorithm.subsection_decimals

    found = await read_course_statistics(context, course, WITHDRAWN_TOO, buckets=20)
    check(found, [grade.percent for grade in grades.values()], policy)
    assert found.learner_count == len(ids)
    for usage_key in course.content.subsections:
        percents = [
            each[usage_key].graded_total.percent(decimals)
            for each in parts.values()
            if usage_key in each and each[usage_key].engaged
        ]
        of_one = await read_subsection_statistics(
            context, course, usage_key, WITHDRAWN_TOO, buckets=7
        )
        check(of_one, percents, policy)
        assert of_one.learner_count == len(ids)
    return len(ids)


@pytest.mark.shared
@requires_shared
async def test_a_real_class_has_the_figures_that_numpy_has(database: str, tmp_path: Path) -> None:
    (course,) = await import_oulad(OULAD_SLICE, tmp_path / "oulad")

    assert await check_course(course) == 383


@pytest.mark.slow
@pytest.mark.shared
@requires_shared
async def test_all_presentations_have_the_figures_that_numpy_has(
    database: str, tmp_path: Path
) -> None:
    courses = await import_oulad(OULAD, tmp_path / "oulad")

    assert len(courses) == 22
    assert sum([await check_course(course) for course in courses]) == 32_593


async def test_who_did_nothing_is_no_zero(database: str) -> None:
    course = await publish_content()
    ids = await enroll(course, 3)
    await record(course, ids[0], {"exam_1": 0})
    await record(course, ids[1], {"exam_1": 1})

    found = await read_course_statistics(context_of(), course)

    assert (found.learner_count, found.attempted_count) == (3, 2)
    assert (found.minimum, found.mean, found.maximum) == (0.0, 0.3, 0.6)


@pytest.mark.parametrize("seed", range(2))
async def test_a_filter_says_whose_figures_these_are(database: str, seed: int) -> None:
    rng = random.Random(seed)
    course = await publish_content()
    members = await random_class(course, 60, rng)
    policy = course.content.policy

    for _ in range(30):
        wanted = random_filter(members, rng)
        them = [one for one in members if lets_through(wanted, one)]
        context = context_of()

        found = await read_course_statistics(context, course, wanted)

        grades = [one.grade for one in them if one.grade is not None]
        assert found.learner_count == len(them)
        assert found.attempted_count == len(grades)
        assert found.passed_count == sum(grade.passed for grade in grades)
        assert dict(found.letter_grades) == {
            letter: sum(grade.letter_grade == letter for grade in grades)
            for letter in ("A", "B", "C", None)
        }
        assert found.median == (np.median([one.percent for one in grades]) if grades else None)
        asked = (
            read_subsection_statistics(context, course, usage_key, wanted)
            for usage_key in SUBSECTIONS
        )
        for usage_key, of_one in zip(SUBSECTIONS, await asyncio.gather(*asked), strict=True):
            percents = [one.percent(usage_key) for one in them]
            assert of_one.learner_count == len(them)
            check(of_one, [percent for percent in percents if percent is not None], policy)

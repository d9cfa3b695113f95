"""The figures of a class: of its course grades, and of its grades in a subsection."""

from db.courses import StoredCourse
from db.grade_statistics import ClassOutcomes, SelectedSubsection, course_outcomes
from db.gradebook import Selected
from db.gradebook_filter import ALL_ACTIVE, GradebookFilter
from grading import GradeStatistics, InvalidInput, Outcome, UsageKey, grade_statistics
from resolvers import access
from resolvers.context import Context
from resolvers.gradebook_filter import checked_filter

MAX_BUCKETS = 100
DEFAULT_BUCKETS = 10


async def read_course_statistics(
    context: Context,
    course: StoredCourse,
    wanted: GradebookFilter = ALL_ACTIVE,
    *,
    buckets: int = DEFAULT_BUCKETS,
) -> GradeStatistics:
    """Describe the stored course grades, with the letters and passes that are stored with them.

    :raises Forbidden: if the viewer may not see everybody's grades: hidden results are in these.
    :raises InvalidInput: if no learner could be what is asked for, or buckets are not 1 to 100.
    :raises SubsectionNotFound: if the course has no subsection that is asked about.
    """
    access.require_all_grades_reader(context.viewer, course.key)
    selected = Selected(course, checked_filter(context.viewer, course, wanted))
    require_buckets(buckets)
    return _statistics(course, await _outcomes(context, selected), buckets=buckets)


async def read_subsection_statistics(
    context: Context,
    course: StoredCourse,
    usage_key: UsageKey,
    wanted: GradebookFilter = ALL_ACTIVE,
    *,
    buckets: int = DEFAULT_BUCKETS,
) -> GradeStatistics:
    """Describe the stored grades in a subsection of whoever attempted it or has an override.

    Letters and passes are those that the subsection's percent would earn as a course grade.

    :raises Forbidden: if the viewer may not see everybody's grades: hidden results are in these.
    :raises InvalidInput: if no learner could be what is asked for, or buckets are not 1 to 100.
    :raises SubsectionNotFound: if the course has no subsection that is asked about.
    """
    access.require_all_grades_reader(context.viewer, course.key)
    selected = Selected(course, checked_filter(context.viewer, course, wanted))
    require_buckets(buckets)
    learner_count, _ = await _outcomes(context, selected)
    key = SelectedSubsection(*selected, usage_key)
    percents = await context.loaders.subsection_percents.load(key) or {}
    policy = course.content.policy
    outcomes = {
        Outcome(percent, policy.letter_grade(percent), policy.passes(percent)): count
        for percent, count in percents.items()
    }
    return _statistics(course, ClassOutcomes(learner_count, outcomes), buckets=buckets)


async def count_course(course: StoredCourse, wanted: GradebookFilter) -> GradeStatistics:
    """Describe the stored course grades, for whoever is known to be allowed to see them all."""
    selected = Selected(course, wanted)
    counted = (await course_outcomes([selected]))[selected]
    return _statistics(course, counted, buckets=DEFAULT_BUCKETS)


def require_buckets(buckets: int) -> None:
    """Refuse a histogram that nobody could read.

    :raises InvalidInput: if there are not 1 to 100 bars.
    """
    if not 1 <= buckets <= MAX_BUCKETS:
        raise InvalidInput(f"buckets must be 1 to {MAX_BUCKETS}.")


async def _outcomes(context: Context, selected: Selected) -> ClassOutcomes:
    found = await context.loaders.course_outcomes.load(selected)
    return found or ClassOutcomes(0, {})


def _statistics(course: StoredCourse, counted: ClassOutcomes, *, buckets: int) -> GradeStatistics:
    return grade_statistics(
        counted.outcomes,
        learner_count=counted.learner_count,
        letters=[cutoff.letter_grade for cutoff in course.content.policy.cutoffs],
        buckets=buckets,
    )

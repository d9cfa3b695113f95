"""Subsection grades: the problem scores that they add up."""

from grading import ProblemScore, UsageKey, problem_scores
from resolvers import access
from resolvers.breakdown import Breakdown
from resolvers.context import Context
from resolvers.loaders import Enrolled


async def read_problem_scores(
    context: Context, breakdown: Breakdown, usage_key: UsageKey
) -> list[ProblemScore]:
    """Return the scores of the problems that the learner meets, in course order.

    None of them where they are hidden from the viewer.
    """
    course, learner_id = breakdown.course, breakdown.learner_id
    access.require_grades_reader(context.viewer, course.key, learner_id)
    if breakdown.view.conceals(usage_key):
        return []
    recorded = await context.loaders.recorded_scores.load(Enrolled(course, learner_id))
    return problem_scores(course.content.subsections[usage_key], recorded or {})

"""Subsection grades: the problem scores that they add up."""

from db.courses import StoredCourse
from grading import LearnerId, ProblemScore, UsageKey, problem_scores
from resolvers import access
from resolvers.context import Context
from resolvers.loaders import Enrolled


async def read_problem_scores(
    context: Context, course: StoredCourse, learner_id: LearnerId, usage_key: UsageKey
) -> list[ProblemScore]:
    """Return the scores of the problems that the learner meets, in course order."""
    access.require_grades_reader(context.viewer, course.key, learner_id)
    recorded = await context.loaders.recorded_scores.load(Enrolled(course, learner_id))
    return problem_scores(course.content.subsections[usage_key], recorded or {})

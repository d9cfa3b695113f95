"""Reading: one learner's grade, and a page of the gradebook with every subsection."""

from datetime import UTC, datetime

from bench.classroom import COURSE, enroll_class
from bench.measure import median_ms, row
from resolvers.access import Viewer
from resolvers.context import Context
from resolvers.course_grades import iterate
from schema import schema

ONE = """query One($course: CourseKey!, $learner: LearnerRef!) {
  courseGrade(courseKey: $course, learner: $learner) {
    id percent displayPercent letterGrade passed lastUpdated
  }
}"""
PARTS = """query Parts($course: CourseKey!, $learner: LearnerRef!) {
  courseGrade(courseKey: $course, learner: $learner) {
    id percent
    assignmentTypeGrades { assignmentType { name } percent weightedPercent dropped { id } }
    subsectionGrades { id percentGraded gradedTotal { earned possible } }
  }
}"""
PAGE = """query Page($course: CourseKey!) {
  course(courseKey: $course) {
    gradebook(first: 50) {
      totalCount
      pageInfo { endCursor hasNextPage }
      nodes {
        id
        learner { username fullName }
        courseGrade {
          percent letterGrade
          subsectionGrades(graded: true) { id percentGraded gradedTotal { earned possible } }
        }
      }
    }
  }
}"""


async def measure(learner_count: int, subsection_count: int) -> None:
    """Print the times of the operations, executed in this process."""
    course = await enroll_class(learner_count, subsection_count)
    context = Context(Viewer("bench", global_staff=True), lambda: datetime.now(UTC))
    async for _ in iterate(context, course, force=True):
        pass
    variables = {"course": COURSE, "learner": {"userId": "7"}}
    for name, document, runs in (
        ("one course grade", ONE, 200),
        ("one course grade with breakdown and all subsections", PARTS, 50),
        ("gradebook page of 50 learners, all subsections", PAGE, 10),
    ):

        async def operation(document: str = document) -> None:
            result = await schema.execute(
                document, variable_values=variables, context_value=context
            )
            if result.errors:
                raise SystemExit(str(result.errors[0]))

        ms = await median_ms(operation, runs)
        row(name, f"{learner_count:,} x {subsection_count}", f"{ms:.1f} ms", f"median of {runs}")

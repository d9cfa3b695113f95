"""Our batch resolvers: for a whole page they give what the ordinary ones give one by one."""

from typing import Final

from schema import schema
from tests.compiled.executors import COMPILED, STOCK, executing_on
from tests.schema.execution import AS_STAFF
from tests.schema.heat import COURSE_KEY, heat_course, sequential

PAGE: Final = """query ($course: CourseKey!, $key: UsageKey!) {
  course(courseKey: $course) {
    gradebook(first: 10) {
      nodes {
        learner { username }
        enrollment { active mode cohort }
        courseGrade {
          id
          learner { username }
          enrollment { active mode cohort }
          visibility
          currentPercent
          assignmentTypeGrades { percent }
          sectionGrades { score { earned } }
          subsectionGrades(graded: true) { id percentGraded }
          subsectionGrade(usageKey: $key) { id percentGraded gradedTotal { earned display } }
        }
      }
    }
  }
}"""


async def test_a_page_in_batches_is_the_page_one_by_one(database: str) -> None:
    await heat_course()
    variables = {"course": COURSE_KEY, "key": sequential("hw1")}

    with executing_on(STOCK):
        expected = await schema.execute(PAGE, variables, AS_STAFF.context())
    with executing_on(COMPILED):
        found = await schema.execute(PAGE, variables, AS_STAFF.context())

    assert expected.errors is None
    assert found.data == expected.data
    assert expected.data is not None
    nodes = expected.data["course"]["gradebook"]["nodes"]
    assert [one["learner"]["username"] for one in nodes] == ["ada", "bea"]
    assert nodes[0]["courseGrade"] != nodes[1]["courseGrade"]

"""Overriding subsection grades through the schema: the mutations, and what they are given."""

from typing import Any, Final

from tests.schema.execution import AS_STAFF, Asking, data
from tests.schema.heat import COURSE_KEY, sequential

GRADES: Final = """
    subsectionGrade {
      version status percentGraded attempted
      gradedTotal { earned possible } allTotal { earned possible }
      computedGradedTotal { earned possible } computedAllTotal { earned possible }
      override {
        earnedGraded possibleGraded earnedAll possibleAll system reason createdAt updatedAt
        overriddenBy { username }
      }
    }
    courseGrade { percent letterGrade passed version persisted }
"""
ERRORS: Final = """
    userErrors {
      __typename code message field
      ... on ScoreOutOfRangeError { minimum maximum }
      ... on GradesFrozenError { frozenSince }
      ... on VersionConflictError {
        currentVersion
        currentCourseGrade { version percent }
        currentSubsectionGrade { version gradedTotal { display } }
      }
    }
"""
EVENTS: Final = """
    events {
      id __typename cause learner { username }
      ... on SubsectionGradeChanged { usageKey before { display } after { display } }
      ... on CourseGradeChanged { before { percent } after { percent } }
      ... on PassingStatusChanged { from to firstTimePassed }
    }
"""
SET: Final = f"""
mutation ($input: OverrideSubsectionGradeInput!) {{
  overrideSubsectionGrade(input: $input) {{ {GRADES} {EVENTS} {ERRORS} }}
}}
"""
REMOVE: Final = f"""
mutation ($input: RemoveSubsectionGradeOverrideInput!) {{
  removeSubsectionGradeOverride(input: $input) {{ {GRADES} {EVENTS} {ERRORS} }}
}}
"""
BULK: Final = f"""
mutation ($input: BulkOverrideSubsectionGradesInput!) {{
  bulkOverrideSubsectionGrades(input: $input) {{
    succeededCount failedCount
    results {{ index success {GRADES} {ERRORS} }}
    {ERRORS}
  }}
}}
"""
HISTORY: Final = """
query ($courseKey: CourseKey!, $learner: LearnerRef!, $usageKey: UsageKey!, $first: Int! = 20,
       $after: String) {
  courseGrade(courseKey: $courseKey, learner: $learner) {
    subsectionGrade(usageKey: $usageKey) {
      override { id }
      overrideHistory(first: $first, after: $after) {
        totalCount
        nodes { action at system reason by { username } before { display } after { display } }
        edges { cursor }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }
  }
}
"""


def target(subsection: str, username: str = "ada", **more: object) -> dict[str, Any]:
    """Name a subsection grade, in the words of the mutations' inputs."""
    return {"learner": {"username": username}, "usageKey": sequential(subsection), **more}


def setting(
    subsection: str, earned: float, username: str = "ada", **more: object
) -> dict[str, Any]:
    """Make the input that sets an override; points by name go with the earned ones."""
    points = {name: more.pop(name) for name in [*more] if name in POINTS}
    return {
        "courseKey": COURSE_KEY,
        **target(subsection, username, **more),
        "values": {"earnedGraded": earned, **points},
    }


POINTS: Final = {"possibleGraded", "earnedAll", "possibleAll"}


def removing(subsection: str, username: str = "ada", **more: object) -> dict[str, Any]:
    """Make the input that removes an override."""
    return {"courseKey": COURSE_KEY, **target(subsection, username, **more)}


async def override(given: dict[str, Any], asking: Asking = AS_STAFF) -> dict[str, Any]:
    """Set an override; return the payload."""
    payload: dict[str, Any] = (await data(SET, asking, input=given))["overrideSubsectionGrade"]
    return payload


async def remove(given: dict[str, Any], asking: Asking = AS_STAFF) -> dict[str, Any]:
    """Remove an override; return the payload."""
    answered = await data(REMOVE, asking, input=given)
    payload: dict[str, Any] = answered["removeSubsectionGradeOverride"]
    return payload


async def bulk(
    items: list[dict[str, Any]], asking: Asking = AS_STAFF, **more: object
) -> dict[str, Any]:
    """Change many overrides; return the payload."""
    given = {"courseKey": COURSE_KEY, "items": items, **more}
    answered = await data(BULK, asking, input=given)
    payload: dict[str, Any] = answered["bulkOverrideSubsectionGrades"]
    return payload


async def history(subsection: str, username: str = "ada", **more: object) -> dict[str, Any]:
    """Return the history of a subsection grade's overrides."""
    answered = await data(
        HISTORY, AS_STAFF, courseKey=COURSE_KEY, **target(subsection, username, **more)
    )
    found: dict[str, Any] = answered["courseGrade"]["subsectionGrade"]["overrideHistory"]
    return found

"""How many objects lists are taken to have where neither the client nor the schema says it."""

from collections.abc import Mapping
from typing import Final

# What gradebooks and histories give when nobody says how many.
PAGE: Final = 20
LIST: Final = 10

# Of lists that have not about as many as LIST, in courses as they are.
ASSUMED: Final[Mapping[str, int]] = {
    "AssignmentType.subsections": 5,
    "AssignmentTypeGrade.dropped": 2,
    "Course.subsections": 20,
    "CourseGrade.assignmentTypeGrades": 5,
    "CourseGrade.subsectionGrades": 20,
    "ExplainedAssignmentType.entries": 5,
    "GradeExplanation.assignmentTypes": 5,
    "GradingPolicy.assignmentTypes": 5,
    "GradingPolicy.gradeCutoffs": 5,
    "GradingPolicy.warnings": 2,
    "Section.subsections": 3,
    "SectionGrade.subsectionGrades": 3,
    "SubsectionGrade.problemScores": 5,
    "UpdateGradePayload.events": 3,
    "UpdateGradesPayload.results": 100,
}
# Come instead of what was asked for.
ERRORS: Final = "userErrors"

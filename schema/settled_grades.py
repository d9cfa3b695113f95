"""What of a grade a revision tells everything of, so that it may be kept as it was written."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from resolvers.grade_states import GradeState, grade_states
from resolvers.loaders import Enrolled
from schema.info import Info

if TYPE_CHECKING:
    from schema.course_grade import CourseGrade
    from schema.gradebook import GradebookEntry

# Not the people, whose names change; not what changes with the clock, as what learners see does;
# not what has a history, and no problem scores, which would have to be read after the revision.
SETTLED: Final = {
    "CourseGrade": frozenset(
        {
            *(
                "id",
                "percent",
                "unroundedPercent",
                "displayPercent",
                "letterGrade",
                "currentPercent",
            ),
            *("passed", "passingStatus", "passedAt", "attempted", "persisted", "lastUpdated"),
            *("version", "algorithm", "gradingPolicyHash", "courseVersion", "staleness"),
            *("assignmentTypeGrades", "sectionGrades", "subsectionGrades", "subsectionGrade"),
        }
    ),
    "AssignmentTypeGrade": frozenset(
        {
            *("assignmentType", "percent", "weightedPercent", "displayWeightedPercent"),
            *("count", "placeholderCount", "dropped"),
        }
    ),
    "SectionGrade": frozenset({"section", "score", "subsectionGrades"}),
    "SubsectionGrade": frozenset(
        {
            *(
                "id",
                "subsection",
                "attempted",
                "firstAttemptedAt",
                "percentGraded",
                "displayPercent",
            ),
            *("dropped", "status", "courseVersion", "lastUpdated", "version", "override"),
            *("gradedTotal", "allTotal", "computedGradedTotal", "computedAllTotal"),
        }
    ),
    "SubsectionGradeOverride": frozenset(
        {
            *(
                "id",
                "earnedGraded",
                "possibleGraded",
                "earnedAll",
                "possibleAll",
                "system",
                "reason",
            ),
            *("createdAt", "updatedAt"),
        }
    ),
    "Score": frozenset({"earned", "possible", "percent", "display"}),
    "AssignmentType": frozenset(
        {
            *("name", "shortLabel", "weight", "minCount", "dropCount", "subsections"),
        }
    ),
    "Section": frozenset({"id", "usageKey", "displayName", "subsections"}),
    "Subsection": frozenset(
        {
            *("id", "usageKey", "displayName", "shortLabel", "graded", "assignmentType", "due"),
            "section",
        }
    ),
}


def marks_of_entries(entries: Sequence["GradebookEntry"], info: Info) -> list[GradeState | None]:
    """Mark the course grades of a gradebook's rows; none that comes with a row."""
    states = grade_states(info.context, [one.enrolled for one in entries], parts_only=False)
    return [
        state if entry.result is None else None
        for entry, state in zip(entries, states, strict=True)
    ]


def marks_of_parts(
    grades: Sequence["CourseGrade"], info: Info, **_arguments: object
) -> list[GradeState | None]:
    """Mark the parts of grades; none of those computed under another version of the course."""
    states = grade_states(
        info.context,
        [Enrolled(one.course.stored, one.value.learner_id) for one in grades],
        parts_only=True,
    )
    return [
        state
        if grade.known_breakdown is None
        and grade.value.course_version == grade.course.stored.content.version
        else None
        for grade, state in zip(grades, states, strict=True)
    ]

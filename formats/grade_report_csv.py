"""The two grade reports of Open edX, of subsections and of problems, in its columns.

What this service does not know, such as certificates, has no column.
"""

from collections.abc import Iterator
from typing import Final

from formats.csv_writing import Cell
from formats.exported_grade import ExportedGrade
from grading import Problem, Subsection
from grading.content import CourseContent
from grading.score import problem_score

NOT_ATTEMPTED: Final = "Not Attempted"
NOT_AVAILABLE: Final = "Not Available"
_STATUS: Final = "Enrollment Status"


def grade_report_header(content: CourseContent) -> list[str]:
    """Return the columns of the grade report."""
    columns = ["Student ID", "Email", "Username", "Grade"]
    for name, subsections in content.graded_subsections_by_type.items():
        if len(subsections) == 1:
            columns.append(name)
        else:
            columns += [_titled(name, at, one) for at, one in enumerate(subsections, start=1)]
            columns.append(f"{name} (Avg)")
    return [*columns, "Cohort Name", "Enrollment Track", _STATUS]


def grade_report_cells(content: CourseContent, learner: ExportedGrade) -> list[Cell]:
    """Return one learner's line of the grade report: percents as fractions of one."""
    decimals = content.algorithm.subsection_decimals
    averages = {
        one.assignment_type.name: one.percent for one in learner.computation.assignment_type_grades
    }
    cells: list[Cell] = [
        learner.learner_id,
        learner.email,
        learner.username,
        learner.course_grade.percent,
    ]
    for name, subsections in content.graded_subsections_by_type.items():
        for subsection in subsections:
            grade = learner.subsection_grade(content, subsection.usage_key)
            attempted = grade.computed_graded_total.first_attempted_at is not None
            counts = attempted or grade.overridden
            cells.append(grade.graded_total.percent(decimals) if counts else NOT_ATTEMPTED)
        if len(subsections) > 1:
            # The average that counts in the grade. Open edX shows another one, without the zeros
            # for what is to come, and moves the line's other cells where a type has none.
            cells.append(averages.get(name))
    return [*cells, learner.cohort, learner.mode, _status(learner)]


def problem_report_header(content: CourseContent) -> list[str]:
    """Return the columns of the problem report."""
    columns = ["Student ID", "Email", "Username", _STATUS, "Grade"]
    for title, problem in _problems(content):
        name = f"{title} - {problem.display_name or problem.usage_key}"
        columns += [f"{name} (Earned)", f"{name} (Possible)"]
    return columns


def problem_report_cells(content: CourseContent, learner: ExportedGrade) -> list[Cell]:
    """Return one learner's line of the problem report: weighted points."""
    cells: list[Cell] = [
        learner.learner_id,
        learner.email,
        learner.username,
        _status(learner),
        learner.course_grade.percent,
    ]
    met = {
        problem.usage_key
        for subsection in content.subsections.values()
        if subsection.graded
        for problem in subsection.problems_for(learner.scores)
    }
    for _, problem in _problems(content):
        score = problem_score(problem, learner.scores.get(problem.usage_key))
        if score is None or problem.usage_key not in met:
            cells += [NOT_AVAILABLE, NOT_AVAILABLE]
        elif score.first_attempted_at is None:
            cells += [NOT_ATTEMPTED, score.possible]
        else:
            cells += [score.earned, score.possible]
    return cells


def _problems(content: CourseContent) -> Iterator[tuple[str, Problem]]:
    for name, subsections in content.graded_subsections_by_type.items():
        for at, subsection in enumerate(subsections, start=1):
            for problem in subsection.problems:
                yield _titled(name, at, subsection), problem


def _titled(name: str, number: int, subsection: Subsection) -> str:
    return f"{name} {number}: {subsection.display_name or subsection.usage_key}"


def _status(learner: ExportedGrade) -> str:
    return "enrolled" if learner.active else "unenrolled"

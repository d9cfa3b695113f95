"""Exporting grades: the piece of a file that a chunk of a job makes."""

import logging
import zlib
from collections.abc import Sequence

from db.course_grades import course_grades
from db.courses import StoredCourse, course_versions
from db.enrollments import enrollments
from db.grade_exports import ExportFormat, GradeExport, add_part, export_of
from db.grade_jobs import GradeJob
from db.learners import learners_by_id
from db.problem_scores import recorded_scores
from db.subsection_grades import subsection_grades
from formats.csv_writing import Cell, csv_lines
from formats.exported_grade import ExportedGrade
from formats.grade_report_csv import grade_report_cells, problem_report_cells
from formats.gradebook_csv import SubsectionCells, gradebook_cells
from formats.grades_parquet import parquet_piece
from grading import ComputationFailed, GradingError, LearnerId, compute, zero_course_grade
from resolvers.grade_columns import graded_ids

logger = logging.getLogger(__name__)


async def export_chunk(
    job: GradeJob, learner_ids: Sequence[LearnerId]
) -> dict[LearnerId, GradingError]:
    """Make the piece of a file that these learners are; return who could not be told of.

    To be called in the transaction that settles the chunk. All pieces of a file are made under
    the version of the course that its header was made under.
    """
    export = await export_of(job.id)
    if export is None or not learner_ids:
        return {}
    course = (await course_versions([export.version_id]))[export.version_id]
    learners, failures = await _learners(course, export, learner_ids)
    await add_part(job.id, learner_ids[0], zlib.compress(_piece(course, export.format, learners)))
    return failures


async def _learners(
    course: StoredCourse, export: GradeExport, learner_ids: Sequence[LearnerId]
) -> tuple[list[ExportedGrade], dict[LearnerId, GradingError]]:
    people = await learners_by_id(learner_ids)
    enrolled = await enrollments([course.id], learner_ids)
    stored = await course_grades([course.id], learner_ids)
    parts = await subsection_grades([course], learner_ids)
    scores = (
        await recorded_scores([course], learner_ids)
        if export.format is ExportFormat.PROBLEM_REPORT
        else {}
    )
    found: list[ExportedGrade] = []
    failures: dict[LearnerId, GradingError] = {}
    for learner_id in learner_ids:
        person, place = people[learner_id], (course.id, learner_id)
        grades = parts.get(place, {})
        try:
            computation = compute(course.content, grades)
        except Exception:
            logger.exception("learner %d cannot be exported", learner_id)
            failures[learner_id] = ComputationFailed(
                "This learner's grade could not be computed; see the log."
            )
            continue
        enrollment = enrolled[place]
        found.append(
            ExportedGrade(
                learner_id,
                person.username,
                person.email if export.has_emails else None,
                person.external_user_key,
                enrollment.active,
                enrollment.mode,
                enrollment.cohort,
                stored.get(place) or zero_course_grade(course.content, learner_id),
                grades,
                computation,
                scores.get(place, {}),
            )
        )
    return found, failures


def _piece(
    course: StoredCourse,
    format: ExportFormat,
    learners: Sequence[ExportedGrade],
) -> bytes:
    content = course.content
    match format:
        case ExportFormat.PARQUET:
            return parquet_piece(content, learners)
        case ExportFormat.GRADE_REPORT:
            rows = [grade_report_cells(content, one) for one in learners]
        case ExportFormat.PROBLEM_REPORT:
            rows = [problem_report_cells(content, one) for one in learners]
        case ExportFormat.OVERRIDES:
            rows = [_override_cells(course, one) for one in learners]
    return "".join(csv_lines(rows)).encode()


def _override_cells(course: StoredCourse, learner: ExportedGrade) -> list[Cell]:
    content = course.content
    cells = []
    for usage_key in graded_ids(content):
        grade = learner.subsection_grade(content, usage_key)
        cells.append(
            SubsectionCells(
                content.subsections[usage_key].display_name,
                grade.graded_total.earned if grade.engaged else None,
                grade.computed_graded_total.earned if grade.attempted else None,
                None if grade.override is None else grade.override.earned_graded,
            )
        )
    who: list[Cell] = [
        learner.learner_id,
        learner.username,
        learner.external_user_key,
        course.key,
        learner.mode,
        learner.cohort,
    ]
    return gradebook_cells(who, cells)

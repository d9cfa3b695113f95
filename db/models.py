"""All tables, one class each, for Tortoise to find."""

from db.delivery_models import Webhook
from db.exchange_models import ImportLine, JobExport, JobFilePart, JobImport
from db.grade_models import (
    Block,
    Course,
    CourseGrade,
    CoursePublication,
    CourseRole,
    CourseVersion,
    Enrollment,
    Learner,
    ProblemScore,
    SubsectionGrade,
)
from db.job_models import GradeJob, JobChunk, JobError
from db.record_models import EventLogState, FirstAnswer, GradeEvent, OverrideEntry

__all__ = [
    "Block",
    "Course",
    "CourseGrade",
    "CoursePublication",
    "CourseRole",
    "CourseVersion",
    "Enrollment",
    "EventLogState",
    "FirstAnswer",
    "GradeEvent",
    "GradeJob",
    "ImportLine",
    "JobChunk",
    "JobError",
    "JobExport",
    "JobFilePart",
    "JobImport",
    "Learner",
    "OverrideEntry",
    "ProblemScore",
    "SubsectionGrade",
    "Webhook",
]

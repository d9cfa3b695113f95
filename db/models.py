"""All tables, one class each, for Tortoise to find."""

from db.delivery_models import Webhook
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
    "JobChunk",
    "JobError",
    "Learner",
    "OverrideEntry",
    "ProblemScore",
    "SubsectionGrade",
    "Webhook",
]

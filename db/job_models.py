"""Tables of jobs: work that outlives the request that asks for it."""

from tortoise import fields
from tortoise.models import Model

from db.grade_models import Course, Learner


class GradeJob(Model):
    """Work on the grades of a course, done in chunks by whichever worker is free."""

    id = fields.BigIntField(primary_key=True)
    course: fields.ForeignKeyRelation[Course] = fields.ForeignKeyField(
        "grades.Course", related_name="jobs", on_delete=fields.OnDelete.RESTRICT
    )
    kind = fields.CharField(max_length=20)
    state = fields.CharField(max_length=30)
    force = fields.BooleanField()
    cause = fields.CharField(max_length=40)
    actor = fields.CharField(max_length=150, null=True)
    correlation_id = fields.CharField(max_length=36)
    total = fields.IntField()
    processed = fields.IntField()
    saved = fields.IntField()
    failed = fields.IntField()
    created_at = fields.DatetimeField()
    finished_at = fields.DatetimeField(null=True)

    class Meta(Model.Meta):
        table = "grade_job"
        indexes = (("course_id", "id"),)


class JobChunk(Model):
    """Some learners of a job, graded in one transaction.

    ``lease_until`` is until when the worker that has begun it is waited for; ``attempts`` tells
    this attempt from those that were given up.
    """

    id = fields.BigIntField(primary_key=True)
    job: fields.ForeignKeyRelation[GradeJob] = fields.ForeignKeyField(
        "grades.GradeJob", related_name="chunks", on_delete=fields.OnDelete.RESTRICT
    )
    learner_ids = fields.TextField()
    state = fields.CharField(max_length=10)
    attempts = fields.IntField()
    lease_until = fields.DatetimeField(null=True)
    not_before = fields.DatetimeField(null=True)

    class Meta(Model.Meta):
        table = "job_chunk"
        indexes = (("job_id", "state"),)


class JobError(Model):
    """Why one learner's part of a job was not done."""

    id = fields.BigIntField(primary_key=True)
    job: fields.ForeignKeyRelation[GradeJob] = fields.ForeignKeyField(
        "grades.GradeJob", related_name="errors", on_delete=fields.OnDelete.RESTRICT
    )
    learner: fields.ForeignKeyRelation[Learner] = fields.ForeignKeyField(
        "grades.Learner", related_name="job_errors", on_delete=fields.OnDelete.RESTRICT
    )
    code = fields.CharField(max_length=40)
    message = fields.TextField()

    class Meta(Model.Meta):
        table = "job_error"
        unique_together = (("job", "learner"),)

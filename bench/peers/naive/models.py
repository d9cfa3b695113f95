"""Models of the tables, with what the five operations and the regrade need."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tortoise import Tortoise, fields
from tortoise.models import Model


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[None]:
    """Have Tortoise's own connections."""
    await Tortoise.init(
        db_url=url.replace("sqlite:///", "sqlite://"),
        modules={"naive": [__name__]},
        use_tz=True,
        _enable_global_fallback=True,
    )
    try:
        yield
    finally:
        await Tortoise.close_connections()


class Course(Model):
    """A course run."""

    id = fields.BigIntField(primary_key=True)
    key = fields.CharField(max_length=255)

    class Meta(Model.Meta):
        table = "course"


class Learner(Model):
    """A person who is graded."""

    id = fields.BigIntField(primary_key=True)
    username = fields.CharField(max_length=150)

    class Meta(Model.Meta):
        table = "learner"


class Block(Model):
    """A subsection or problem."""

    id = fields.BigIntField(primary_key=True)
    course: fields.ForeignKeyRelation[Course] = fields.ForeignKeyField("naive.Course")
    usage_key = fields.CharField(max_length=255)

    class Meta(Model.Meta):
        table = "block"


class Enrollment(Model):
    """One learner in one course."""

    id = fields.BigIntField(primary_key=True)
    course: fields.ForeignKeyRelation[Course] = fields.ForeignKeyField("naive.Course")
    learner: fields.ForeignKeyRelation[Learner] = fields.ForeignKeyField("naive.Learner")
    active = fields.BooleanField()

    class Meta(Model.Meta):
        table = "enrollment"


class CourseGrade(Model):
    """One learner's grade in one course."""

    id = fields.BigIntField(primary_key=True)
    course: fields.ForeignKeyRelation[Course] = fields.ForeignKeyField("naive.Course")
    learner: fields.ForeignKeyRelation[Learner] = fields.ForeignKeyField("naive.Learner")
    course_version_id = fields.BigIntField()
    percent = fields.FloatField()
    unrounded = fields.FloatField()
    letter_grade = fields.CharField(max_length=255, null=True)
    passed = fields.BooleanField()
    passed_at = fields.DatetimeField(null=True)
    algorithm = fields.CharField(max_length=20)
    grading_policy_hash = fields.CharField(max_length=40)
    version = fields.IntField()
    updated_at = fields.DatetimeField()

    class Meta(Model.Meta):
        table = "course_grade"


class SubsectionGrade(Model):
    """One learner's grade in one subsection."""

    id = fields.BigIntField(primary_key=True)
    course: fields.ForeignKeyRelation[Course] = fields.ForeignKeyField("naive.Course")
    learner: fields.ForeignKeyRelation[Learner] = fields.ForeignKeyField("naive.Learner")
    block: fields.ForeignKeyRelation[Block] = fields.ForeignKeyField("naive.Block")
    course_version_id = fields.BigIntField()
    earned_all = fields.FloatField()
    possible_all = fields.FloatField()
    earned_graded = fields.FloatField()
    possible_graded = fields.FloatField()
    override_earned_graded = fields.FloatField(null=True)
    override_possible_graded = fields.FloatField(null=True)
    first_attempted_at = fields.DatetimeField(null=True)
    percent_graded = fields.FloatField()
    visible_blocks_hash = fields.CharField(max_length=40)
    version = fields.IntField()
    updated_at = fields.DatetimeField()

    class Meta(Model.Meta):
        table = "subsection_grade"


class ProblemScore(Model):
    """The latest raw score of one learner for one problem."""

    id = fields.BigIntField(primary_key=True)
    course: fields.ForeignKeyRelation[Course] = fields.ForeignKeyField("naive.Course")
    learner: fields.ForeignKeyRelation[Learner] = fields.ForeignKeyField("naive.Learner")
    block: fields.ForeignKeyRelation[Block] = fields.ForeignKeyField("naive.Block")
    earned = fields.FloatField(null=True)
    possible = fields.FloatField()
    scored_at = fields.DatetimeField()
    first_scored_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta(Model.Meta):
        table = "problem_score"


class GradeEvent(Model):
    """One entry of the event log."""

    id = fields.BigIntField(primary_key=True)
    course: fields.ForeignKeyRelation[Course] = fields.ForeignKeyField("naive.Course")
    learner: fields.ForeignKeyRelation[Learner] = fields.ForeignKeyField("naive.Learner")
    kind = fields.CharField(max_length=40)
    version = fields.IntField()
    payload = fields.TextField()
    cause = fields.CharField(max_length=40)
    actor = fields.CharField(max_length=150, null=True)
    correlation_id = fields.CharField(max_length=36)
    created_at = fields.DatetimeField()

    class Meta(Model.Meta):
        table = "grade_event"

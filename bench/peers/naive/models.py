"""Models of the tables, with what the five operations need."""

from tortoise import fields
from tortoise.models import Model


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
    percent = fields.FloatField()
    unrounded = fields.FloatField()
    letter_grade = fields.CharField(max_length=255, null=True)
    passed = fields.BooleanField()
    passed_at = fields.DatetimeField(null=True)
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
    earned_all = fields.FloatField()
    possible_all = fields.FloatField()
    earned_graded = fields.FloatField()
    possible_graded = fields.FloatField()
    override_earned_graded = fields.FloatField(null=True)
    override_possible_graded = fields.FloatField(null=True)
    first_attempted_at = fields.DatetimeField(null=True)
    percent_graded = fields.FloatField()
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

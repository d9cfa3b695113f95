"""Tables of courses, learners and grades: columns and keys, never rules.

Grades hang on bigint keys; course and usage keys stand in full only in ``course`` and ``block``.
Checks that Tortoise cannot express are in the migrations.
"""

from tortoise import fields
from tortoise.models import Model


class Course(Model):
    """A course run."""

    id = fields.BigIntField(primary_key=True)
    key = fields.CharField(max_length=255, unique=True)
    created_at = fields.DatetimeField()

    class Meta(Model.Meta):
        table = "course"


class CourseVersion(Model):
    """One immutable version of a course's structure, policy and algorithm."""

    id = fields.BigIntField(primary_key=True)
    course: fields.ForeignKeyRelation[Course] = fields.ForeignKeyField(
        "grades.Course", related_name="versions", on_delete=fields.OnDelete.RESTRICT
    )
    version = fields.CharField(max_length=40)
    # The policy is text, not JSON: the order of its keys and the spelling of its numbers count.
    structure = fields.TextField()
    policy = fields.TextField()
    algorithm = fields.CharField(max_length=20)
    created_at = fields.DatetimeField()

    class Meta(Model.Meta):
        table = "course_version"
        unique_together = (("course", "version"),)


class CoursePublication(Model):
    """Which version of a course is the present one."""

    course: fields.OneToOneRelation[Course] = fields.OneToOneField(
        "grades.Course",
        related_name="publication",
        primary_key=True,
        on_delete=fields.OnDelete.RESTRICT,
    )
    version: fields.ForeignKeyRelation[CourseVersion] = fields.ForeignKeyField(
        "grades.CourseVersion", related_name="publications", on_delete=fields.OnDelete.RESTRICT
    )
    published_at = fields.DatetimeField()
    # What staff have set by hand: null for nothing, then the date decides.
    frozen = fields.BooleanField(null=True)
    freeze_set_at = fields.DatetimeField(null=True)
    freeze_set_by = fields.CharField(max_length=150, null=True)
    freeze_reason = fields.TextField(null=True)

    class Meta(Model.Meta):
        table = "course_publication"


class Block(Model):
    """A subsection or problem that some version of a course has or had."""

    id = fields.BigIntField(primary_key=True)
    course: fields.ForeignKeyRelation[Course] = fields.ForeignKeyField(
        "grades.Course", related_name="blocks", on_delete=fields.OnDelete.RESTRICT
    )
    usage_key = fields.CharField(max_length=255)

    class Meta(Model.Meta):
        table = "block"
        unique_together = (("course", "usage_key"),)


class Learner(Model):
    """A person who is graded; ``id`` is the platform's own user id."""

    id = fields.BigIntField(primary_key=True, generated=False)
    username = fields.CharField(max_length=150, unique=True)
    full_name = fields.CharField(max_length=255, null=True)
    email = fields.CharField(max_length=254, null=True)
    external_user_key = fields.CharField(max_length=255, null=True, unique=True)
    # All names in lower case, for the gradebook's search; the engines fold letters differently.
    search_text = fields.TextField(db_default="")
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta(Model.Meta):
        table = "learner"


class Enrollment(Model):
    """One learner in one course."""

    id = fields.BigIntField(primary_key=True)
    course: fields.ForeignKeyRelation[Course] = fields.ForeignKeyField(
        "grades.Course", related_name="enrollments", on_delete=fields.OnDelete.RESTRICT
    )
    learner: fields.ForeignKeyRelation[Learner] = fields.ForeignKeyField(
        "grades.Learner", related_name="enrollments", on_delete=fields.OnDelete.RESTRICT
    )
    active = fields.BooleanField(default=True)
    mode = fields.CharField(max_length=100, null=True)
    cohort = fields.CharField(max_length=255, null=True)
    revision = fields.BigIntField(db_default=0)
    created_at = fields.DatetimeField()

    class Meta(Model.Meta):
        table = "enrollment"
        unique_together = (("course", "learner"),)
        indexes = (("learner_id",),)


class CourseRole(Model):
    """What somebody is in a course beside a learner, in Open edX's words: `staff`, ..."""

    id = fields.BigIntField(primary_key=True)
    course: fields.ForeignKeyRelation[Course] = fields.ForeignKeyField(
        "grades.Course", related_name="roles", on_delete=fields.OnDelete.RESTRICT
    )
    learner: fields.ForeignKeyRelation[Learner] = fields.ForeignKeyField(
        "grades.Learner", related_name="roles", on_delete=fields.OnDelete.RESTRICT
    )
    role = fields.CharField(max_length=64)
    created_at = fields.DatetimeField()

    class Meta(Model.Meta):
        table = "course_role"
        unique_together = (("learner", "course", "role"),)
        indexes = (("course_id", "role"),)


class ProblemScore(Model):
    """The latest raw score of one learner for one problem; ``earned`` null when cleared."""

    id = fields.BigIntField(primary_key=True)
    course: fields.ForeignKeyRelation[Course] = fields.ForeignKeyField(
        "grades.Course", related_name="problem_scores", on_delete=fields.OnDelete.RESTRICT
    )
    learner: fields.ForeignKeyRelation[Learner] = fields.ForeignKeyField(
        "grades.Learner", related_name="problem_scores", on_delete=fields.OnDelete.RESTRICT
    )
    block: fields.ForeignKeyRelation[Block] = fields.ForeignKeyField(
        "grades.Block", related_name="problem_scores", on_delete=fields.OnDelete.RESTRICT
    )
    earned = fields.FloatField(null=True)
    possible = fields.FloatField()
    scored_at = fields.DatetimeField()
    first_scored_at = fields.DatetimeField()
    comment = fields.TextField(null=True)
    updated_at = fields.DatetimeField()

    class Meta(Model.Meta):
        table = "problem_score"
        unique_together = (("course", "learner", "block"),)


class SubsectionGrade(Model):
    """One learner's grade in one subsection: computed points, and staff's override of them.

    ``percent_graded`` is the rounded percent that counts. ``overridden_at`` is null where there
    is no override.
    """

    id = fields.BigIntField(primary_key=True)
    course: fields.ForeignKeyRelation[Course] = fields.ForeignKeyField(
        "grades.Course", related_name="subsection_grades", on_delete=fields.OnDelete.RESTRICT
    )
    learner: fields.ForeignKeyRelation[Learner] = fields.ForeignKeyField(
        "grades.Learner", related_name="subsection_grades", on_delete=fields.OnDelete.RESTRICT
    )
    block: fields.ForeignKeyRelation[Block] = fields.ForeignKeyField(
        "grades.Block", related_name="subsection_grades", on_delete=fields.OnDelete.RESTRICT
    )
    course_version: fields.ForeignKeyRelation[CourseVersion] = fields.ForeignKeyField(
        "grades.CourseVersion",
        related_name="subsection_grades",
        on_delete=fields.OnDelete.RESTRICT,
    )
    earned_all = fields.FloatField()
    possible_all = fields.FloatField()
    earned_graded = fields.FloatField()
    possible_graded = fields.FloatField()
    first_attempted_at = fields.DatetimeField(null=True)
    percent_graded = fields.FloatField(db_default=0)
    override_earned_all = fields.FloatField(null=True)
    override_possible_all = fields.FloatField(null=True)
    override_earned_graded = fields.FloatField(null=True)
    override_possible_graded = fields.FloatField(null=True)
    override_system = fields.CharField(max_length=20, null=True)
    override_reason = fields.TextField(null=True)
    overridden_by = fields.CharField(max_length=150, null=True)
    overridden_at = fields.DatetimeField(null=True)
    override_updated_at = fields.DatetimeField(null=True)
    visible_blocks_hash = fields.CharField(max_length=40)
    version = fields.IntField()
    updated_at = fields.DatetimeField()

    class Meta(Model.Meta):
        table = "subsection_grade"
        unique_together = (("course", "learner", "block"),)
        indexes = (("course_id", "block_id", "percent_graded"),)


class CourseGrade(Model):
    """One learner's grade in one course."""

    id = fields.BigIntField(primary_key=True)
    course: fields.ForeignKeyRelation[Course] = fields.ForeignKeyField(
        "grades.Course", related_name="course_grades", on_delete=fields.OnDelete.RESTRICT
    )
    learner: fields.ForeignKeyRelation[Learner] = fields.ForeignKeyField(
        "grades.Learner", related_name="course_grades", on_delete=fields.OnDelete.RESTRICT
    )
    course_version: fields.ForeignKeyRelation[CourseVersion] = fields.ForeignKeyField(
        "grades.CourseVersion", related_name="course_grades", on_delete=fields.OnDelete.RESTRICT
    )
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
        unique_together = (("course", "learner"),)
        indexes = (("course_id", "percent"), ("course_id", "updated_at"))

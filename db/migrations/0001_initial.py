from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="Course",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("key", fields.CharField(unique=True, max_length=255)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "course",
                "app": "grades",
                "pk_attr": "id",
                "table_description": "A course run.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Block",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                (
                    "course",
                    fields.ForeignKeyField(
                        "grades.Course",
                        source_field="course_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="blocks",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("usage_key", fields.CharField(max_length=255)),
            ],
            options={
                "table": "block",
                "app": "grades",
                "unique_together": (("course", "usage_key"),),
                "pk_attr": "id",
                "table_description": "A subsection or problem that some version of a course has or had.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="CourseVersion",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                (
                    "course",
                    fields.ForeignKeyField(
                        "grades.Course",
                        source_field="course_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="versions",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("version", fields.CharField(max_length=40)),
                ("structure", fields.TextField(unique=False)),
                ("policy", fields.TextField(unique=False)),
                ("algorithm", fields.CharField(max_length=20)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "course_version",
                "app": "grades",
                "unique_together": (("course", "version"),),
                "pk_attr": "id",
                "table_description": "One immutable version of a course's structure, policy and algorithm.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="CoursePublication",
            fields=[
                (
                    "course",
                    fields.OneToOneField(
                        "grades.Course",
                        source_field="course_id",
                        primary_key=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="publication",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "version",
                    fields.ForeignKeyField(
                        "grades.CourseVersion",
                        source_field="version_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="publications",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("published_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "course_publication",
                "app": "grades",
                "pk_attr": "course_id",
                "table_description": "Which version of a course is the present one.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Learner",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=False, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("username", fields.CharField(unique=True, max_length=150)),
                ("full_name", fields.CharField(null=True, max_length=255)),
                ("email", fields.CharField(null=True, max_length=254)),
                ("external_user_key", fields.CharField(null=True, unique=True, max_length=255)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "learner",
                "app": "grades",
                "pk_attr": "id",
                "table_description": "A person who is graded; ``id`` is the platform's own user id.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="CourseGrade",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                (
                    "course",
                    fields.ForeignKeyField(
                        "grades.Course",
                        source_field="course_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="course_grades",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "learner",
                    fields.ForeignKeyField(
                        "grades.Learner",
                        source_field="learner_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="course_grades",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "course_version",
                    fields.ForeignKeyField(
                        "grades.CourseVersion",
                        source_field="course_version_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="course_grades",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("percent", fields.FloatField()),
                ("unrounded", fields.FloatField()),
                ("letter_grade", fields.CharField(null=True, max_length=255)),
                ("passed", fields.BooleanField()),
                ("passed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("algorithm", fields.CharField(max_length=20)),
                ("grading_policy_hash", fields.CharField(max_length=40)),
                ("version", fields.IntField()),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "course_grade",
                "app": "grades",
                "unique_together": (("course", "learner"),),
                "pk_attr": "id",
                "table_description": "One learner's grade in one course.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Enrollment",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                (
                    "course",
                    fields.ForeignKeyField(
                        "grades.Course",
                        source_field="course_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="enrollments",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "learner",
                    fields.ForeignKeyField(
                        "grades.Learner",
                        source_field="learner_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="enrollments",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("active", fields.BooleanField(default=True)),
                ("mode", fields.CharField(null=True, max_length=100)),
                ("cohort", fields.CharField(null=True, max_length=255)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "enrollment",
                "app": "grades",
                "unique_together": (("course", "learner"),),
                "pk_attr": "id",
                "table_description": "One learner in one course.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ProblemScore",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                (
                    "course",
                    fields.ForeignKeyField(
                        "grades.Course",
                        source_field="course_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="problem_scores",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "learner",
                    fields.ForeignKeyField(
                        "grades.Learner",
                        source_field="learner_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="problem_scores",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "block",
                    fields.ForeignKeyField(
                        "grades.Block",
                        source_field="block_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="problem_scores",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("earned", fields.FloatField(null=True)),
                ("possible", fields.FloatField()),
                ("scored_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("first_scored_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("comment", fields.TextField(null=True, unique=False)),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "problem_score",
                "app": "grades",
                "unique_together": (("course", "learner", "block"),),
                "pk_attr": "id",
                "table_description": "The latest raw score of one learner for one problem; ``earned`` null when cleared.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="SubsectionGrade",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                (
                    "course",
                    fields.ForeignKeyField(
                        "grades.Course",
                        source_field="course_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="subsection_grades",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "learner",
                    fields.ForeignKeyField(
                        "grades.Learner",
                        source_field="learner_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="subsection_grades",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "block",
                    fields.ForeignKeyField(
                        "grades.Block",
                        source_field="block_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="subsection_grades",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "course_version",
                    fields.ForeignKeyField(
                        "grades.CourseVersion",
                        source_field="course_version_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="subsection_grades",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("earned_all", fields.FloatField()),
                ("possible_all", fields.FloatField()),
                ("earned_graded", fields.FloatField()),
                ("possible_graded", fields.FloatField()),
                (
                    "first_attempted_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("visible_blocks_hash", fields.CharField(max_length=40)),
                ("version", fields.IntField()),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "subsection_grade",
                "app": "grades",
                "unique_together": (("course", "learner", "block"),),
                "pk_attr": "id",
                "table_description": "One learner's computed grade in one subsection.",
            },
            bases=["Model"],
        ),
    ]

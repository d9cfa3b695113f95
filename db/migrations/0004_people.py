from collections.abc import Sequence
from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from db.learners import search_text
from db.migration_operations import AddChecks, Backfill, DialectSQL
from grading import Algorithm, percent


def _percent_graded(row: Sequence[Any]) -> tuple[float, int]:
    number, earned, possible, algorithm = row
    return percent(earned, possible, Algorithm(algorithm).subsection_decimals), number


def _search_text(row: Sequence[Any]) -> tuple[str, int]:
    number, *names = row
    return search_text(*names), number


# Few grades are overridden, and the gradebook asks who has one.
_OVERRIDDEN = (
    "create index subsection_grade_overridden on subsection_grade"
    " (course_id, learner_id, block_id) where overridden_at is not null"
)


class Migration(migrations.Migration):
    dependencies = [("grades", "0003_event_log")]

    initial = False

    operations = [
        ops.CreateModel(
            name="CourseRole",
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
                        related_name="roles",
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
                        related_name="roles",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("role", fields.CharField(max_length=64)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "course_role",
                "app": "grades",
                "unique_together": (("learner", "course", "role"),),
                "indexes": [Index(fields=["course_id", "role"])],
                "pk_attr": "id",
                "table_description": "What somebody is in a course beside a learner, in Open edX's words: `staff`, ...",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="FirstAnswer",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("viewer", fields.CharField(max_length=150)),
                ("key", fields.CharField(max_length=200)),
                ("fingerprint", fields.CharField(max_length=64)),
                ("answer", fields.TextField(unique=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "first_answer",
                "app": "grades",
                "unique_together": (("viewer", "key"),),
                "indexes": [Index(fields=["created_at"])],
                "pk_attr": "id",
                "table_description": "What a request with an idempotency key came to the first time it was sent.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="OverrideEntry",
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
                        related_name="override_entries",
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
                        related_name="override_entries",
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
                        related_name="override_entries",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("action", fields.CharField(max_length=10)),
                ("earned_all", fields.FloatField(null=True)),
                ("possible_all", fields.FloatField(null=True)),
                ("earned_graded", fields.FloatField(null=True)),
                ("possible_graded", fields.FloatField(null=True)),
                ("before_earned", fields.FloatField(null=True)),
                ("before_possible", fields.FloatField(null=True)),
                ("after_earned", fields.FloatField()),
                ("after_possible", fields.FloatField()),
                ("system", fields.CharField(max_length=20)),
                ("reason", fields.TextField(null=True, unique=False)),
                ("actor", fields.CharField(null=True, max_length=150)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "override_entry",
                "app": "grades",
                "indexes": [Index(fields=["course_id", "learner_id", "block_id", "id"])],
                "pk_attr": "id",
                "table_description": "One thing that was done to an override, with the graded points before and after it.",
            },
            bases=["Model"],
        ),
        ops.AddIndex(
            model_name="Enrollment",
            index=Index(fields=["learner_id"]),
        ),
        ops.AddIndex(
            model_name="CourseGrade",
            index=Index(fields=["course_id", "percent"]),
        ),
        ops.AddIndex(
            model_name="CourseGrade",
            index=Index(fields=["course_id", "updated_at"]),
        ),
        ops.AddField(
            model_name="CoursePublication",
            name="freeze_reason",
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name="CoursePublication",
            name="freeze_set_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="CoursePublication",
            name="freeze_set_by",
            field=fields.CharField(null=True, max_length=150),
        ),
        ops.AddField(
            model_name="CoursePublication",
            name="frozen",
            field=fields.BooleanField(null=True),
        ),
        ops.AddField(
            model_name="Learner",
            name="search_text",
            field=fields.TextField(db_default="", unique=False),
        ),
        ops.AddField(
            model_name="SubsectionGrade",
            name="overridden_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="SubsectionGrade",
            name="overridden_by",
            field=fields.CharField(null=True, max_length=150),
        ),
        ops.AddField(
            model_name="SubsectionGrade",
            name="override_earned_all",
            field=fields.FloatField(null=True),
        ),
        ops.AddField(
            model_name="SubsectionGrade",
            name="override_earned_graded",
            field=fields.FloatField(null=True),
        ),
        ops.AddField(
            model_name="SubsectionGrade",
            name="override_possible_all",
            field=fields.FloatField(null=True),
        ),
        ops.AddField(
            model_name="SubsectionGrade",
            name="override_possible_graded",
            field=fields.FloatField(null=True),
        ),
        ops.AddField(
            model_name="SubsectionGrade",
            name="override_reason",
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name="SubsectionGrade",
            name="override_system",
            field=fields.CharField(null=True, max_length=20),
        ),
        ops.AddField(
            model_name="SubsectionGrade",
            name="override_updated_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="SubsectionGrade",
            name="percent_graded",
            field=fields.FloatField(db_default=0),
        ),
        ops.AddIndex(
            model_name="SubsectionGrade",
            index=Index(fields=["course_id", "block_id", "percent_graded"]),
        ),
        Backfill(
            "select id, username, full_name, email, external_user_key from learner",
            "update learner set search_text = $1 where id = $2",
            _search_text,
        ),
        Backfill(
            "select g.id, g.earned_graded, g.possible_graded, v.algorithm"
            " from subsection_grade g join course_version v on v.id = g.course_version_id",
            "update subsection_grade set percent_graded = $1 where id = $2",
            _percent_graded,
        ),
        AddChecks(
            "subsection_grade",
            {
                "subsection_grade_override_range": (
                    "coalesce(override_earned_all, 0) between 0 and 1e12"
                    " and coalesce(override_possible_all, 0) between 0 and 1e12"
                    " and coalesce(override_earned_graded, 0) between 0 and 1e12"
                    " and coalesce(override_possible_graded, 0) between 0 and 1e12"
                ),
                "subsection_grade_override_whole": (
                    "(overridden_at is null) = (override_system is null)"
                    " and (overridden_at is null) = (override_updated_at is null)"
                ),
                "subsection_grade_percent_finite": "percent_graded between -1e300 and 1e300",
            },
        ),
        AddChecks(
            "override_entry",
            {"override_entry_action_known": "action in ('CREATED', 'UPDATED', 'DELETED')"},
        ),
        AddChecks("course_role", {"course_role_given": "role <> ''"}),
        AddChecks(
            "course_publication",
            {"course_publication_freeze_dated": "frozen is null or freeze_set_at is not null"},
        ),
        DialectSQL(
            sqlite=_OVERRIDDEN,
            postgres=_OVERRIDDEN,
            sqlite_backward="drop index subsection_grade_overridden",
            postgres_backward="drop index subsection_grade_overridden",
        ),
    ]

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from db.migration_operations import AddChecks, DialectSQL


class Migration(migrations.Migration):
    dependencies = [("grades", "0004_people")]

    initial = False

    operations = [
        ops.CreateModel(
            name="GradeJob",
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
                        related_name="jobs",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("kind", fields.CharField(max_length=20)),
                ("state", fields.CharField(max_length=30)),
                ("force", fields.BooleanField()),
                ("cause", fields.CharField(max_length=40)),
                ("actor", fields.CharField(null=True, max_length=150)),
                ("correlation_id", fields.CharField(max_length=36)),
                ("total", fields.IntField()),
                ("processed", fields.IntField()),
                ("saved", fields.IntField()),
                ("failed", fields.IntField()),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "finished_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
            ],
            options={
                "table": "grade_job",
                "app": "grades",
                "indexes": [Index(fields=["course_id", "id"])],
                "pk_attr": "id",
                "table_description": "Work on the grades of a course, done in chunks by whichever worker is free.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="JobChunk",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                (
                    "job",
                    fields.ForeignKeyField(
                        "grades.GradeJob",
                        source_field="job_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="chunks",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("learner_ids", fields.TextField(unique=False)),
                ("state", fields.CharField(max_length=10)),
                ("attempts", fields.IntField()),
                (
                    "lease_until",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("not_before", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "job_chunk",
                "app": "grades",
                "indexes": [Index(fields=["job_id", "state"])],
                "pk_attr": "id",
                "table_description": "Some learners of a job, graded in one transaction.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="JobError",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                (
                    "job",
                    fields.ForeignKeyField(
                        "grades.GradeJob",
                        source_field="job_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="errors",
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
                        related_name="job_errors",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("code", fields.CharField(max_length=40)),
                ("message", fields.TextField(unique=False)),
            ],
            options={
                "table": "job_error",
                "app": "grades",
                "unique_together": (("job", "learner"),),
                "pk_attr": "id",
                "table_description": "Why one learner's part of a job was not done.",
            },
            bases=["Model"],
        ),
        AddChecks(
            "grade_job",
            {
                "grade_job_kind_known": "kind in ('REGRADE')",
                "grade_job_state_known": (
                    "state in ('QUEUED', 'RUNNING', 'COMPLETED', 'COMPLETED_WITH_ERRORS',"
                    " 'CANCELLED')"
                ),
                "grade_job_counts": (
                    "processed between 0 and total and saved >= 0 and failed >= 0"
                    " and saved + failed <= processed"
                ),
            },
        ),
        AddChecks(
            "job_chunk",
            {
                "job_chunk_state_known": "state in ('QUEUED', 'RUNNING', 'DONE')",
                "job_chunk_leased": "state <> 'RUNNING' or lease_until is not null",
            },
        ),
        DialectSQL(
            sqlite="create index job_chunk_open on job_chunk (id) where state <> 'DONE'",
            sqlite_backward="drop index job_chunk_open",
            postgres="create index job_chunk_open on job_chunk (id) where state <> 'DONE'",
            postgres_backward="drop index job_chunk_open",
        ),
    ]

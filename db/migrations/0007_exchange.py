from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from db.migration_operations import AddChecks, DropChecks


class Migration(migrations.Migration):
    dependencies = [("grades", "0006_deliveries")]

    initial = False

    operations = [
        ops.CreateModel(
            name="ImportLine",
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
                        related_name="import_lines",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("line", fields.IntField()),
                (
                    "learner",
                    fields.ForeignKeyField(
                        "grades.Learner",
                        source_field="learner_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="import_lines",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("wanted", fields.TextField(unique=False)),
                ("changes", fields.TextField(null=True, unique=False)),
                ("code", fields.CharField(null=True, max_length=40)),
                ("message", fields.TextField(null=True, unique=False)),
            ],
            options={
                "table": "import_line",
                "app": "grades",
                "unique_together": (("job", "line"),),
                "indexes": [Index(fields=["job_id", "learner_id"])],
                "pk_attr": "id",
                "table_description": "A line of a file that a job takes in, and what became of it.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="JobExport",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                (
                    "job",
                    fields.OneToOneField(
                        "grades.GradeJob",
                        source_field="job_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="export",
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
                        related_name="exports",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("format", fields.CharField(max_length=20)),
                ("has_emails", fields.BooleanField()),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "job_export",
                "app": "grades",
                "pk_attr": "id",
                "table_description": "Which file a job makes, under which version of the course, and until when it is kept.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="JobFilePart",
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
                        related_name="file_parts",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("position", fields.BigIntField()),
                ("content", fields.BinaryField()),
            ],
            options={
                "table": "job_file_part",
                "app": "grades",
                "unique_together": (("job", "position"),),
                "pk_attr": "id",
                "table_description": "A piece of a job's file, compressed; the pieces follow each other by ``position``.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="JobImport",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                (
                    "job",
                    fields.OneToOneField(
                        "grades.GradeJob",
                        source_field="job_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="import_",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("dry_run", fields.BooleanField()),
                ("all_or_nothing", fields.BooleanField()),
                ("reason", fields.CharField(max_length=300)),
            ],
            options={
                "table": "job_import",
                "app": "grades",
                "pk_attr": "id",
                "table_description": "In which manner a job takes lines in.",
            },
            bases=["Model"],
        ),
        DropChecks("grade_job", {"grade_job_kind_known": "kind in ('REGRADE')"}),
        AddChecks(
            "grade_job",
            {"grade_job_kind_known": "kind in ('REGRADE', 'IMPORT', 'EXPORT')"},
        ),
        AddChecks(
            "job_export",
            {
                "job_export_format_known": (
                    "format in ('GRADE_REPORT', 'PROBLEM_REPORT', 'OVERRIDES', 'PARQUET')"
                )
            },
        ),
    ]

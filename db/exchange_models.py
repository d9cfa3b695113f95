"""Tables of the exchange of grades: files that jobs make, and lines that jobs take in."""

from tortoise import fields
from tortoise.models import Model

from db.grade_models import CourseVersion, Learner
from db.job_models import GradeJob


class JobExport(Model):
    """Which file a job makes, under which version of the course, and until when it is kept."""

    id = fields.BigIntField(primary_key=True)
    job: fields.OneToOneRelation[GradeJob] = fields.OneToOneField(
        "grades.GradeJob", related_name="export", on_delete=fields.OnDelete.RESTRICT
    )
    course_version: fields.ForeignKeyRelation[CourseVersion] = fields.ForeignKeyField(
        "grades.CourseVersion", related_name="exports", on_delete=fields.OnDelete.RESTRICT
    )
    format = fields.CharField(max_length=20)
    has_emails = fields.BooleanField()
    expires_at = fields.DatetimeField()

    class Meta(Model.Meta):
        table = "job_export"


class JobFilePart(Model):
    """A piece of a job's file, compressed; the pieces follow each other by ``position``."""

    id = fields.BigIntField(primary_key=True)
    job: fields.ForeignKeyRelation[GradeJob] = fields.ForeignKeyField(
        "grades.GradeJob", related_name="file_parts", on_delete=fields.OnDelete.RESTRICT
    )
    position = fields.BigIntField()
    content = fields.BinaryField()

    class Meta(Model.Meta):
        table = "job_file_part"
        unique_together = (("job", "position"),)


class JobImport(Model):
    """In which manner a job takes lines in."""

    id = fields.BigIntField(primary_key=True)
    job: fields.OneToOneRelation[GradeJob] = fields.OneToOneField(
        "grades.GradeJob", related_name="import_", on_delete=fields.OnDelete.RESTRICT
    )
    dry_run = fields.BooleanField()
    all_or_nothing = fields.BooleanField()
    reason = fields.CharField(max_length=300)

    class Meta(Model.Meta):
        table = "job_import"


class ImportLine(Model):
    """A line of a file that a job takes in, and what became of it.

    ``wanted`` are points by subsection, ``changes`` what they made of the grades; ``code`` and
    ``message`` say why the line was refused.
    """

    id = fields.BigIntField(primary_key=True)
    job: fields.ForeignKeyRelation[GradeJob] = fields.ForeignKeyField(
        "grades.GradeJob", related_name="import_lines", on_delete=fields.OnDelete.RESTRICT
    )
    line = fields.IntField()
    learner: fields.ForeignKeyNullableRelation[Learner] = fields.ForeignKeyField(
        "grades.Learner", related_name="import_lines", on_delete=fields.OnDelete.RESTRICT, null=True
    )
    wanted = fields.TextField()
    changes = fields.TextField(null=True)
    code = fields.CharField(max_length=40, null=True)
    message = fields.TextField(null=True)

    class Meta(Model.Meta):
        table = "import_line"
        unique_together = (("job", "line"),)
        indexes = (("job_id", "learner_id"),)

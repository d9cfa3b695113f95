from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from db.migration_operations import AddChecks, DialectSQL


class Migration(migrations.Migration):
    dependencies = [("grades", "0002_checks")]

    initial = False

    operations = [
        ops.CreateModel(
            name="EventLogState",
            fields=[
                (
                    "id",
                    fields.IntField(generated=False, primary_key=True, unique=True, db_index=True),
                ),
                ("epoch", fields.CharField(max_length=36)),
                ("retained_xid", fields.BigIntField()),
                ("retained_id", fields.BigIntField()),
            ],
            options={
                "table": "event_log_state",
                "app": "grades",
                "pk_attr": "id",
                "table_description": "One row: which life of the log this is, and since when it is kept.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="GradeEvent",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("xid", fields.BigIntField(db_default=0)),
                (
                    "course",
                    fields.ForeignKeyField(
                        "grades.Course",
                        source_field="course_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="grade_events",
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
                        related_name="grade_events",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("kind", fields.CharField(max_length=40)),
                ("version", fields.IntField()),
                ("payload", fields.TextField(unique=False)),
                ("cause", fields.CharField(max_length=40)),
                ("actor", fields.CharField(null=True, max_length=150)),
                ("correlation_id", fields.CharField(max_length=36)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "grade_event",
                "app": "grades",
                "indexes": [
                    Index(fields=["xid", "id"]),
                    Index(fields=["course_id", "xid", "id"]),
                    Index(fields=["course_id", "learner_id", "id"]),
                ],
                "pk_attr": "id",
                "table_description": "One entry of the event log, written in the transaction of what it tells.",
            },
            bases=["Model"],
        ),
        AddChecks(
            "event_log_state",
            {"event_log_state_one_row": "id = 1"},
        ),
        AddChecks(
            "grade_event",
            {
                "grade_event_kind_known": (
                    "kind in ('SUBSECTION_GRADE_CHANGED', 'COURSE_GRADE_CHANGED',"
                    " 'COURSE_GRADE_NOW_PASSED', 'COURSE_GRADE_NOW_FAILED')"
                )
            },
        ),
        DialectSQL(
            sqlite="""insert into event_log_state (id, epoch, retained_xid, retained_id)
                values (1, lower(hex(randomblob(16))), 0, 0)""",
            sqlite_backward="delete from event_log_state",
            # The transaction's own number: readers wait until all before it are complete.
            postgres="""alter table grade_event
                    alter column xid set default (pg_current_xact_id()::text::bigint);
                insert into event_log_state (id, epoch, retained_xid, retained_id)
                values (1, replace(gen_random_uuid()::text, '-', ''), 0, 0)""",
            postgres_backward="delete from event_log_state",
        ),
    ]

"""Tables of what was done: the event log, the overrides' history, the answers given."""

from tortoise import fields
from tortoise.models import Model

from db.grade_models import Block, Course, Learner


class OverrideEntry(Model):
    """One thing that was done to an override, with the graded points before and after it.

    The points before are null where the learner had done nothing.
    """

    id = fields.BigIntField(primary_key=True)
    course: fields.ForeignKeyRelation[Course] = fields.ForeignKeyField(
        "grades.Course", related_name="override_entries", on_delete=fields.OnDelete.RESTRICT
    )
    learner: fields.ForeignKeyRelation[Learner] = fields.ForeignKeyField(
        "grades.Learner", related_name="override_entries", on_delete=fields.OnDelete.RESTRICT
    )
    block: fields.ForeignKeyRelation[Block] = fields.ForeignKeyField(
        "grades.Block", related_name="override_entries", on_delete=fields.OnDelete.RESTRICT
    )
    action = fields.CharField(max_length=10)
    earned_all = fields.FloatField(null=True)
    possible_all = fields.FloatField(null=True)
    earned_graded = fields.FloatField(null=True)
    possible_graded = fields.FloatField(null=True)
    before_earned = fields.FloatField(null=True)
    before_possible = fields.FloatField(null=True)
    after_earned = fields.FloatField()
    after_possible = fields.FloatField()
    system = fields.CharField(max_length=20)
    reason = fields.TextField(null=True)
    actor = fields.CharField(max_length=150, null=True)
    created_at = fields.DatetimeField()

    class Meta(Model.Meta):
        table = "override_entry"
        indexes = (("course_id", "learner_id", "block_id", "id"),)


class GradeEvent(Model):
    """One entry of the event log, written in the transaction of what it tells.

    ``xid`` is PostgreSQL's transaction number, by which readers know what is complete; 0 on
    SQLite, which writes one transaction at a time.
    """

    id = fields.BigIntField(primary_key=True)
    xid = fields.BigIntField(db_default=0)
    course: fields.ForeignKeyRelation[Course] = fields.ForeignKeyField(
        "grades.Course", related_name="grade_events", on_delete=fields.OnDelete.RESTRICT
    )
    learner: fields.ForeignKeyRelation[Learner] = fields.ForeignKeyField(
        "grades.Learner", related_name="grade_events", on_delete=fields.OnDelete.RESTRICT
    )
    kind = fields.CharField(max_length=40)
    version = fields.IntField()
    payload = fields.TextField()
    cause = fields.CharField(max_length=40)
    actor = fields.CharField(max_length=150, null=True)
    correlation_id = fields.CharField(max_length=36)
    created_at = fields.DatetimeField()

    class Meta(Model.Meta):
        table = "grade_event"
        indexes = (("xid", "id"), ("course_id", "xid", "id"), ("course_id", "learner_id", "id"))


class EventLogState(Model):
    """One row: which life of the log this is, and since when it is kept."""

    id = fields.IntField(primary_key=True, generated=False)
    epoch = fields.CharField(max_length=36)
    retained_xid = fields.BigIntField()
    retained_id = fields.BigIntField()

    class Meta(Model.Meta):
        table = "event_log_state"


class FirstAnswer(Model):
    """What a request with an idempotency key came to the first time it was sent."""

    id = fields.BigIntField(primary_key=True)
    viewer = fields.CharField(max_length=150)
    key = fields.CharField(max_length=200)
    # Of the mutation's name and its input: the same key with another input is refused.
    fingerprint = fields.CharField(max_length=64)
    answer = fields.TextField()
    created_at = fields.DatetimeField()

    class Meta(Model.Meta):
        table = "first_answer"
        unique_together = (("viewer", "key"),)
        indexes = (("created_at",),)

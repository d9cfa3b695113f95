"""A table of the engine tests' own, so that they need no other models."""

from tortoise import fields
from tortoise.models import Model

CREATE_COUNTER = """create table counter (
    course_id bigint not null, learner_id bigint not null, total bigint not null,
    passed boolean not null default false, changed_at {timestamp},
    primary key (course_id, learner_id))"""


class Counter(Model):
    """How often a learner was counted in a course."""

    learner_id = fields.BigIntField(primary_key=True, generated=False)
    course_id = fields.BigIntField()
    total = fields.BigIntField()
    passed = fields.BooleanField(default=False)
    changed_at = fields.DatetimeField(null=True)

    class Meta(Model.Meta):
        table = "counter"

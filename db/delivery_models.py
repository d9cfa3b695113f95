"""The table of webhooks: where grade events are delivered to, and how far that is."""

from tortoise import fields
from tortoise.models import Model


class Webhook(Model):
    """A receiver of grade events, with its own place in the log.

    Lists are JSON, null for all. ``secret`` is kept as it is, because it signs. ``claim`` counts
    the workers that had it: only the last one may write, and until ``lease_until`` nobody else
    begins.
    """

    id = fields.BigIntField(primary_key=True)
    kind = fields.CharField(max_length=20)
    url = fields.TextField()
    secret = fields.CharField(max_length=100)
    # `authorization` is a word of SQL.
    authorization_header = fields.TextField(null=True)
    course_ids = fields.TextField(null=True)
    learner_ids = fields.TextField(null=True)
    event_kinds = fields.TextField(null=True)
    modes = fields.TextField(null=True)
    batch_size = fields.IntField()
    state = fields.CharField(max_length=20)
    epoch = fields.CharField(max_length=36)
    place_xid = fields.BigIntField()
    place_id = fields.BigIntField()
    placed_at = fields.DatetimeField()
    delivered_at = fields.DatetimeField(null=True)
    failing_since = fields.DatetimeField(null=True)
    attempts = fields.IntField()
    next_attempt_at = fields.DatetimeField(null=True)
    last_status = fields.IntField(null=True)
    last_error = fields.TextField(null=True)
    claim = fields.BigIntField()
    lease_until = fields.DatetimeField(null=True)
    created_by = fields.CharField(max_length=150)
    created_at = fields.DatetimeField()

    class Meta(Model.Meta):
        table = "webhook"

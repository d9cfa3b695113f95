from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from db.migration_operations import AddChecks


class Migration(migrations.Migration):
    dependencies = [("grades", "0005_jobs")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Webhook",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("kind", fields.CharField(max_length=20)),
                ("url", fields.TextField(unique=False)),
                ("secret", fields.CharField(max_length=100)),
                ("authorization_header", fields.TextField(null=True, unique=False)),
                ("course_ids", fields.TextField(null=True, unique=False)),
                ("learner_ids", fields.TextField(null=True, unique=False)),
                ("event_kinds", fields.TextField(null=True, unique=False)),
                ("modes", fields.TextField(null=True, unique=False)),
                ("batch_size", fields.IntField()),
                ("state", fields.CharField(max_length=20)),
                ("epoch", fields.CharField(max_length=36)),
                ("place_xid", fields.BigIntField()),
                ("place_id", fields.BigIntField()),
                ("placed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "delivered_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                (
                    "failing_since",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("attempts", fields.IntField()),
                (
                    "next_attempt_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("last_status", fields.IntField(null=True)),
                ("last_error", fields.TextField(null=True, unique=False)),
                ("claim", fields.BigIntField()),
                (
                    "lease_until",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("created_by", fields.CharField(max_length=150)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "webhook",
                "app": "grades",
                "pk_attr": "id",
                "table_description": "A receiver of grade events, with its own place in the log.",
            },
            bases=["Model"],
        ),
        AddChecks(
            "webhook",
            {
                "webhook_kind_known": "kind in ('EVENTS', 'CREDENTIALS')",
                "webhook_state_known": (
                    "state in ('ACTIVE', 'PAUSED', 'FAILED', 'GONE', 'CURSOR_EXPIRED')"
                ),
                "webhook_batch_size_range": "batch_size between 1 and 100",
                "webhook_failing_dated": "(attempts = 0) = (failing_since is null)",
            },
        ),
    ]

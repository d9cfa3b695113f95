from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("grades", "0007_exchange")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Enrollment",
            name="revision",
            field=fields.BigIntField(db_default=0),
        ),
    ]

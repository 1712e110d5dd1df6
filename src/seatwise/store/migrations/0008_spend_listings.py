"""What makes spend quick to list: users in the order of their month's spend, costs of one project or key by day, and
the edition that what was worked out from usage and costs is good for. The partial index is as those of 0002."""

import django.db.models.deletion
from django.db import migrations, models


def forwards(apps, schema_editor):
    where = "listed AND departed_at IS NULL"
    if schema_editor.connection.vendor != "postgresql":
        where = f"settled AND {where}"
    schema_editor.execute(
        f"CREATE INDEX user_by_spend ON store_user (connection_id, kind, spend_rank, id) WHERE {where}"
    )


class Migration(migrations.Migration):
    dependencies = [("store", "0007_alerts")]
    operations = [
        migrations.AddField(model_name="user", name="spend_rank", field=models.BigIntegerField(null=True)),
        migrations.RunPython(forwards, elidable=False),
        migrations.AddIndex(
            model_name="cost",
            index=models.Index(fields=["connection", "project_id", "day"], name="cost_of_project"),
        ),
        migrations.AddIndex(
            model_name="cost",
            index=models.Index(fields=["connection", "api_key_id", "day"], name="cost_of_key"),
        ),
        migrations.CreateModel(
            name="Edition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=10)),
                ("number", models.BigIntegerField()),
                (
                    "connection",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="store.connection"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(models.F("connection"), models.F("kind"), name="edition_once")],
            },
        ),
    ]

"""What makes spend and usage quick the first time after they changed."""

import django.db.models.deletion
from django.db import migrations, models

COUNTED = ("requests", "input_tokens", "cached_tokens", "output_tokens", "quantity")


def _filled(dimension: str, column: str) -> migrations.RunSQL:
    names, sums = ", ".join(COUNTED), ", ".join(f"SUM({name})" for name in COUNTED)
    return migrations.RunSQL(
        f"INSERT INTO store_usageday (connection_id, dimension, day, stream, key, unit, {names}) "  # noqa: S608
        f"SELECT connection_id, '{dimension}', day, stream, COALESCE({column}, ''), MAX(unit), {sums} "
        f"FROM store_usage GROUP BY connection_id, day, stream, COALESCE({column}, '')",
        migrations.RunSQL.noop,
    )


class Migration(migrations.Migration):
    dependencies = [("store", "0011_listed_pages")]
    operations = [
        migrations.RemoveIndex("spendmonth", "spend_month_largest"),
        migrations.AddIndex(
            "spendmonth",
            models.Index(
                fields=["connection", "dimension", "key", "month", "currency", "amount"], name="spend_month_of_key"
            ),
        ),
        migrations.CreateModel(
            name="UsageDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("dimension", models.CharField(max_length=12)),
                ("day", models.DateField()),
                ("stream", models.CharField(max_length=40)),
                ("key", models.CharField(blank=True, default="", max_length=200)),
                ("unit", models.CharField(max_length=20, null=True)),
                *((name, models.BigIntegerField(default=0)) for name in COUNTED),
                (
                    "connection",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="store.connection"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        models.F("connection"),
                        models.F("dimension"),
                        models.F("day"),
                        models.F("stream"),
                        models.F("key"),
                        name="usage_day_once",
                    )
                ],
            },
        ),
        _filled("project", "project_id"),
        _filled("api_key", "api_key_id"),
        _filled("model", "model"),
    ]

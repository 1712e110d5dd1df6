"""What vendors name things by, and their words for how things stand, may be of any length: ids are joined from others,
and words come without notice.

On SQLite a varchar takes any length already, and a change of the type would write tables anew without their triggers and
partial indexes: only Django learns of it. On Postgres the type changes in place, and indexes stay as they are.
"""

from django.db import migrations, models

IDS = (
    "change", "group", "groupmember", "key", "limit", "project", "projectmember", "role", "roleassignment",
    "serviceaccount", "user",
)  # fmt: skip
WORDS = (
    ("cost", "quantity_unit"),
    ("group", "kind"),
    ("limit", "enforcement"),
    ("limit", "interval"),
    ("role", "stands_for"),
    ("roleassignment", "stands_for"),
)


def forwards(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":  # a user's id is a text since 0002, in an order of its own
        for model, column in (
            *((model, "vendor_id") for model in IDS if model != "user"),
            *WORDS,
            ("project", "status"),
        ):
            schema_editor.execute(f"ALTER TABLE store_{model} ALTER COLUMN {column} TYPE text")


class Migration(migrations.Migration):
    dependencies = [("store", "0009_budget_set_at")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                *(migrations.AlterField(model, "vendor_id", models.TextField()) for model in IDS),
                *(migrations.AlterField(model, column, models.TextField(null=True)) for model, column in WORDS),
                migrations.AlterField("project", "status", models.TextField()),
            ],
            database_operations=[migrations.RunPython(forwards, migrations.RunPython.noop, elidable=False)],
        )
    ]

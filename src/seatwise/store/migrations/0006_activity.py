"""Audit events of vendors, licenses by day, and where a user's last activity is known from.

What the users' listing said of it so far was the use of an API key, so that is where it goes.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0005_access")]
    operations = [
        # Without a default: SQLite then adds the column in place, and the triggers and partial indexes stay.
        migrations.AddField("user", "api_key_last_used_at", models.DateTimeField(null=True)),
        migrations.RunSQL(
            "UPDATE store_user SET api_key_last_used_at = last_active_at WHERE last_active_at IS NOT NULL",
            migrations.RunSQL.noop,
        ),
        migrations.AddIndex("usage", models.Index(fields=["connection", "user_id", "day"], name="usage_of_user")),
        migrations.CreateModel(
            name="AuditEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("vendor_id", models.CharField(max_length=300)),
                ("hash", models.BigIntegerField()),
                ("type", models.CharField(max_length=300)),
                ("at", models.DateTimeField()),
                ("actor_kind", models.CharField(max_length=300, null=True)),
                ("actor_id", models.CharField(max_length=300, null=True)),
                ("actor_email", models.TextField(null=True)),
                ("api_key_id", models.CharField(max_length=300, null=True)),
                ("ip_address", models.CharField(max_length=300, null=True)),
                ("user_agent", models.TextField(null=True)),
                ("target_id", models.CharField(max_length=300, null=True)),
                ("project_id", models.CharField(max_length=300, null=True)),
                ("project_name", models.TextField(null=True)),
                ("payload", models.JSONField(null=True)),
                (
                    "connection",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="store.connection"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["-at", "-id"], name="audit_event_latest"),
                    models.Index(fields=["type", "-at", "-id"], name="audit_event_type"),
                    models.Index(fields=["connection", "actor_id", "-at", "type"], name="audit_event_actor"),
                    models.Index(fields=["connection", "target_id", "-at"], name="audit_event_target"),
                ],
                "constraints": [
                    models.UniqueConstraint(models.F("connection"), models.F("vendor_id"), name="audit_event_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="LicenseDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("license", models.CharField(max_length=60)),
                ("day", models.DateField()),
                ("assigned", models.PositiveIntegerField()),
                ("idle", models.PositiveIntegerField()),
                ("invited", models.PositiveIntegerField()),
                ("unknown", models.PositiveIntegerField()),
                ("idle_days", models.PositiveIntegerField()),
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
                        models.F("connection"), models.F("license"), models.F("day"), name="license_day_once"
                    )
                ],
            },
        ),
    ]

import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(auto_now_add=True, db_index=True)),
                ("operator", models.CharField(max_length=200)),
                ("operation", models.CharField(max_length=80)),
                ("target", models.CharField(blank=True, default="", max_length=300)),
                ("outcome", models.CharField(default="done", max_length=20)),
                ("detail", models.JSONField(default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="Setting",
            fields=[
                ("name", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("value", models.JSONField()),
            ],
        ),
        migrations.CreateModel(
            name="Operator",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                ("email", models.EmailField(max_length=254, unique=True)),
                ("name", models.CharField(blank=True, default="", max_length=120)),
                ("role", models.CharField(max_length=20)),
                ("is_active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(django.db.models.functions.text.Lower("email"), name="operator_email_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120)),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("role", models.CharField(max_length=20)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField()),
                ("last_used_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "operator",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Connection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("integration", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=120)),
                ("organization_id", models.CharField(max_length=200)),
                ("sealed", models.TextField(blank=True, default="")),
                ("sync_every", models.PositiveIntegerField(default=60, help_text="minutes")),
                ("paused", models.BooleanField(default=False)),
                ("next_sync_at", models.DateTimeField(db_index=True, null=True)),
                ("next_trigger", models.CharField(default="schedule", max_length=200)),
                (
                    "confirmed",
                    models.JSONField(default=dict, help_text="stream: how many departures an operator confirmed"),
                ),
                (
                    "attention",
                    models.TextField(blank=True, default="", help_text="what an operator must do, in plain words"),
                ),
                ("last_complete_sync_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("disconnected_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("name"), name="connection_name_unique"
                    ),
                    models.UniqueConstraint(
                        models.F("integration"), models.F("organization_id"), name="connection_organization_once"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OneTimeLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("purpose", models.CharField(max_length=10)),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "operator",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Run",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("trigger", models.CharField(max_length=200)),
                ("state", models.CharField(default="queued", max_length=20)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("requests", models.PositiveIntegerField(default=0)),
                ("error", models.TextField(blank=True, default="")),
                ("detail", models.TextField(blank=True, default="")),
                ("lease", models.CharField(blank=True, default="", max_length=40)),
                ("lease_until", models.DateTimeField(null=True)),
                ("heartbeat_at", models.DateTimeField(null=True)),
                ("stop_requested", models.BooleanField(default=False)),
                ("confirmed", models.JSONField(default=dict)),
                (
                    "connection",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="runs",
                        to="store.connection",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Change",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("stream", models.CharField(max_length=60)),
                ("vendor_id", models.CharField(max_length=300)),
                ("label", models.TextField(default="")),
                ("kind", models.CharField(max_length=20)),
                ("before", models.JSONField(null=True)),
                ("after", models.JSONField(null=True)),
                (
                    "connection",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="store.connection"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, to="store.run"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RunStream",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60)),
                ("state", models.CharField(default="pending", max_length=20)),
                ("records", models.PositiveIntegerField(default=0)),
                ("arrived", models.PositiveIntegerField(default=0)),
                ("changed", models.PositiveIntegerField(default=0)),
                ("departed", models.PositiveIntegerField(default=0)),
                ("returned", models.PositiveIntegerField(default=0)),
                ("unchanged", models.PositiveIntegerField(default=0)),
                ("seconds", models.FloatField(default=0)),
                ("synced_at", models.DateTimeField(null=True)),
                ("message", models.TextField(blank=True, default="")),
                ("detail", models.TextField(blank=True, default="")),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="streams",
                        to="store.run",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Stream",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60)),
                ("enabled", models.BooleanField(default=True)),
                ("state", models.CharField(default="pending", max_length=20)),
                ("records", models.PositiveIntegerField(default=0)),
                ("synced_at", models.DateTimeField(null=True)),
                ("message", models.TextField(blank=True, default="")),
                ("detail", models.TextField(blank=True, default="")),
                ("held", models.PositiveIntegerField(default=0, help_text="departures that wait for an operator")),
                ("allowed", models.BooleanField(null=True)),
                ("permission", models.CharField(blank=True, default="", max_length=200)),
                ("probed_at", models.DateTimeField(null=True)),
                (
                    "connection",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="streams",
                        to="store.connection",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("vendor_id", models.CharField(max_length=300)),
                ("hash", models.BigIntegerField()),
                ("first_seen_at", models.DateTimeField()),
                ("departed_at", models.DateTimeField(null=True)),
                ("kind", models.CharField(max_length=20)),
                ("email", models.TextField(null=True)),
                ("email_key", models.TextField(null=True)),
                ("name", models.TextField(null=True)),
                ("name_key", models.TextField(null=True)),
                ("role", models.TextField(null=True)),
                ("status", models.CharField(max_length=20)),
                ("vendor_status", models.TextField(null=True)),
                ("joined_at", models.DateTimeField(null=True)),
                ("invited_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(null=True)),
                ("last_active_at", models.DateTimeField(null=True)),
                ("last_active_source", models.CharField(max_length=60, null=True)),
                ("scim_managed", models.BooleanField(null=True)),
                ("invited_projects", models.JSONField(null=True)),
                ("listed", models.BooleanField(default=True)),
                ("settled", models.BooleanField(db_default=False)),
                (
                    "connection",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="store.connection"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Headcount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20)),
                ("status", models.CharField(max_length=20)),
                ("role", models.TextField(blank=True, default="")),
                ("people", models.IntegerField()),
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
                        models.F("kind"),
                        models.F("status"),
                        models.F("role"),
                        name="headcount_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Project",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("vendor_id", models.CharField(max_length=300)),
                ("hash", models.BigIntegerField()),
                ("first_seen_at", models.DateTimeField()),
                ("departed_at", models.DateTimeField(null=True)),
                ("name", models.TextField(null=True)),
                ("status", models.CharField(max_length=20)),
                ("vendor_status", models.TextField(null=True)),
                ("created_at", models.DateTimeField(null=True)),
                ("archived_at", models.DateTimeField(null=True)),
                (
                    "connection",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="store.connection"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(models.F("connection"), models.F("vendor_id"), name="project_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="ProjectMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("vendor_id", models.CharField(max_length=300)),
                ("hash", models.BigIntegerField()),
                ("first_seen_at", models.DateTimeField()),
                ("departed_at", models.DateTimeField(null=True)),
                ("project_id", models.CharField(max_length=200)),
                ("user_id", models.CharField(max_length=200)),
                ("role", models.TextField(null=True)),
                ("added_at", models.DateTimeField(null=True)),
                (
                    "connection",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="store.connection"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["connection", "user_id"], name="project_member_user")],
                "constraints": [
                    models.UniqueConstraint(models.F("connection"), models.F("vendor_id"), name="project_member_once")
                ],
            },
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["connection", "-id"], name="run_latest"),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.UniqueConstraint(
                models.F("connection"), condition=models.Q(("state__in", ("queued", "running"))), name="run_one_open"
            ),
        ),
        migrations.AddIndex(
            model_name="change",
            index=models.Index(fields=["-at", "-id"], name="change_latest"),
        ),
        migrations.AddIndex(
            model_name="change",
            index=models.Index(fields=["connection", "stream", "vendor_id"], name="change_of_row"),
        ),
        migrations.AddConstraint(
            model_name="runstream",
            constraint=models.UniqueConstraint(models.F("run"), models.F("name"), name="run_stream_once"),
        ),
        migrations.AddConstraint(
            model_name="stream",
            constraint=models.UniqueConstraint(models.F("connection"), models.F("name"), name="stream_once"),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(
                models.F("connection"), models.F("kind"), models.F("vendor_id"), name="user_once"
            ),
        ),
    ]

"""What was done at vendors, by their own audit logs; and how many held a license on each day."""

from django.db import models

KEY_USE, OWN_KEY, USAGE, AUDIT_LOG = "API key use", "Own key", "Usage by day", "Audit log"
"""What `User.last_active_source` says: the vendor's list of users names the last use of an API key; a key they own was
used; usage is reported for a day; the audit log names them as who acted."""


class AuditEvent(models.Model):
    """One event of a vendor's audit log, added once and never taken away. All ids are the vendor's. `target_id` is whom
    or what it was done to; `payload` what else was sent, of bounded size."""

    connection = models.ForeignKey("store.Connection", on_delete=models.CASCADE, db_index=False)
    vendor_id = models.CharField(max_length=300)
    hash = models.BigIntegerField()
    type = models.CharField(max_length=300)
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=300, null=True)
    actor_id = models.CharField(max_length=300, null=True)
    actor_email = models.TextField(null=True)
    api_key_id = models.CharField(max_length=300, null=True)
    ip_address = models.CharField(max_length=300, null=True)
    user_agent = models.TextField(null=True)
    target_id = models.CharField(max_length=300, null=True)
    project_id = models.CharField(max_length=300, null=True)
    project_name = models.TextField(null=True)
    payload = models.JSONField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint("connection", "vendor_id", name="audit_event_once")]
        indexes = [
            models.Index(fields=("-at", "-id"), name="audit_event_latest"),
            models.Index(fields=("type", "-at", "-id"), name="audit_event_type"),
            models.Index(fields=("connection", "actor_id", "-at", "type"), name="audit_event_actor"),
            models.Index(fields=("connection", "target_id", "-at"), name="audit_event_target"),
        ]


class LicenseDay(models.Model):
    """How many users were in each group of a license at the last sync of a UTC day whose listing of users was complete;
    `license` is its slug, `idle_days` what idle meant then."""

    connection = models.ForeignKey("store.Connection", on_delete=models.CASCADE, db_index=False)
    license = models.CharField(max_length=60)
    day = models.DateField()
    assigned = models.PositiveIntegerField()
    idle = models.PositiveIntegerField()
    invited = models.PositiveIntegerField()
    unknown = models.PositiveIntegerField()
    idle_days = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint("connection", "license", "day", name="license_day_once")]

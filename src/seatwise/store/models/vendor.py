"""What vendors say: written by `sync` alone. `vendor_id` is the vendor's own id, `hash` tells an unchanged row."""

from django.db import models


class VendorRow(models.Model):
    connection = models.ForeignKey("store.Connection", on_delete=models.CASCADE, db_index=False)
    vendor_id = models.TextField()
    hash = models.BigIntegerField()
    first_seen_at = models.DateTimeField()
    departed_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class User(VendorRow):
    """An account at the vendor, or an invited person (`kind`). `last_active_at` is the newest use any source knows of,
    `last_active_source` which one: `sync.activity` works them out. `listed` is false for an invite that is no person of
    its own: accepted, or of somebody who is a member already. `email_key` is the address as compared: trimmed, lower
    case; `name_key` the name likewise. Listings sort and search by these keys. `settled` is `store.roster`'s on SQLite:
    the row is in the listings' indexes; new rows are scanned until it puts them there in bulk. `spend_rank` orders
    users by the spend of the latest month they spent in (`spend.rank`); kept with the persons' sums.
    """

    kind = models.CharField(max_length=20)
    email = models.TextField(null=True)
    email_key = models.TextField(null=True)
    name = models.TextField(null=True)
    name_key = models.TextField(null=True)
    role = models.TextField(null=True)
    status = models.CharField(max_length=20)
    vendor_status = models.TextField(null=True)
    joined_at = models.DateTimeField(null=True)
    invited_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    api_key_last_used_at = models.DateTimeField(null=True)
    last_active_at = models.DateTimeField(null=True)
    last_active_source = models.CharField(max_length=60, null=True)
    scim_managed = models.BooleanField(null=True)
    invited_projects = models.JSONField(null=True)
    listed = models.BooleanField(default=True)
    settled = models.BooleanField(db_default=False)
    spend_rank = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint("connection", "kind", "vendor_id", name="user_once")]


class Headcount(models.Model):
    """How many listed users a connection has of each kind, status and role ('' where the vendor names none). Kept by
    triggers on the users' table, in the transaction that writes them; nothing else writes here."""

    connection = models.ForeignKey("store.Connection", on_delete=models.CASCADE, db_index=False)
    kind = models.CharField(max_length=20)
    status = models.CharField(max_length=20)
    role = models.TextField(blank=True, default="")
    people = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint("connection", "kind", "status", "role", name="headcount_once")]


class Project(VendorRow):
    name = models.TextField(null=True)
    status = models.TextField()
    vendor_status = models.TextField(null=True)
    created_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint("connection", "vendor_id", name="project_once")]


class ProjectMember(VendorRow):
    """`project_id` and `user_id` are the vendor's ids: a member may be listed before the user is."""

    project_id = models.CharField(max_length=200)
    user_id = models.CharField(max_length=200)
    role = models.TextField(null=True)
    added_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint("connection", "vendor_id", name="project_member_once")]
        indexes = [
            models.Index(fields=("connection", "user_id"), name="project_member_user"),
            models.Index(fields=("connection", "project_id"), name="project_member_project"),
        ]

"""Groups, roles, who holds which, and limits: written by `sync` alone. All `*_id` are the vendor's ids."""

from django.db import models

from .vendor import VendorRow


class Group(VendorRow):
    name = models.TextField(null=True)
    kind = models.TextField(null=True)
    scim_managed = models.BooleanField(null=True)
    created_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint("connection", "vendor_id", name="group_once")]


class GroupMember(VendorRow):
    group_id = models.CharField(max_length=200)
    user_id = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint("connection", "vendor_id", name="group_member_once")]
        indexes = [
            models.Index(fields=("connection", "group_id", "user_id"), name="group_member_group"),
            models.Index(fields=("connection", "user_id"), name="group_member_user"),
        ]


class Role(VendorRow):
    """`kind` is organization (listed by every sync) or project (read on demand; its `vendor_id` names the project)."""

    kind = models.CharField(max_length=20)
    project_id = models.CharField(max_length=200, null=True)
    name = models.TextField(null=True)
    description = models.TextField(null=True)
    permissions = models.JSONField(null=True)
    predefined = models.BooleanField(null=True)
    stands_for = models.TextField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint("connection", "kind", "vendor_id", name="role_once")]
        indexes = [models.Index(fields=("connection", "project_id"), name="role_of_project")]


class RoleAssignment(VendorRow):
    """`kind` is group, project_group (both listed by every sync) or user (read on demand). Without a `project_id` the
    role counts in the organization; without a `role_id` a group is in a project and holds no role there."""

    kind = models.CharField(max_length=20)
    project_id = models.CharField(max_length=200, null=True)
    group_id = models.CharField(max_length=200, null=True)
    user_id = models.CharField(max_length=200, null=True)
    role_id = models.CharField(max_length=300, null=True)
    name = models.TextField(null=True)
    permissions = models.JSONField(null=True)
    predefined = models.BooleanField(null=True)
    stands_for = models.TextField(null=True)
    assigned_at = models.DateTimeField(null=True)
    direct = models.BooleanField(null=True)
    through = models.JSONField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint("connection", "kind", "vendor_id", name="role_assignment_once")]
        indexes = [
            models.Index(fields=("connection", "group_id"), name="role_assignment_group"),
            models.Index(fields=("connection", "project_id"), name="role_assignment_project"),
            models.Index(fields=("connection", "user_id"), name="role_assignment_user"),
            models.Index(fields=("connection", "role_id"), name="role_assignment_role"),
        ]


class Limit(VendorRow):
    """`kind` is organization (listed by every sync) or project (read on demand). `amount` is in `currency`."""

    kind = models.CharField(max_length=20)
    project_id = models.CharField(max_length=200, null=True)
    what = models.CharField(max_length=40)
    name = models.TextField(null=True)
    value = models.TextField(null=True)
    names = models.JSONField(null=True)
    amount = models.DecimalField(null=True, max_digits=20, decimal_places=2)
    currency = models.CharField(max_length=8, null=True)
    interval = models.TextField(null=True)
    enforcement = models.TextField(null=True)
    requests_per_minute = models.BigIntegerField(null=True)
    tokens_per_minute = models.BigIntegerField(null=True)
    images_per_minute = models.BigIntegerField(null=True)
    audio_megabytes_per_minute = models.BigIntegerField(null=True)
    requests_per_day = models.BigIntegerField(null=True)
    batch_tokens_per_day = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint("connection", "kind", "vendor_id", name="limit_once")]
        indexes = [models.Index(fields=("connection", "project_id", "what"), name="limit_of_project")]


class LookedUp(models.Model):
    """When an operator last had something read of one project or one user (`of`, `vendor_id`), and how each part of it
    went: `parts` is name: {read_at, message, detail, permission}, `read_at` being the last time the part was whole."""

    connection = models.ForeignKey("store.Connection", on_delete=models.CASCADE, db_index=False)
    of = models.CharField(max_length=20)
    vendor_id = models.CharField(max_length=200)
    read_at = models.DateTimeField()
    parts = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint("connection", "of", "vendor_id", name="looked_up_once")]

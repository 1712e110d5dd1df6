"""Keys, and the machines' accounts that own some of them."""

from django.db import models

from .vendor import VendorRow


class ServiceAccount(VendorRow):
    project_id = models.CharField(max_length=200)
    name = models.TextField(null=True)
    role = models.TextField(null=True)
    created_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint("connection", "vendor_id", name="service_account_once")]


class Key(VendorRow):
    """`kind` is project or admin. `project_id` and `owner_id` are the vendor's ids."""

    kind = models.CharField(max_length=10)
    project_id = models.CharField(max_length=200, null=True)
    name = models.TextField(null=True)
    redacted_value = models.TextField(null=True)
    owner_kind = models.CharField(max_length=20, null=True)
    owner_id = models.CharField(max_length=200, null=True)
    owner_name = models.TextField(null=True)
    owner_email = models.TextField(null=True)
    owner_has_access = models.BooleanField(null=True)
    created_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint("connection", "kind", "vendor_id", name="key_once")]
        indexes = [models.Index(fields=("connection", "owner_id"), name="key_owner")]

"""Keys, and the machines' accounts that own some of them."""

from django.db import models
from django.db.models import Case, Q, Value, When
from django.db.models.functions import Coalesce, Greatest

from .vendor import VendorRow

UNANSWERED = ("left", "unlisted", "unnamed")
"""Standings of an owner who does not answer for a key any more, or never did."""
TROUBLES = {"orphaned": 1, "owner_left": 2, "owner_disabled": 4, "never_used": 8, "no_expiry": 16}
"""Bits of `Key.troubles`: what time alone does not change."""


class ServiceAccount(VendorRow):
    project_id = models.CharField(max_length=200)
    name = models.TextField(null=True)
    role = models.TextField(null=True)
    created_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint("connection", "vendor_id", name="service_account_once")]


class Key(VendorRow):
    """`kind` is project or admin. `project_id` and `owner_id` are the vendor's ids. `used` and `expires` are null where
    the vendor did not say, False where it said never. `name_key`, `owner_key` and `search_key` are what listings sort
    and search by. Settled by `sync` after it has listed them: `owner_standing` (present, disabled, left, unlisted,
    unnamed, unknown) and `last_usage_at` (the first moment of the newest UTC day with usage)."""

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
    used = models.BooleanField(null=True)
    last_used_at = models.DateTimeField(null=True)
    expires = models.BooleanField(null=True)
    expires_at = models.DateTimeField(null=True)
    name_key = models.TextField(default="")
    owner_key = models.TextField(null=True)
    search_key = models.TextField(default="")
    owner_standing = models.CharField(max_length=20, db_default="unknown")
    last_usage_at = models.DateTimeField(null=True)
    last_use_at = models.GeneratedField(
        # Each coalesced with the other: SQLite's greatest of something and nothing is nothing.
        expression=Greatest(Coalesce("last_used_at", "last_usage_at"), Coalesce("last_usage_at", "last_used_at")),
        output_field=models.DateTimeField(null=True),
        db_persist=True,
    )
    troubles = models.GeneratedField(
        expression=(
            Case(
                When(Q(owner_standing__in=UNANSWERED) | Q(owner_has_access=False), then=Value(TROUBLES["orphaned"])),
                default=Value(0),
            )
            + Case(When(owner_standing="left", owner_kind="user", then=Value(TROUBLES["owner_left"])), default=Value(0))
            + Case(When(owner_standing="disabled", then=Value(TROUBLES["owner_disabled"])), default=Value(0))
            + Case(
                When(
                    used=False, last_used_at=None, last_usage_at=None, created_at__isnull=False,
                    then=Value(TROUBLES["never_used"]),
                ),
                default=Value(0),
            )
            + Case(When(expires=False, then=Value(TROUBLES["no_expiry"])), default=Value(0))
        ),
        output_field=models.IntegerField(),
        db_persist=True,
    )  # fmt: skip

    class Meta:
        constraints = [models.UniqueConstraint("connection", "kind", "vendor_id", name="key_once")]
        indexes = [models.Index(fields=("connection", "owner_id"), name="key_owner")]


class KeyCount(models.Model):
    """How many present keys a connection has of each kind with the same troubles and last used in the same UTC month
    (2026-05; empty where no use is known). Kept by triggers on the keys' table, in the transaction that writes them;
    nothing else writes here."""

    connection = models.ForeignKey("store.Connection", on_delete=models.CASCADE, db_index=False)
    kind = models.CharField(max_length=10)
    troubles = models.IntegerField()
    use_month = models.CharField(max_length=7, blank=True, default="")
    keys = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint("connection", "kind", "troubles", "use_month", name="key_count_once")]

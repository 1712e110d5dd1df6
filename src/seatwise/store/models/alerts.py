"""Budgets, what an operator is told about, and by which way: written by `services` alone. Amounts as in `spend.py`."""

from uuid import uuid4

from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone


class Budget(models.Model):
    """So much a calendar month (UTC) for one `scope`: all, connection, project, person, key or model. `subject` is the
    vendor's id or word of it, `label` what it was called when the budget was made. `thresholds` are pairs of percent
    and basis (actual or forecast). `revision` counts the amounts it has had: what was told of an old one is no answer
    for a new one. `set_at` is when amount, currency or thresholds were last set: no month before that is told of."""

    name = models.CharField(max_length=120)
    scope = models.CharField(max_length=12)
    connection = models.ForeignKey("store.Connection", on_delete=models.CASCADE, null=True)
    subject = models.TextField(blank=True, default="")
    label = models.TextField(blank=True, default="")
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=8)
    thresholds = models.JSONField(default=list)
    revision = models.PositiveIntegerField(default=1)
    set_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(Lower("name"), name="budget_name_once")]


class ThresholdFired(models.Model):
    """One threshold of one budget, passed in one month: `period` is its first day. Once, whoever looks how often."""

    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="fired", db_index=False)
    period = models.DateField()
    revision = models.PositiveIntegerField()
    basis = models.CharField(max_length=10)
    percent = models.PositiveIntegerField()
    amount = models.BigIntegerField(help_text="what was spent, or will be, when it was passed")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("budget", "period", "revision", "basis", "percent", name="threshold_fired_once")
        ]


class Watch(models.Model):
    """How far a connection has been looked at: the last ended run, and the kinds whose first look is behind us. What
    that first look finds is there already, and no news."""

    connection = models.OneToOneField("store.Connection", on_delete=models.CASCADE)
    run_id = models.BigIntegerField(default=0)
    looked_at = models.DateTimeField(null=True)
    baselines = models.JSONField(default=list)


class Condition(models.Model):
    """Something that holds at a connection and was told of, or was there at the first look: as long as the row stays,
    it is no news. It goes when the condition ends, so that the next time is news again."""

    connection = models.ForeignKey("store.Connection", on_delete=models.CASCADE, db_index=False)
    kind = models.CharField(max_length=20)
    subject = models.CharField(max_length=300)
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint("connection", "kind", "subject", name="condition_once")]


class Alert(models.Model):
    """What happened, once: `key` names the occurrence. `facts` are pairs of label and value, the evidence; `link` is a
    path of ours that shows more."""

    key = models.CharField(max_length=400, unique=True)
    kind = models.CharField(max_length=20)
    connection = models.ForeignKey("store.Connection", on_delete=models.CASCADE, null=True)
    budget = models.ForeignKey(Budget, on_delete=models.SET_NULL, null=True)
    at = models.DateTimeField(auto_now_add=True)
    title = models.TextField()
    text = models.TextField(blank=True, default="")
    facts = models.JSONField(default=list)
    link = models.CharField(max_length=300, blank=True, default="")
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=("-at", "-id"), name="alert_latest")]


class Channel(models.Model):
    """A way to people: email, slack, teams or webhook. `sealed` holds its secrets (`store.secrets`), `shown` what may
    be seen of where it leads. `kinds` are the alerts it takes, none for all; with `digest_hour` they wait for that
    hour (UTC) and go as one."""

    kind = models.CharField(max_length=10)
    name = models.CharField(max_length=120)
    shown = models.TextField(blank=True, default="")
    sealed = models.TextField(blank=True, default="")
    kinds = models.JSONField(default=list)
    digest_hour = models.PositiveSmallIntegerField(null=True)
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(Lower("name"), name="channel_name_once")]


class Delivery(models.Model):
    """One alert on its way through one channel: the outbox, written in the transaction of the alert. Without an alert
    it is a test. `state` is waiting, delivered or failed; `log` holds each try with its reason. A worker takes it by
    writing `claim` and a later `next_try_at`, so that one that dies is followed by the next."""

    uid = models.UUIDField(default=uuid4, unique=True)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, db_index=False)
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, null=True, related_name="deliveries")
    state = models.CharField(max_length=10, default="waiting")
    created_at = models.DateTimeField(auto_now_add=True)
    next_try_at = models.DateTimeField(null=True)
    claim = models.CharField(max_length=40, blank=True, default="")
    tries = models.PositiveSmallIntegerField(default=0)
    log = models.JSONField(default=list)
    reason = models.TextField(blank=True, default="")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint("channel", "alert", name="delivery_once")]
        indexes = [
            models.Index(fields=("state", "next_try_at"), name="delivery_due"),
            models.Index(fields=("channel", "-id"), name="delivery_latest"),
        ]


class AllowedHost(models.Model):
    """A host that alerts may be sent to though its address is not public: an owner said so."""

    host = models.CharField(max_length=255, unique=True)
    allowed_by = models.CharField(max_length=200)
    at = models.DateTimeField(auto_now_add=True)

"""A run: the record of one sync of one connection, its lease, and what each stream did."""

from django.db import models


class Run(models.Model):
    """At most one run of a connection is open. A worker writes only while it holds `lease`: every transaction of a run
    begins by renewing it, and fails where another worker took over."""

    connection = models.ForeignKey("store.Connection", on_delete=models.CASCADE, related_name="runs", db_index=False)
    trigger = models.CharField(max_length=200)
    state = models.CharField(max_length=20, default="queued")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    requests = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True, default="")
    detail = models.TextField(blank=True, default="")
    lease = models.CharField(max_length=40, blank=True, default="")
    lease_until = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    stop_requested = models.BooleanField(default=False)
    confirmed = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "connection", condition=models.Q(state__in=("queued", "running")), name="run_one_open"
            )
        ]
        indexes = [models.Index(fields=("connection", "-id"), name="run_latest")]


class RunStream(models.Model):
    """What one stream did in one run; `seconds` is its duration."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="streams", db_index=False)
    name = models.CharField(max_length=60)
    state = models.CharField(max_length=20, default="pending")
    records = models.PositiveIntegerField(default=0)
    arrived = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    departed = models.PositiveIntegerField(default=0)
    returned = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(default=0)
    synced_at = models.DateTimeField(null=True)
    message = models.TextField(blank=True, default="")
    detail = models.TextField(blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint("run", "name", name="run_stream_once")]

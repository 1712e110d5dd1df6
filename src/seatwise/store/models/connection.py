"""A connection, and how each of its streams stands."""

from django.db import models
from django.db.models.functions import Lower


class Connection(models.Model):
    """One account of one vendor. `sealed` holds the credentials, readable by `store.secrets` alone; empty once
    disconnected. `next_sync_at` is the outbox: asking for a sync is setting it."""

    integration = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    organization_id = models.CharField(max_length=200)
    sealed = models.TextField(blank=True, default="")
    sync_every = models.PositiveIntegerField(default=60, help_text="minutes")
    paused = models.BooleanField(default=False)
    next_sync_at = models.DateTimeField(null=True, db_index=True)
    next_trigger = models.CharField(max_length=200, default="schedule")
    confirmed = models.JSONField(default=dict, help_text="stream: how many departures an operator confirmed")
    attention = models.TextField(blank=True, default="", help_text="what an operator must do, in plain words")
    last_complete_sync_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    disconnected_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("name"), name="connection_name_unique"),
            models.UniqueConstraint("integration", "organization_id", name="connection_organization_once"),
        ]


class ListedPage(models.Model):
    """A page as it was in the last complete listing of a stream: what tells its bytes from others, and the hashes of
    the rows it became (eight bytes each). While it comes again, and those rows are here, nobody reads it."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, db_index=False)
    stream = models.CharField(max_length=60)
    digest = models.BinaryField()
    hashes = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint("connection", "stream", "digest", name="listed_page_once")]


class Stream(models.Model):
    """How one stream of one connection stands. `synced_at` is the last complete listing; `baseline` whether there was
    one. `allowed` is the probe's answer: null where it was not tried, and `untried` says why."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="streams", db_index=False)
    name = models.CharField(max_length=60)
    enabled = models.BooleanField(default=True)
    state = models.CharField(max_length=20, default="pending")
    records = models.PositiveIntegerField(default=0)
    synced_at = models.DateTimeField(null=True)
    message = models.TextField(blank=True, default="")
    detail = models.TextField(blank=True, default="")
    held = models.PositiveIntegerField(default=0, help_text="departures that wait for an operator")
    allowed = models.BooleanField(null=True)
    permission = models.CharField(max_length=200, blank=True, default="")
    untried = models.TextField(blank=True, default="")
    probed_at = models.DateTimeField(null=True)
    covered_from = models.DateField(null=True, help_text="a series: the first UTC day that is read")
    covered_to = models.DateField(null=True, help_text="a series: the day behind the last that is read")
    month_read = models.DateField(null=True, help_text="a series: the latest month read once more after its end")
    lacking = models.JSONField(
        default=list, help_text="a series: first day, last day and the fields these days were told without"
    )
    asked_again = models.DateField(
        null=True, help_text="a series: the UTC day on which what is lacking was last asked for in vain"
    )

    class Meta:
        constraints = [models.UniqueConstraint("connection", "name", name="stream_once")]

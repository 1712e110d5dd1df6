"""History: what we saw change at vendors, and what operators did here. Rows are added, never edited."""

from django.db import models


class Change(models.Model):
    """`kind` is arrived, changed, departed, returned, or baseline (one line for a stream's first complete listing).
    `before` and `after` hold only the fields that differ; `label` is the row's name for people."""

    connection = models.ForeignKey("store.Connection", on_delete=models.CASCADE, db_index=False)
    run = models.ForeignKey("store.Run", on_delete=models.SET_NULL, null=True, db_index=False)
    at = models.DateTimeField()
    stream = models.CharField(max_length=60)
    vendor_id = models.TextField()
    label = models.TextField(default="")
    kind = models.CharField(max_length=20)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=("-at", "-id"), name="change_latest"),
            models.Index(fields=("connection", "stream", "vendor_id"), name="change_of_row"),
        ]


class AuditEntry(models.Model):
    """`operator` is an e-mail, `cli:<system user>`, `token:<name>` or `system`; `operation` the service function."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    operator = models.CharField(max_length=200)
    operation = models.CharField(max_length=80)
    target = models.CharField(max_length=300, blank=True, default="")
    outcome = models.CharField(max_length=20, default="done")
    detail = models.JSONField(default=dict)

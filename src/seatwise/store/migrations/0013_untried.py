"""Why the probe could not try a stream: the vendor's own trouble, or nothing there to try it on."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0012_usage_sums")]
    operations = [
        migrations.AddField(model_name="stream", name="untried", field=models.TextField(blank=True, default="")),
    ]

"""When a budget's amount was set: a month that was over by then is none of its."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0008_spend_listings")]
    operations = [
        migrations.AddField(
            model_name="budget", name="set_at", field=models.DateTimeField(default=django.utils.timezone.now)
        ),
    ]

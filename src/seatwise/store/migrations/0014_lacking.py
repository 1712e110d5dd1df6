"""Which days of a series lack something that the vendor could tell, and when it was last asked for in vain."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0013_untried")]
    operations = [
        migrations.AddField(
            model_name="stream",
            name="lacking",
            field=models.JSONField(
                default=list, help_text="a series: first day, last day and the fields these days were told without"
            ),
        ),
        migrations.AddField(
            model_name="stream",
            name="asked_again",
            field=models.DateField(
                help_text="a series: the UTC day on which what is lacking was last asked for in vain", null=True
            ),
        ),
    ]

"""Pages as they were listed last, so that what came before is not read again."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0010_vendor_texts")]
    operations = [
        migrations.CreateModel(
            name="ListedPage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stream", models.CharField(max_length=60)),
                ("digest", models.BinaryField()),
                ("hashes", models.BinaryField()),
                (
                    "connection",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="store.connection"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        models.F("connection"), models.F("stream"), models.F("digest"), name="listed_page_once"
                    )
                ],
            },
        ),
    ]

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("store", "0005_access")]
    operations: list[migrations.operations.base.Operation] = []

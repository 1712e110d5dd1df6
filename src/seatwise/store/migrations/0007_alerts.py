from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("store", "0006_activity")]
    operations: list[migrations.operations.base.Operation] = []

"""What makes 100,000 keys quick to list, count and search: what their troubles are as a generated column, indexes in the
order of each listing, a count kept by triggers, and substring search. Each database has its own means for these.

The full text of SQLite is filled in bulk (store/key_roster.py says why); rows above its mark are scanned.
"""

# ruff: noqa: S608 (the SQL is made of names of our own)

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Case, Q, Value, When
from django.db.models.functions import Coalesce, Greatest

PRESENT = "departed_at IS NULL"
SORTS = {
    "name": "name_key",
    "owner": "owner_key",
    "created": "created_at",
    "use": "last_use_at",
    "expiry": "expires_at",
    "troubles": "troubles",
}
COVERED = {"expiry": ", troubles, last_use_at"}
"""What stands behind `id`, the tie-breaker of every listing, answers counts without a look at the row."""
TEXTS = ("name_key", "owner_key", "search_key")


def indexes():
    for name, column in SORTS.items():
        columns = f"connection_id, kind, {column}, id{COVERED.get(name, '')}"
        yield f"CREATE INDEX key_by_{name} ON store_key ({columns}) WHERE {PRESENT}"
    yield f"CREATE INDEX key_by_project ON store_key (connection_id, project_id) WHERE {PRESENT}"


COUNT = """
    INSERT INTO store_keycount (connection_id, kind, troubles, use_month, keys)
    {rows}
    ON CONFLICT (connection_id, kind, troubles, use_month) DO UPDATE SET keys = {old}keys + excluded.keys"""
MONTH = "ifnull(substr({row}.last_use_at, 1, 7), '')"
GROUP = "{row}.connection_id, {row}.kind, {row}.troubles, " + MONTH
COME = COUNT.format(rows=f"SELECT {GROUP.format(row='new')}, 1 WHERE new.{PRESENT}", old="")
GO = COUNT.format(rows=f"SELECT {GROUP.format(row='old')}, -1 WHERE old.{PRESENT}", old="")
SETTLED = "old.id <= (SELECT upto FROM key_settled)"
FORGET = "INSERT INTO key_text (key_text, rowid, text) VALUES ('delete', old.id, old.search_key)"
SQLITE = (
    "CREATE VIRTUAL TABLE key_text USING fts5(text, content='', columnsize=0, detail=none, tokenize='trigram case_sensitive 1')",
    "CREATE TABLE key_settled (upto integer NOT NULL)",
    "INSERT INTO key_settled (upto) VALUES (0)",
    f"CREATE TRIGGER key_arrives AFTER INSERT ON store_key BEGIN {COME}; END",
    f"""CREATE TRIGGER key_changes AFTER UPDATE ON store_key WHEN old.troubles <> new.troubles OR old.kind <> new.kind
    OR (old.{PRESENT}) <> (new.{PRESENT}) OR {MONTH.format(row="old")} <> {MONTH.format(row="new")} BEGIN {GO}; {COME}; END""",
    f"""CREATE TRIGGER key_goes AFTER DELETE ON store_key BEGIN
    UPDATE store_keycount SET keys = keys - 1 WHERE old.{PRESENT} AND connection_id = old.connection_id
    AND kind = old.kind AND troubles = old.troubles AND use_month = {MONTH.format(row="old")};
    INSERT INTO key_text (key_text, rowid, text) SELECT 'delete', old.id, old.search_key WHERE {SETTLED};
    END""",
    f"""CREATE TRIGGER key_text_changes AFTER UPDATE OF search_key ON store_key
    WHEN old.search_key <> new.search_key AND {SETTLED} BEGIN
    {FORGET};
    INSERT INTO key_text (rowid, text) VALUES (new.id, new.search_key);
    END""",
)

TALLY = """SELECT connection_id, kind, troubles, use_month, sum(n) FROM ({rows}) AS rows
    GROUP BY 1, 2, 3, 4 HAVING sum(n) <> 0"""
IN_UTC = "coalesce(to_char(last_use_at AT TIME ZONE 'UTC', 'YYYY-MM'), '')"
CAME, GONE = (
    f"SELECT connection_id, kind, troubles, {IN_UTC} AS use_month, {n} AS n FROM {table} WHERE {PRESENT}"
    for table, n in (("come", 1), ("gone", -1))
)
POSTGRES = (
    f"""CREATE FUNCTION count_keys() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'INSERT' THEN {COUNT.format(rows=TALLY.format(rows=CAME), old="store_keycount.")};
    ELSIF TG_OP = 'DELETE' THEN {COUNT.format(rows=TALLY.format(rows=GONE), old="store_keycount.")};
    ELSE {COUNT.format(rows=TALLY.format(rows=CAME + " UNION ALL " + GONE), old="store_keycount.")};
    END IF; RETURN NULL; END $$""",
    (
        "CREATE TRIGGER key_arrives AFTER INSERT ON store_key REFERENCING NEW TABLE AS come "
        "FOR EACH STATEMENT EXECUTE FUNCTION count_keys()"
    ),
    (
        "CREATE TRIGGER key_goes AFTER DELETE ON store_key REFERENCING OLD TABLE AS gone "
        "FOR EACH STATEMENT EXECUTE FUNCTION count_keys()"
    ),
    (
        "CREATE TRIGGER key_changes AFTER UPDATE ON store_key REFERENCING OLD TABLE AS gone NEW TABLE AS come "
        "FOR EACH STATEMENT EXECUTE FUNCTION count_keys()"
    ),
    f"CREATE INDEX key_text ON store_key USING gin (search_key gin_trgm_ops) WHERE {PRESENT}",
)


def forwards(apps, schema_editor):
    postgres = schema_editor.connection.vendor == "postgresql"
    if postgres:  # the same order as SQLite's: by code point, whatever the server's language
        for column in TEXTS:
            schema_editor.execute(f'ALTER TABLE store_key ALTER COLUMN {column} SET DATA TYPE text COLLATE "C"')
    month = IN_UTC if postgres else MONTH.format(row="store_key")
    # Rows of before: with a hash that fits nothing, the next sync writes them whole.
    schema_editor.execute("UPDATE store_key SET hash = id, name_key = lower(coalesce(name, vendor_id))")
    schema_editor.execute(
        "INSERT INTO store_keycount (connection_id, kind, troubles, use_month, keys) SELECT connection_id, kind, troubles, "
        f"{month}, count(*) FROM store_key WHERE {PRESENT} GROUP BY 1, 2, 3, 4"
    )
    for statement in (*indexes(), *(POSTGRES if postgres else SQLITE)):
        schema_editor.execute(statement)


TROUBLES = (
    Case(
        When(Q(owner_standing__in=("left", "unlisted", "unnamed")) | Q(owner_has_access=False), then=Value(1)),
        default=Value(0),
    )
    + Case(When(owner_standing="left", owner_kind="user", then=Value(2)), default=Value(0))
    + Case(When(owner_standing="disabled", then=Value(4)), default=Value(0))
    + Case(
        When(used=False, last_used_at=None, last_usage_at=None, created_at__isnull=False, then=Value(8)),
        default=Value(0),
    )
    + Case(When(expires=False, then=Value(16)), default=Value(0))
)


class Migration(migrations.Migration):
    dependencies = [("store", "0003_spend")]
    operations = [
        migrations.CreateModel(
            name="KeyCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=10)),
                ("troubles", models.IntegerField()),
                ("use_month", models.CharField(blank=True, default="", max_length=7)),
                ("keys", models.IntegerField()),
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
                        models.F("connection"),
                        models.F("kind"),
                        models.F("troubles"),
                        models.F("use_month"),
                        name="key_count_once",
                    )
                ],
            },
        ),
        migrations.AddField("key", "used", models.BooleanField(null=True)),
        migrations.AddField("key", "expires", models.BooleanField(null=True)),
        migrations.AddField("key", "name_key", models.TextField(default="")),
        migrations.AddField("key", "owner_key", models.TextField(null=True)),
        migrations.AddField("key", "search_key", models.TextField(default="")),
        migrations.AddField("key", "owner_standing", models.CharField(max_length=20, db_default="unknown")),
        migrations.AddField("key", "last_usage_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "key",
            "last_use_at",
            models.GeneratedField(
                expression=Greatest(
                    Coalesce("last_used_at", "last_usage_at"), Coalesce("last_usage_at", "last_used_at")
                ),
                output_field=models.DateTimeField(null=True),
                db_persist=True,
            ),
        ),
        migrations.AddField(
            "key",
            "troubles",
            models.GeneratedField(expression=TROUBLES, output_field=models.IntegerField(), db_persist=True),
        ),
        migrations.RunPython(forwards, elidable=False),
    ]

"""What makes 100,000 users quick to list, count and search: indexes in the order of each listing, a headcount kept by
triggers, and substring search. Each database has its own means, so this is SQL.

Measured on SQLite, CPU a row of 10,000 users inserted in transactions of 400 (the row with its unique index: 8 to 9 µs):

    one index of a listing                     + 1.9 to 2.7 µs; the six of them + 14
    a trigger that counts                      + 4.0
    a trigger that fills FTS5 trigrams         + 27 to 48: each short transaction writes a segment of its own
    all of it in bulk, 4,000 rows at a time      11.8: trigrams 5, indexes 5.7, headcount 0.7, the mark 0.5

So the indexes, the headcount and the trigrams hold only rows that are `settled`, which store/roster.py does in bulk;
rows above its mark are scanned (12,000 of them in 12 ms). Triggers keep settled rows true: they cost when a row
changes, and rows seldom do. FTS5 with detail=none and columnsize=0: a hit is compared with the whole text anyway.
Postgres counts by statement, and has a trigram index that gathers new rows by itself.
"""

# ruff: noqa: S608 (the SQL is made of names of our own)

from django.db import migrations

PRESENT = "listed AND departed_at IS NULL"
SORTS = {
    "email": "email_key, id, name_key, role, status",
    "name": "name_key, id, email_key",
    "joined": "joined_at, id",
    "active": "last_active_at, id, status, role",
}
TEXTS = ("email_key", "name_key", "role", "status", "kind", "vendor_id")


def indexes(postgres):
    """What stands behind `id`, the tie-breaker of every listing, answers counts without a look at the row."""
    where = f"WHERE {PRESENT}" if postgres else f"WHERE settled AND {PRESENT}"
    for name, columns in SORTS.items():
        yield f"CREATE INDEX user_by_{name} ON store_user (connection_id, kind, {columns}) {where}"
    yield f"CREATE INDEX user_by_role ON store_user (connection_id, role, email_key, id) {where}"
    yield (
        "CREATE INDEX user_by_status ON store_user (connection_id, status, email_key, id) "
        f"WHERE {'' if postgres else 'settled AND '}listed AND status NOT IN ('active', 'unknown')"
    )


COUNT = """
    INSERT INTO store_headcount (connection_id, kind, status, role, people)
    {rows}
    ON CONFLICT (connection_id, kind, status, role) DO UPDATE SET people = {old}people + excluded.people"""

TEXT = "ifnull({row}.email_key, '') || char(10) || ifnull({row}.name_key, '')"
GROUP = "{row}.connection_id, {row}.kind, {row}.status, ifnull({row}.role, '')"
SQLITE_TRIGGERS = (
    "CREATE VIRTUAL TABLE user_text USING fts5(text, content='', columnsize=0, detail=none, tokenize='trigram case_sensitive 1')",
    "CREATE TABLE user_settled (upto integer NOT NULL)",
    "INSERT INTO user_settled (upto) VALUES (0)",
    f"""CREATE TRIGGER user_changes AFTER UPDATE OF kind, status, role, listed ON store_user
    WHEN old.settled AND new.settled AND (old.status <> new.status OR old.role IS NOT new.role
    OR old.listed <> new.listed OR old.kind <> new.kind) BEGIN
    {COUNT.format(rows=f"SELECT {GROUP.format(row='old')}, -1 WHERE old.listed", old="")};
    {COUNT.format(rows=f"SELECT {GROUP.format(row='new')}, 1 WHERE new.listed", old="")};
    END""",
    f"""CREATE TRIGGER user_departs AFTER DELETE ON store_user WHEN old.settled BEGIN
    UPDATE store_headcount SET people = people - 1 WHERE old.listed AND connection_id = old.connection_id
    AND kind = old.kind AND status = old.status AND role = ifnull(old.role, '');
    INSERT INTO user_text (user_text, rowid, text) VALUES ('delete', old.id, {TEXT.format(row="old")});
    END""",
    f"""CREATE TRIGGER user_text_changes AFTER UPDATE OF email_key, name_key ON store_user
    WHEN old.settled AND (old.email_key IS NOT new.email_key OR old.name_key IS NOT new.name_key) BEGIN
    INSERT INTO user_text (user_text, rowid, text) VALUES ('delete', old.id, {TEXT.format(row="old")});
    INSERT INTO user_text (rowid, text) VALUES (new.id, {TEXT.format(row="new")});
    END""",
)

TALLY = """SELECT connection_id, kind, status, coalesce(role, ''), sum(n) FROM ({rows}) AS rows
    GROUP BY 1, 2, 3, 4 HAVING sum(n) <> 0"""
COME, GONE = (
    f"SELECT connection_id, kind, status, role, {n} AS n FROM {table} WHERE listed"
    for table, n in (("come", 1), ("gone", -1))
)
POSTGRES_TRIGGERS = (
    f"""CREATE FUNCTION count_users() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'INSERT' THEN {COUNT.format(rows=TALLY.format(rows=COME), old="store_headcount.")};
    ELSIF TG_OP = 'DELETE' THEN {COUNT.format(rows=TALLY.format(rows=GONE), old="store_headcount.")};
    ELSE {COUNT.format(rows=TALLY.format(rows=COME + " UNION ALL " + GONE), old="store_headcount.")};
    END IF; RETURN NULL; END $$""",
    (
        "CREATE TRIGGER user_arrives AFTER INSERT ON store_user REFERENCING NEW TABLE AS come "
        "FOR EACH STATEMENT EXECUTE FUNCTION count_users()"
    ),
    (
        "CREATE TRIGGER user_departs AFTER DELETE ON store_user REFERENCING OLD TABLE AS gone "
        "FOR EACH STATEMENT EXECUTE FUNCTION count_users()"
    ),
    (
        "CREATE TRIGGER user_changes AFTER UPDATE ON store_user REFERENCING OLD TABLE AS gone NEW TABLE AS come "
        "FOR EACH STATEMENT EXECUTE FUNCTION count_users()"
    ),
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX user_text ON store_user USING gin (email_key gin_trgm_ops, name_key gin_trgm_ops) WHERE listed",
)


def forwards(apps, schema_editor):
    postgres = schema_editor.connection.vendor == "postgresql"
    if postgres:  # the same order as SQLite's: by code point, whatever the server's language
        for column in TEXTS:
            schema_editor.execute(f'ALTER TABLE store_user ALTER COLUMN {column} SET DATA TYPE text COLLATE "C"')
    for statement in (*indexes(postgres), *(POSTGRES_TRIGGERS if postgres else SQLITE_TRIGGERS)):
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("store", "0001_initial")]
    operations = [migrations.RunPython(forwards, elidable=False)]

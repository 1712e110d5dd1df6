"""The SQL target of Singer's SDK on SQLite: what it does by itself, with the upsert that it leaves to its users."""

from typing import Any

import sqlalchemy
from singer_sdk import typing as th
from singer_sdk.sql import SQLConnector, SQLSink, SQLTarget
from sqlalchemy.dialects.sqlite import insert
from target import DIRECTORY


class Connector(SQLConnector):
    def get_sqlalchemy_url(self, config: Any) -> str:
        return f"sqlite:///{DIRECTORY}/target.sqlite3"

    def create_engine(self) -> Any:
        engine = super().create_engine()

        @sqlalchemy.event.listens_for(engine, "connect")
        def _(connection: Any, record: Any) -> None:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")

        return engine


class Sink(SQLSink[Connector]):
    connector_class = Connector
    max_size = 10_000

    def generate_insert_statement(self, full_table_name: Any, schema: dict[str, Any]) -> Any:
        table = self.connector.get_table(full_table_name)
        statement = insert(table)
        rest = {column.name: statement.excluded[column.name] for column in table.columns if column.name != "id"}
        return statement.on_conflict_do_update(index_elements=["id"], set_=rest)


class TargetSQLite(SQLTarget):
    name = "target-bench"
    config_jsonschema = th.PropertiesList().to_dict()
    default_sink_class = Sink
    default_connector = Connector


TargetSQLite(config={"add_record_metadata": False}).listen()

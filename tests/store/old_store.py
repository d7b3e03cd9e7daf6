"""A store as version 0 wrote it."""

from pathlib import Path

import duckdb


def make_version_0(path: Path) -> None:
    """Take from a store what version 0 had not: logs of deletions, first positions, and some columns and tables."""
    connection = duckdb.connect(str(path))
    for (name,) in connection.execute("SELECT index_name FROM duckdb_indexes()").fetchall():
        connection.execute(f'DROP INDEX "{name}"')
    for (name,) in connection.execute("SELECT table_name FROM duckdb_tables() WHERE table_name <> '_meta'").fetchall():
        if name.startswith("_deleted_"):
            connection.execute(f'DROP TABLE "{name}"')
        else:
            connection.execute(f'ALTER TABLE "{name}" DROP COLUMN _first_seq')
    connection.execute("UPDATE _meta SET value = 0 WHERE name = 'schema_version'")
    connection.execute("DELETE FROM _meta WHERE name = 'expired'")
    connection.execute('ALTER TABLE scores DROP COLUMN "label"')
    connection.execute("DROP TABLE quarantine")
    connection.close()

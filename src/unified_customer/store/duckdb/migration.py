"""The schema version of a database: made new, brought forward step by step, or refused."""

from collections.abc import Callable, Mapping
from typing import Final

from unified_customer.core.errors import SchemaVersionError, StoreError
from unified_customer.core.tables import SEQ, TABLES, Table
from unified_customer.store.duckdb.layout import (
    MAIN,
    META,
    column_definition,
    create,
    index,
    located,
    relations,
    sql_type,
)
from unified_customer.store.duckdb.session import Session
from unified_customer.store.protocol import SCHEMA_VERSION
from unified_customer.store.rows import FIRST_SEQ

Migration = Callable[[Session], None]
Columns = dict[str, dict[str, str]]


def _remember_first_positions(session: Session) -> None:
    """From 0 to 1: each row knows the position with which it came, and deletions can expire."""
    present = _columns(session)
    for name in TABLES.keys() & present.keys():
        session.run(f"ALTER TABLE {located(name)} ADD COLUMN {FIRST_SEQ} BIGINT")
        session.run(f"UPDATE {located(name)} SET {FIRST_SEQ} = {SEQ}")
    # Version 0 kept no log, so what was deleted before is not known.
    session.run(f"INSERT INTO {located(META)} SELECT 'expired', value FROM {located(META)} WHERE name = 'last_seq'")


def _nothing(_: Session) -> None:
    """From 1 to 2: tables and columns are added, which opening does anyway; releases before must not write audits."""


MIGRATIONS: Final[Mapping[int, Migration]] = {0: _remember_first_positions, 1: _nothing}
"""The step that leads from each version to the next."""


def prepare(session: Session, *, step: Callable[[str], None]) -> None:
    """Make the database one of the current schema, in one transaction: all of it or nothing.

    Raises:
        SchemaVersionError: A newer release wrote it, or its version is unknown.
        StoreError: It is no store, or a column has another type than its table says.
    """
    session.run("BEGIN TRANSACTION")
    if _empty(session):
        _create(session)
    else:
        present = _columns(session)
        if _migrate(session, present, step=step) or _missing(present) or _unindexed(session):
            present = _complete(session)
        _refuse_other_types(present)
    step("opening:prepared")
    session.run("COMMIT")


def _create(session: Session) -> None:
    session.run(f"CREATE TABLE {located(META)} (name VARCHAR, value BIGINT)")
    session.run(
        f"INSERT INTO {located(META)} VALUES ('schema_version', ?), ('last_seq', 0), ('expired', 0)", [SCHEMA_VERSION]
    )
    for table in TABLES.values():
        for name, columns in relations(table).items():
            session.run(create(name, columns))
        _index(session, table)


def _migrate(session: Session, present: Columns, *, step: Callable[[str], None]) -> bool:
    found = _version(session, present)
    for version in range(found, SCHEMA_VERSION):
        MIGRATIONS[version](session)
        session.run(f"UPDATE {located(META)} SET value = ? WHERE name = 'schema_version'", [version + 1])
        step(f"opening:migrated:{version + 1}")
    return found < SCHEMA_VERSION


def _version(session: Session, present: Columns) -> int:
    if META not in present:
        message = f"The database has tables, but no {META!r}: it is not a store. Give the path of a store or a new one."
        raise StoreError(message)
    rows = session.rows(f"SELECT value FROM {located(META)} WHERE name = 'schema_version'")
    if len(rows) != 1 or rows[0][0] is None or rows[0][0] < 0:
        message = "The store does not say its schema version. Restore it from a backup."
        raise SchemaVersionError(message)
    found = int(rows[0][0])
    if found > SCHEMA_VERSION:
        message = f"The store has schema version {found}; this release knows {SCHEMA_VERSION}. Install a newer release."
        raise SchemaVersionError(message)
    return found


def _missing(present: Columns) -> bool:
    return any(
        columns.keys() - present.get(name, {}).keys()
        for table in TABLES.values()
        for name, columns in relations(table).items()
    )


def _unindexed(session: Session) -> bool:
    rows = session.rows("SELECT index_name FROM duckdb_indexes() WHERE database_name = ?", [MAIN])
    present = {name for (name,) in rows}
    return any(index(table).keys() - present for table in TABLES.values())


def _complete(session: Session) -> Columns:
    """Add the tables, columns and indexes that are missing; older releases had fewer."""
    present = _columns(session)
    for table in TABLES.values():
        for name, columns in relations(table).items():
            if name not in present:
                session.run(create(name, columns))
            for column in columns.keys() - present.get(name, columns).keys():
                session.run(f"ALTER TABLE {located(name)} ADD COLUMN {column_definition(column, columns[column])}")
        _index(session, table)
    return _columns(session)


def _index(session: Session, table: Table) -> None:
    for statement in index(table).values():
        session.run(statement)


def _refuse_other_types(present: Columns) -> None:
    for table in TABLES.values():
        for name, columns in relations(table).items():
            for column, dtype in columns.items():
                found, wanted = present[name][column], sql_type(dtype)
                if found != wanted:
                    message = f"Column {name}.{column} of the store is {found}, not {wanted}. Restore it from a backup."
                    raise StoreError(message)


def _empty(session: Session) -> bool:
    sql = "SELECT count(*) FROM duckdb_tables() WHERE database_name = ? AND NOT internal"
    return int(session.value(sql, [MAIN])) == 0


def _columns(session: Session) -> Columns:
    found: Columns = {}
    rows = session.rows(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE database_name = ? AND schema_name = 'main' AND NOT internal",
        [MAIN],
    )
    for name, column, kind in rows:
        found.setdefault(name, {})[column] = kind
    return found

"""Frames that DuckDB reads: they are let go as soon as the statement is done, also inside a transaction."""

import gc
import weakref

import polars as pl
import pytest

from unified_customer.core.errors import StoreClosedError
from unified_customer.store.duckdb.database import Database, Settings
from unified_customer.store.duckdb.migration import prepare
from unified_customer.store.duckdb.session import Lent


def test_a_long_transaction_does_not_hold_the_frames_it_has_read() -> None:
    database = Database(None, Settings())
    database.connect()
    with database.session() as session:
        prepare(session, step=lambda _: None)
    with database.transaction() as session:
        frame = pl.DataFrame({"name": ["a", "b"]})
        lent = weakref.ref(frame)
        with session.holding("_given", frame):
            assert session.value("SELECT count(*) FROM _given") == 2
        del frame
        gc.collect()
        assert lent() is None
    database.disconnect()


def test_a_frame_that_was_taken_back_cannot_be_read() -> None:
    lent = Lent(pl.DataFrame({"name": ["a"]}))
    assert pl.DataFrame(lent).height == 1
    lent.take_back()
    with pytest.raises(StoreClosedError, match="taken back"):
        lent.__arrow_c_stream__()

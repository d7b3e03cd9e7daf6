"""What contradicts the store: another content under one key, not the same content read in a better way."""

from collections.abc import Mapping

import polars as pl

from unified_customer.core.tables import RECORDS
from unified_customer.hub.writing import contradicting

KEYS = {"record_id": "0" * 24, "source": "crm", "source_id": "1", "version": "v", "deleted": False}


def row(**fields: object) -> pl.DataFrame:
    return RECORDS.conform(pl.DataFrame([{**KEYS, **fields}], schema_overrides={"traits": pl.String}))


def differs(new: Mapping[str, object], old: Mapping[str, object]) -> bool:
    return contradicting(row(**new), row(**old), RECORDS).height == 1


def test_another_text_contradicts() -> None:
    assert differs({"email_raw": "a@b.org"}, {"email_raw": "a@c.org"})
    assert differs({"traits": '{"plan":"pro"}'}, {"traits": '{"plan":"free"}'})
    assert differs({"middle_name": "Ann"}, {"middle_name": "Bea"})


def test_the_same_text_read_in_a_better_way_contradicts_nothing() -> None:
    text = {"full_name_raw": "Dr. Ann B. Lee", "phone_raw": "020 7946 0018"}
    better = {"honorific": "Dr", "middle_name": "B", "given_name": "Ann", "phone": "+442079460018"}
    assert not differs({**text, **better}, text)

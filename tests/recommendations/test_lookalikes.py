"""Look-alike audiences, worked by hand, and on every engine."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
import pytest

from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.recommendations.lookalikes import LookAlike
from unified_customer.recommendations.lookalikes.judging import auc, judged

AT = datetime(2026, 2, 1, tzinfo=UTC)
PLACE = np.arange(300)
VECTORS = pl.DataFrame(
    {
        "customer_id": [f"c{n:03}" for n in PLACE],
        "visits": PLACE * 1.0,
        "noise": (PLACE * 7919 % 101) * 1.0,
        "same": 1.0,
    }
)
MEMBERS = pl.DataFrame({"customer_id": [f"c{n:03}" for n in range(200, 300, 2)] + ["nobody"]})
TABLES = {"vectors": VECTORS, "members": MEMBERS}


def test_those_who_are_alike_come_first() -> None:
    fitted = LookAlike().fit(TABLES, as_of=AT)
    assert (fitted.members, fitted.unknown, fitted.table.height) == (50, 1, 250)
    first = fitted.audience(n=40)["customer_id"]
    assert first.is_in([f"c{n:03}" for n in range(201, 300, 2)]).all()
    assert fitted.told.auc.low > 0.7
    # Half of those above 200 are members: a tenth of all customers with the highest scores holds about 3 times as many.
    assert fitted.told.lift.estimate == pytest.approx(3, abs=1)


def test_scores_are_calibrated() -> None:
    told = LookAlike().fit(TABLES, as_of=AT).told.calibration
    assert (told["score"] * told["customers"]).sum() == pytest.approx(50, abs=3)
    assert told.filter(pl.col("score").is_between("low", "high")).height >= 8


def test_the_size_is_a_number_or_a_share() -> None:
    fitted = LookAlike().fit(TABLES, as_of=AT)
    assert fitted.audience(share=0.1).height == 25
    assert fitted.audience(n=999).height == 250
    for wrong in ({}, {"n": 1, "share": 0.5}, {"n": 0}, {"share": 1.5}):
        with pytest.raises(ConfigurationError, match="An audience has"):
            fitted.audience(**wrong)


def test_too_few_are_refused_with_the_reason() -> None:
    few = TABLES | {"members": MEMBERS.tail(20)}
    with pytest.raises(ConfigurationError, match="Of 20 members 19 have a vector or a history, and 50 are needed"):
        LookAlike().fit(few, as_of=AT)
    most = TABLES | {"members": VECTORS.head(290)}
    with pytest.raises(ConfigurationError, match="There are 10 other customers"):
        LookAlike().fit(most, as_of=AT)


def test_members_may_be_a_segment() -> None:
    named = MEMBERS.with_columns(segment=pl.lit("gold"), segmentation=pl.lit("tiers"))
    other = VECTORS.select("customer_id", segment=pl.lit("silver"), segmentation=pl.lit("tiers"))
    tables = {"vectors": VECTORS, "memberships": pl.concat([named, other])}
    told = LookAlike(segment="gold").fit(tables, as_of=AT)
    assert told.table.equals(LookAlike().fit(TABLES, as_of=AT).table)
    with pytest.raises(SchemaError, match="give it, or a segment"):
        LookAlike().fit(tables, as_of=AT)
    with pytest.raises(ConfigurationError, match="no segmentation 'rfm'"):
        LookAlike(segment="gold", segmentation="rfm").fit(tables, as_of=AT)


def test_vectors_must_be_whole() -> None:
    for wrong, said in (
        (VECTORS.select("customer_id"), "no column of numbers"),
        (pl.concat([VECTORS, VECTORS.head(1)]), "one row for each customer"),
        (
            VECTORS.with_columns(visits=pl.when(pl.col("visits") > 3).then("visits")),
            "'visits' of 'vectors' is not a number",
        ),
    ):
        with pytest.raises(SchemaError, match=said):
            LookAlike().fit(TABLES | {"vectors": wrong}, as_of=AT)
    with pytest.raises(SchemaError, match="'members' is not among"):
        LookAlike().fit({"vectors": VECTORS}, as_of=AT)


def test_the_auc_by_hand() -> None:
    scores, members = np.array([1.0, 2, 3, 4, 5]), np.array([0, 1, 0, 1, 1])
    # Members 2, 4, 5 against 1 and 3: five of six pairs in order. Placements: 1/2, 1, 1 and 1, 2/3.
    told = auc(scores, members, 0.95)
    error = (np.var([0.5, 1, 1], ddof=1) / 3 + np.var([1, 2 / 3], ddof=1) / 2) ** 0.5
    assert told.estimate == pytest.approx(5 / 6)
    assert told.low == pytest.approx(5 / 6 - 1.959964 * error)
    assert told.high == 1
    assert judged(np.arange(20.0), (np.arange(20) >= 18).astype(int), confidence=0.95).lift.estimate == 10


def test_every_engine_finds_the_same(engine: Callable[[pl.DataFrame], Any]) -> None:
    on = {name: engine(frame) for name, frame in TABLES.items()}
    assert LookAlike().fit(on, as_of=AT).table.equals(LookAlike().fit(TABLES, as_of=AT).table)


def test_it_is_drawn_and_told() -> None:
    fitted = LookAlike(by="centre").fit(TABLES, as_of=AT)
    assert "of 10" in str(fitted.chart().to_dict())
    assert str(fitted).startswith("250 customers by how like 50 members they are: AUC 0.")
    assert "Look-alike" in fitted._repr_html_()
    assert set(fitted.to_body()) == {"members", "unknown", "others", "auc", "lift"}

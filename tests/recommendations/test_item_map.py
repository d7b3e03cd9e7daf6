"""The map of items, worked by hand."""

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.recommendations import Neighbours, Recommender, item_map

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BASKETS = {"tea": ["tea", "cup", "pot"], "oil": ["oil", "pan"], "one": ["fig"]}
ITEMS = pl.DataFrame(
    [("tea", "green tea", "drinks"), ("cup", "tea cup", "drinks"), ("oil", "olive oil", "food"), ("pan", None, None)],
    schema=["item_id", "name", "category"],
    orient="row",
)


def shop(*, catalogue: bool = True) -> Recommender:
    """Return who buys what: eight want tea and what goes with it, six oil and a pan, two a fig alone, nobody a ladle."""
    bought = [
        (f"{kind}{n}", item)
        for kind, many in (("tea", 8), ("oil", 6), ("one", 2))
        for n in range(many)
        for item in BASKETS[kind]
    ]
    wants = pl.DataFrame(bought, schema=["customer_id", "item_id"], orient="row").with_columns(weight=1.0)
    back = pl.DataFrame({"customer_id": [f"tea{n}" for n in range(4)], "item_id": "pot", "weight": -1.0})
    more = {"items": ITEMS} if catalogue else {}
    return Neighbours(repeats=False).fit({"interactions": pl.concat([wants, back])} | more, as_of=NOON)


def test_items_have_the_names_and_groups_of_the_catalogue_and_the_customers_that_want_them() -> None:
    rows = item_map(shop()).table.select("item_id", "name", "group", "customers").rows()
    assert sorted(rows) == [
        ("cup", "tea cup", "drinks", 8),
        ("oil", "olive oil", "food", 6),
        ("pan", "pan", "none told", 6),
        ("tea", "green tea", "drinks", 8),
    ]


def test_what_few_want_and_what_is_like_nothing_else_is_left_out() -> None:
    assert "pot" in item_map(shop(), least_customers=4).table["item_id"]
    assert "fig" not in item_map(shop(), least_customers=1).table["item_id"]
    assert item_map(shop(), n=2).table["item_id"].sort().to_list() == ["cup", "tea"]


def test_what_goes_together_is_near() -> None:
    table = item_map(shop()).table
    at = {row["item_id"]: (row["x"], row["y"]) for row in table.iter_rows(named=True)}
    assert at["tea"] == pytest.approx(at["cup"], abs=1e-6)
    assert at["oil"] == pytest.approx(at["pan"], abs=1e-6)
    assert abs(at["tea"][0] - at["oil"][0]) == pytest.approx(2)


def test_without_a_catalogue_points_have_ids_and_no_groups() -> None:
    found = item_map(shop(catalogue=False), by=None, named=None)
    assert found.table["name"].equals(found.table["item_id"], check_names=False)
    assert found.table["group"].null_count() == 4
    assert found.chart().to_dict()["layer"][0]["encoding"]["fill"]["legend"] is None


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"n": 0}, "1 to 2000 items; n is 0"),
        ({"n": 2001}, "n is 2001"),
        ({"least_customers": 0}, "least_customers is 0"),
        ({"least_customers": 9}, "no item that 9 customers want"),
        ({"n": 1}, "Neighbours does not say which"),
    ],
)
def test_what_cannot_be_drawn_is_refused(asked: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        item_map(shop(), **asked)


def test_a_column_that_the_catalogue_has_not_is_refused() -> None:
    with pytest.raises(SchemaError, match="no column 'brand'; it has item_id, name, category"):
        item_map(shop(), by="brand")


def test_it_shows_itself_in_light_and_dark_and_holds_nobody() -> None:
    found = item_map(shop())
    assert (str(found), found.to_body()) == ("Map of 4 items as of 2026-03-01", {"items": 4, "groups": 3})
    assert "green tea" in found._repr_html_()
    assert "tea0" not in repr(found) + str(found.chart().to_dict())
    grounds = [found.chart(dark=dark).to_dict()["config"]["background"] for dark in (False, True)]
    assert len(set(grounds)) == 2
    assert found.rows() == {}

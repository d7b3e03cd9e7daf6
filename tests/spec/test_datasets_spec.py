"""The laws of the invented shop: the same again from a seed, and an answer that is complete and stays secret."""

import csv
import datetime as dt
import json
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path

import fastexcel
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from unified_customer.datasets import Shop, ShopMess, make_shop

Maker = Callable[..., Shop]
Broken = set[tuple[int, str]]

sizes = st.sampled_from([0, 1, 2, 9, 120])
seeds = st.integers(0, 2)
IDS = {"crm": "Customer No", "support": "Ticket ID", "email_tool": "address", "pos": "loyalty_card"}
WORSE = ShopMess(broken=0.03)
STATUSES = {"subscribed", "unsubscribed"}


@pytest.fixture(scope="module")
def shop_of(tmp_path_factory: pytest.TempPathFactory) -> Maker:
    """Shops by size, seed and mess, each made once."""

    @cache
    def made(customers: int, seed: int, mess: ShopMess | None = None) -> Shop:
        return make_shop(tmp_path_factory.mktemp("shop"), customers=customers, seed=seed, mess=mess)

    return made


def files(shop: Shop) -> dict[str, bytes]:
    return {str(path.relative_to(shop.folder)): path.read_bytes() for path in shop.folder.rglob("*") if path.is_file()}


def sources(shop: Shop) -> dict[str, Path]:
    return {
        "crm": shop.crm,
        "web_events": shop.web_events,
        "pos": shop.pos,
        "support": shop.support,
        "email_tool": shop.email_tool,
    }


def delimited(path: Path, separator: str) -> list[list[str]]:
    with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        return list(csv.reader(file, delimiter=separator))


def messages(shop: Shop) -> Iterator[tuple[int, str, dict[str, object] | None]]:
    with shop.web_events.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            try:
                yield number, line, json.loads(line)
            except json.JSONDecodeError:
                yield number, line, None


def tickets(shop: Shop) -> pl.DataFrame:
    return pl.DataFrame(fastexcel.read_excel(shop.support).load_sheet(0, dtypes="string"))


def is_date(text: str, form: str | None = None) -> bool:
    try:
        # The text has no zone.
        dt.datetime.strptime(text, form) if form else dt.datetime.fromisoformat(text)  # noqa: DTZ007 (some forms have no zone)
    except ValueError:
        return False
    return True


def broken_in_crm(shop: Shop) -> Broken:
    header, *rows = delimited(shop.crm, ",")
    number, born, touched = (header.index(name) for name in ("Customer No", "Date of Birth", "Last Modified"))
    copies = Counter((row[number], row[touched]) for row in rows if len(row) == len(header) and row[number])

    def reason(row: list[str]) -> str | None:
        if len(row) != len(header):
            return "ragged_line"
        if any("\0" in value for value in row):
            return "nul_character"
        if not row[number]:
            return "missing_key"
        if copies[row[number], row[touched]] > 1:
            return "conflicting_copies"
        if row[born] and not is_date(row[born], "%d/%m/%Y"):
            return "unparseable_date"
        possible = not row[born] or 1900 < int(row[born][-4:]) <= shop.as_of.year
        return None if possible else "impossible_date"

    return {(n, why) for n, row in enumerate(rows, start=1) if (why := reason(row))}


def broken_in_email_tool(shop: Shop) -> Broken:
    header, *rows = delimited(shop.email_tool, ";")

    def reason(row: list[str]) -> str | None:
        if any("\udc80" <= sign <= "\udcff" for value in row for sign in value):
            return "bad_encoding"
        if len(row) != len(header):
            return "ragged_line"
        if any("\0" in value for value in row):
            return "nul_character"
        if not row[0]:
            return "missing_key"
        if row[2] not in STATUSES:
            return "unknown_value"
        return None if not row[5] or row[5].isdigit() else "unparseable_date"

    return {(n, why) for n, row in enumerate(rows, start=1) if (why := reason(row))}


def broken_in_web_events(shop: Shop) -> Broken:
    def reason(line: str, message: dict[str, object] | None) -> str | None:
        if message is None:
            return "not_json"
        if "\\u0000" in line:
            return "nul_character"
        if not (message.get("userId") or message.get("anonymousId")):
            return "missing_identity"
        if not isinstance(message.get("properties", {}), dict):
            return "wrong_type"
        return None if is_date(str(message["timestamp"])) else "unparseable_date"

    return {(n, why) for n, line, message in messages(shop) if (why := reason(line, message))}


def broken_in_pos(shop: Shop) -> Broken:
    lines = pl.read_parquet(shop.pos).with_row_index("row", offset=1)
    reasons = {
        "missing_key": pl.col("receipt_no").is_null(),
        "nul_character": pl.col("sku").str.contains("\0", literal=True),
        "unknown_value": ~pl.col("currency").is_in(["GBP", "EUR"]),
    }
    return {(row, why) for why, wrong in reasons.items() for row in lines.filter(wrong)["row"]}


def broken_in_support(shop: Shop) -> Broken:
    def reason(row: dict[str, str | None]) -> str | None:
        if not row["Ticket ID"]:
            return "missing_key"
        if not is_date(row["Opened"] or ""):
            return "unparseable_date"
        stars = row["Satisfaction"]
        if stars is not None and not stars.isdigit():
            return "wrong_type"
        return "impossible_value" if stars is not None and int(stars) > 5 else None

    return {(n, why) for n, row in enumerate(tickets(shop).iter_rows(named=True), start=1) if (why := reason(row))}


def ids(shop: Shop) -> set[tuple[str, str]]:
    """Everything in the sources that names somebody."""
    found = {("crm", row[0]) for row in delimited(shop.crm, ",")[1:]}
    found |= {("email_tool", row[0]) for row in delimited(shop.email_tool, ";")[1:]}
    found |= {("support", ticket) for ticket in tickets(shop)["Ticket ID"].drop_nulls()}
    found |= {("pos", card) for card in pl.read_parquet(shop.pos)["loyalty_card"].drop_nulls()}
    for _, _, message in messages(shop):
        for key in ("userId", "anonymousId", "previousId"):
            found |= {("web_events", str((message or {}).get(key) or ""))}
    return {(source, value) for source, value in found if value}


@given(customers=sizes, seed=seeds)
def test_the_same_customers_and_seed_give_the_same_bytes(
    shop_of: Maker, tmp_path_factory: pytest.TempPathFactory, customers: int, seed: int
) -> None:
    again = make_shop(tmp_path_factory.mktemp("again"), customers=customers, seed=seed)
    assert files(again) == files(shop_of(customers, seed))


@given(customers=sizes, seed=seeds, other=seeds)
def test_another_seed_gives_another_shop(shop_of: Maker, customers: int, seed: int, other: int) -> None:
    assume(customers and seed != other)
    assert shop_of(customers, seed).crm.read_bytes() != shop_of(customers, other).crm.read_bytes()


@given(customers=sizes, seed=seeds)
def test_every_written_record_is_in_the_truth_exactly_once(shop_of: Maker, customers: int, seed: int) -> None:
    truth = shop_of(customers, seed).records().select("source", "source_id")
    assert truth.is_duplicated().sum() == 0
    assert set(truth.iter_rows()) == ids(shop_of(customers, seed))


@given(customers=sizes, seed=seeds)
def test_no_two_rows_have_one_id_unless_they_are_declared_to_conflict(
    shop_of: Maker, customers: int, seed: int
) -> None:
    shop = shop_of(customers, seed, WORSE)
    rows = {
        "crm": [row[0] for row in delimited(shop.crm, ",")[1:]],
        "email_tool": [row[0] for row in delimited(shop.email_tool, ";")[1:]],
        "support": tickets(shop)["Ticket ID"].to_list(),
    }
    conflicts = shop.planted().filter(reason="conflicting_copies")["source_id"]
    twice = {name for values in rows.values() for name, count in Counter(values).items() if count > 1 and name}
    assert twice == set(conflicts)


@given(customers=sizes, seed=seeds)
def test_the_truth_names_only_people_that_exist(shop_of: Maker, customers: int, seed: int) -> None:
    shop = shop_of(customers, seed)
    people = shop.people()["person_id"]
    assert people.is_unique().all()
    for frame in (shop.records(), shop.consents()):
        assert set(frame["person_id"].drop_nulls()) <= set(people)


@given(customers=sizes, seed=seeds)
def test_a_strict_reader_finds_exactly_the_rows_that_were_broken_on_purpose(
    shop_of: Maker, customers: int, seed: int
) -> None:
    shop = shop_of(customers, seed, WORSE)
    found = {
        "crm": broken_in_crm(shop),
        "web_events": broken_in_web_events(shop),
        "pos": broken_in_pos(shop),
        "support": broken_in_support(shop),
        "email_tool": broken_in_email_tool(shop),
    }
    assert {(name, *each) for name, rows in found.items() for each in rows} == set(
        shop.planted().select("source", "row", "reason").iter_rows()
    )


@given(customers=sizes, seed=seeds)
def test_the_declared_counts_are_those_of_the_rows(shop_of: Maker, customers: int, seed: int) -> None:
    shop = shop_of(customers, seed, WORSE)
    planted = Counter(shop.planted().select("source", "reason").iter_rows())
    assert planted == {(name, why): count for name, reasons in shop.broken.items() for why, count in reasons.items()}
    assert dict(shop.rows) == {
        "crm": len(delimited(shop.crm, ",")) - 1,
        "web_events": sum(1 for _ in messages(shop)),
        "pos": pl.read_parquet(shop.pos).height,
        "support": tickets(shop).height,
        "email_tool": len(delimited(shop.email_tool, ";")) - 1,
    }


@given(customers=sizes, seed=seeds)
def test_message_ids_are_unique_except_for_the_declared_second_deliveries(
    shop_of: Maker, customers: int, seed: int
) -> None:
    shop = shop_of(customers, seed)
    seen = Counter(message["messageId"] for _, _, message in messages(shop) if message)
    assert sum(count - 1 for count in seen.values()) == shop.repeated
    assert max(seen.values(), default=1) <= 2


@given(customers=sizes, seed=seeds)
def test_a_second_delivery_differs_from_the_first_only_in_its_transport(
    shop_of: Maker, customers: int, seed: int
) -> None:
    first: dict[object, dict[str, object]] = {}
    for _, _, message in messages(shop_of(customers, seed)):
        if message:
            said = {key: value for key, value in message.items() if key not in {"sentAt", "receivedAt"}}
            assert first.setdefault(message["messageId"], said) == said


@given(customers=sizes, seed=seeds)
def test_nothing_of_the_truth_is_in_a_source(shop_of: Maker, customers: int, seed: int) -> None:
    shop = shop_of(customers, seed)
    secret = {"person_id", "household", "linkable", "shared", "broken", "twin", "kind", "cluster_id"}
    headers = {*delimited(shop.crm, ",")[0], *delimited(shop.email_tool, ";")[0], *tickets(shop).columns}
    keys = {key for _, _, message in messages(shop) if message for key in message}
    assert not secret & {*headers, *pl.read_parquet_schema(shop.pos), *keys}
    for name in ("crm", "web_events", "email_tool"):
        assert b"person-" not in sources(shop)[name].read_bytes()


@given(customers=sizes, seed=seeds)
def test_everybody_has_a_record(shop_of: Maker, customers: int, seed: int) -> None:
    shop = shop_of(customers, seed)
    assert set(shop.records()["person_id"].drop_nulls()) == set(shop.people()["person_id"])


@given(customers=sizes, seed=seeds)
def test_everything_happened_and_arrived_before_the_end(shop_of: Maker, customers: int, seed: int) -> None:
    shop = shop_of(customers, seed)
    for _, _, message in messages(shop):
        if message and is_date(str(message["timestamp"])):
            arrived = dt.datetime.fromisoformat(str(message["receivedAt"]))
            assert dt.datetime.fromisoformat(str(message["timestamp"])) < arrived < shop.as_of
    assert (pl.read_parquet(shop.pos)["sold_at"] < shop.as_of).all()


@given(customers=sizes, seed=seeds)
def test_the_amounts_of_an_order_add_up(shop_of: Maker, customers: int, seed: int) -> None:
    with shop_of(customers, seed).web_events.open(encoding="utf-8") as file:
        orders = [json.loads(line, parse_float=Decimal)["properties"] for line in file if '"Order Completed"' in line]
    for order in orders:
        assert order["subtotal"] == sum(each["price"] * each["quantity"] for each in order["products"])
        assert order["total"] == order["subtotal"] - order["discount"] + order["shipping"]
        assert order["total"] == order["revenue"] + order["shipping"] + order["tax"]


@given(customers=sizes, seed=seeds)
def test_an_own_number_or_address_belongs_to_one_person(shop_of: Maker, customers: int, seed: int) -> None:
    people = shop_of(customers, seed).people().filter(pl.col("kind") == "customer")
    addresses = pl.concat([people["email"], people["second_email"], people["shared_mailbox"].unique()]).drop_nulls()
    for own in (people["mobile"].drop_nulls(), people["loyalty_card"].drop_nulls(), addresses):
        assert own.is_unique().all()


@given(customers=sizes, seed=seeds)
def test_only_a_household_shares_a_landline(shop_of: Maker, customers: int, seed: int) -> None:
    people = shop_of(customers, seed).people().drop_nulls("landline")
    assert people.group_by("landline").agg(pl.col("household").n_unique())["household"].le(1).all()


@given(customers=sizes, seed=seeds)
def test_twins_share_birth_date_and_family_name_but_not_their_given_name(
    shop_of: Maker, customers: int, seed: int
) -> None:
    twins = shop_of(customers, seed, ShopMess(twins=1.0)).people().filter("twin")
    pairs = twins.group_by("household", "birth_date").agg(
        pl.col("person_id").len(), pl.struct("given_name", "gender").n_unique().alias("names")
    )
    assert pairs.filter((pl.col("person_id") != 2) | (pl.col("names") != 2)).is_empty()


@given(customers=sizes, seed=seeds)
def test_a_pair_of_records_is_true_exactly_if_both_are_of_one_person(shop_of: Maker, customers: int, seed: int) -> None:
    shop = shop_of(customers, seed)
    sound = shop.records().filter(pl.col("broken").is_null()).drop_nulls("person_id")
    sizes_of = sound.group_by("person_id").len()["len"]
    pairs = shop.true_pairs(linkable_only=False)
    assert pairs.height == (sizes_of * (sizes_of - 1) // 2).sum()
    owner = {(s, i): person for s, i, person in sound.select("source", "source_id", "person_id").iter_rows()}
    assert all(owner[a, b] == owner[c, d] and (a, b) < (c, d) for a, b, c, d in pairs.iter_rows())


@given(customers=sizes, seed=seeds)
def test_the_truth_about_consent_is_what_the_sources_say(shop_of: Maker, customers: int, seed: int) -> None:
    shop = shop_of(customers, seed)
    bad = set(shop.records().filter(pl.col("broken").is_not_null())["source_id"])
    said = shop.consents().sort("stated_at", maintain_order=True)
    newest = {(row["source"], row["source_id"]): row["granted"] for row in said.iter_rows(named=True)}
    for row in delimited(shop.crm, ",")[1:]:
        if row[0] and row[0] not in bad:
            assert newest.get(("crm", row[0])) == {"yes": True, "no": False, "": None}[row[10]]
    for row in delimited(shop.email_tool, ";")[1:]:
        if row[0] and row[0] not in bad and ("email_tool", row[0]) in newest:
            assert newest["email_tool", row[0]] == (row[2] == "subscribed")


@given(customers=sizes, seed=seeds)
def test_without_mess_everything_is_written_as_it_is(shop_of: Maker, customers: int, seed: int) -> None:
    shop = shop_of(customers, seed, ShopMess.none())
    assert not any(shop.broken.values())
    assert shop.repeated == 0
    written = {(row[1], row[2], row[5]) for row in delimited(shop.crm, ",")[1:]}
    people = shop.people().with_columns(pl.col("birth_date").dt.strftime("%d/%m/%Y")).filter("in_crm")
    assert written == set(people.select("given_name", "family_name", "birth_date").iter_rows())


@given(customers=sizes, seed=seeds)
def test_what_a_record_says_is_true_of_its_person(shop_of: Maker, customers: int, seed: int) -> None:
    shop = shop_of(customers, seed, ShopMess.none())
    people = shop.people().rows_by_key("person_id", named=True, unique=True)
    owner = {(s, i): people[p] for s, i, p in shop.records().select("source", "source_id", "person_id").iter_rows()}
    said = [("crm", row[0], row[3]) for row in delimited(shop.crm, ",")[1:]]
    said += [("email_tool", row[0], row[0]) for row in delimited(shop.email_tool, ";")[1:]]
    said += [("pos", card, card) for card in pl.read_parquet(shop.pos)["loyalty_card"].drop_nulls()]
    said += list(tickets(shop).select(pl.lit("support"), "Ticket ID", "Requester E-mail").drop_nulls().iter_rows())
    for _, _, message in messages(shop):
        told = (message or {}).get("traits")
        if isinstance(told, dict) and "email" in told:
            said += [
                ("web_events", str(message[key]), told["email"].lower())
                for key in ("userId", "anonymousId")
                if message and key in message
            ]
    for source, source_id, value in said:
        person = owner[source, source_id]
        assert value in {person["email"], person["second_email"], person["loyalty_card"]}

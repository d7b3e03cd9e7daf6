"""Organisations that are written in several ways, and what is no organisation."""

import json

import polars as pl

from benchmarks.populations import population
from unified_customer.core.tables import ACCOUNT_LINKS, ACCOUNTS
from unified_customer.identity.accounts import AccountMatching, Accounts
from unified_customer.identity.accuracy import accuracy
from unified_customer.identity.matching.matcher import Matcher

RECORDS = {
    "record_id": pl.String(), "organisation": pl.String(), "email": pl.String(),
    "observed_at": pl.Datetime("us", "UTC"), "recorded_at": pl.Datetime("us", "UTC"), "deleted": pl.Boolean(),
    "seq": pl.Int64(),
}  # fmt: skip
NO_LINKS = ACCOUNT_LINKS.empty().with_columns(seq=pl.lit(0, dtype=pl.Int64))


def stated(frame: pl.DataFrame) -> pl.DataFrame:
    return ACCOUNTS.conform(frame).with_columns(seq=pl.int_range(pl.len(), dtype=pl.Int64))


def said(*rows: tuple[str, str | None, str | None]) -> pl.DataFrame:
    told = [(*row, None, None, False, place) for place, row in enumerate(rows)]
    return pl.DataFrame(told, schema=RECORDS, orient="row")


def found(*rows: tuple[str, str | None, str | None], **options: int) -> Accounts:
    return AccountMatching(matcher=None, **options).resolve(stated(ACCOUNTS.empty()), NO_LINKS, said(*rows))  # type: ignore[arg-type]  # options of many types


def together(accounts: Accounts) -> list[str]:
    """Return the records of each account as one text."""
    grouped = accounts.said.drop_nulls("account").sort("record_id").group_by("account", maintain_order=True)
    return sorted("".join(each) for each in grouped.agg("record_id")["record_id"])


def test_the_matcher_joins_names_that_are_written_differently() -> None:
    firms = population("companies", rows=2000, seed=2)
    traits = [json.dumps({"vat_id": each}) if each else None for each in firms["vat_id"]]
    rows = firms.select(
        "name", "website", account_id="record_id", source=pl.lit("crm"), traits=pl.Series(traits, dtype=pl.String)
    )
    truth = firms.select("record_id", "cluster_id")
    found = {
        bool(matcher): AccountMatching(matcher=matcher).resolve(stated(rows), NO_LINKS, said())
        for matcher in (None, Matcher())
    }
    rates = {
        used: accuracy(each.namings.select(record_id="source_account_id", customer_id="account"), truth).closure
        for used, each in found.items()
    }
    assert rates[True].recall > rates[False].recall + 0.02
    assert rates[True].precision > 0.8


def test_who_works_for_another_company_than_the_domain_says_is_not_of_the_domain() -> None:
    of_domain = [(each, "Acme", f"{each}@acme.com") for each in "abc"]
    assert together(found(*of_domain, ("d", "Quill", "d@acme.com"), ("e", None, "e@acme.com"))) == ["abce", "d"]


def test_a_domain_of_many_names_is_a_provider_of_mailboxes() -> None:
    rows = [
        (each, name, f"{each}@mail.example")
        for each, name in zip("abcde", ("Oak", "Elm", "Ash", "Fir", "Yew"), strict=True)
    ]
    assert together(found(*rows, ("f", None, "f@mail.example"))) == ["a", "b", "c", "d", "e"]


def test_a_domain_that_a_large_part_of_all_people_have_is_one_too() -> None:
    rows = [(f"{n:03}", None, f"{n}@mail.example") for n in range(60)]
    assert together(found(*rows)) == []
    assert together(found(*rows[:50])) == ["".join(row[0] for row in rows[:50])]


def test_a_name_that_several_organisations_have_joins_none_of_them() -> None:
    rows = [("a", "Acme", "a@acme.com"), ("b", "Acme", "b@acme.de"), ("c", "Acme", None), ("d", "acme ltd", None)]
    assert together(found(*rows)) == ["a", "b", "cd"]


def test_equal_names_in_two_countries_are_two_organisations() -> None:
    rows = pl.DataFrame({"account_id": ["1", "2", "3"], "source": "crm", "name": "Acme", "country": ["DE", "FR", "DE"]})
    namings = AccountMatching(matcher=None).resolve(stated(rows), NO_LINKS, said(("a", "Acme", None))).namings
    assert namings.group_by("account").len()["len"].sort().to_list() == [1, 1, 2]


def test_two_tax_ids_keep_names_apart_from_the_matcher_too() -> None:
    names = [f"Firm {chr(97 + n % 26)}{n}" for n in range(40)]
    rows = pl.DataFrame(
        {
            "account_id": [str(n) for n in range(40)], "source": "crm", "name": names[:-1] + names[:1],
            "traits": [json.dumps({"vat_id": f"DE{n:09}"}) for n in range(40)],
        }
    )  # fmt: skip
    namings = AccountMatching().resolve(stated(rows), NO_LINKS, said()).namings
    assert namings["account"].n_unique() == 40

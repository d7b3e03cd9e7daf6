"""What an invented shop looks like: its rates, its habits, its files, its refusals."""

import datetime as dt
import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import fastexcel
import numpy as np
import phonenumbers
import polars as pl
import pytest
from email_validator import validate_email

from unified_customer.core.errors import ConfigurationError, MissingDependencyError, SourceError
from unified_customer.datasets import Shop, ShopMess, make_shop, shop_items
from unified_customer.datasets.contacts import _enough, _numbers, employer_names, slug
from unified_customer.datasets.mess import JUNK_EMAILS
from unified_customer.datasets.places import COUNTRIES
from unified_customer.datasets.plan import DAY

CUSTOMERS = 3_000


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return make_shop(tmp_path_factory.mktemp("shop"), customers=CUSTOMERS, seed=7)


@pytest.fixture(scope="module")
def crm(shop: Shop) -> pl.DataFrame:
    """The rows of the CRM that are sound, beside what is true of the person."""
    rows = pl.read_csv(shop.crm, infer_schema=False, truncate_ragged_lines=True)
    sound = shop.records().filter(pl.col("broken").is_null(), source="crm")
    return rows.join(sound, left_on="Customer No", right_on="source_id").join(shop.people(), on="person_id")


@pytest.fixture(scope="module")
def messages(shop: Shop) -> list[dict[str, Any]]:
    lines = shop.web_events.read_text(encoding="utf-8").splitlines()
    broken = set(shop.planted().filter(source="web_events")["row"])
    return [json.loads(line) for number, line in enumerate(lines, start=1) if number not in broken]


@pytest.fixture(scope="module")
def orders(shop: Shop, messages: list[dict[str, Any]]) -> pl.DataFrame:
    """Orders of people with an account, once each, beside what is true of the person."""
    rows = {
        message["properties"]["order_id"]: (
            message["userId"],
            dt.datetime.fromisoformat(message["timestamp"]).astimezone(dt.UTC),
            [product["category"] for product in message["properties"]["products"]],
        )
        for message in messages
        if message.get("event") == "Order Completed" and "userId" in message
    }
    frame = pl.DataFrame(list(rows.values()), schema=["source_id", "at", "categories"], orient="row")
    return frame.join(shop.records().filter(kind="user_id"), on="source_id").join(shop.people(), on="person_id")


def digests(folder: Path) -> dict[str, str]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def share(rows: pl.DataFrame, where: pl.Expr) -> float:
    return rows.filter(where).height / rows.height


class TestBytes:
    def test_other_processes_write_the_same_bytes(self, tmp_path: Path) -> None:
        code = (
            "import sys; from unified_customer.datasets import make_shop; make_shop(sys.argv[1], customers=120, seed=3)"
        )
        for name, environment in {
            "one": {"PYTHONHASHSEED": "1", "TZ": "UTC"},
            "two": {"PYTHONHASHSEED": "2", "TZ": "America/New_York", "POLARS_MAX_THREADS": "1"},
        }.items():
            command = [sys.executable, "-c", code, str(tmp_path / name)]
            subprocess.run(command, check=True, env={**os.environ, **environment})
        assert digests(tmp_path / "one") == digests(tmp_path / "two")

    def test_a_new_shop_in_the_same_folder_replaces_the_old_one(self, tmp_path: Path) -> None:
        make_shop(tmp_path / "used", customers=9, seed=1)
        make_shop(tmp_path / "used", customers=4, seed=2)
        make_shop(tmp_path / "fresh", customers=4, seed=2)
        assert digests(tmp_path / "used") == digests(tmp_path / "fresh")

    def test_importing_the_package_draws_nothing_and_loads_nothing_heavy(self) -> None:
        code = (
            "import sys, unified_customer; before = set(sys.modules); import unified_customer.datasets;"
            "heavy = {'polars', 'numpy', 'xlsxwriter', 'unified_customer.datasets.people'};"
            "print(heavy & (set(sys.modules) - before))"
        )
        done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
        assert done.stdout.strip() == "set()"


class TestFiles:
    def test_the_columns_are_those_of_each_system(self, shop: Shop) -> None:
        assert shop.crm.read_text(encoding="utf-8").splitlines()[0] == (
            "Customer No,First Name,Last Name,E-Mail,Phone,Date of Birth,Street,City,Post Code,Country,Newsletter,"
            "Created,Last Modified,Loyalty Card"
        )
        assert shop.email_tool.read_bytes().split(b"\n")[0] == (
            b"address;name;status;opens;clicks;last_open;unsubscribed_at;tags"
        )
        assert dict(pl.read_parquet_schema(shop.pos)) == {
            "receipt_no": pl.String(),
            "line_no": pl.Int32(),
            "till": pl.String(),
            "sold_at": pl.Datetime("us", "UTC"),
            "sku": pl.String(),
            "quantity": pl.Int32(),
            "unit_price": pl.Decimal(18, 2),
            "currency": pl.String(),
            "loyalty_card": pl.String(),
        }

    def test_some_telephone_numbers_of_the_sheet_became_numbers(self, shop: Shop) -> None:
        sheet = fastexcel.read_excel(shop.support).load_sheet(0, dtypes="string")
        phones = pl.DataFrame(sheet)["Phone"].drop_nulls()
        lost = phones.str.contains(r"^7\d{9}$")
        assert 0 < lost.sum() / lost.len() < 0.4

    def test_web_times_come_in_several_shapes(self, messages: list[dict[str, Any]]) -> None:
        ends = Counter(message["timestamp"][-6:] for message in messages if not message["timestamp"].endswith("Z"))
        assert {"+00:00", "+01:00", "+02:00"} <= set(ends)
        assert {len(message["timestamp"]) for message in messages} >= {24, 25, 29, 32}

    def test_messages_are_of_all_kinds(self, messages: list[dict[str, Any]]) -> None:
        assert {message["type"] for message in messages} == {"identify", "track", "page", "screen", "alias", "group"}
        assert {message.get("event") for message in messages} >= {
            "Product Viewed", "Product Added", "Cart Viewed", "Checkout Started", "Order Completed", "Order Refunded",
            "Products Searched", "Product Reviewed", "Product List Viewed", "Segment Consent Preference Updated",
        }  # fmt: skip
        where = Counter(
            ("traits" in message, "traits" in message["context"])
            for message in messages
            if message["type"] == "identify"
        )
        assert set(where) == {(True, False), (False, True), (True, True)}

    def test_a_shop_of_nobody_has_five_files_without_rows(self, tmp_path: Path) -> None:
        empty = make_shop(tmp_path, customers=0)
        assert set(empty.rows.values()) == {0}
        assert empty.people().is_empty()
        assert empty.true_pairs().is_empty()


class TestContacts:
    def test_libraries_find_every_number_and_address_valid(self, shop: Shop) -> None:
        people = shop.people().filter(kind="customer")
        for number in [*people["mobile"].drop_nulls(), *people["landline"].drop_nulls()]:
            assert phonenumbers.is_valid_number(phonenumbers.parse(number))
        for column in ("email", "second_email", "shared_mailbox"):
            for address in people[column].drop_nulls():
                assert validate_email(address, check_deliverability=False).normalized == address
                assert address.endswith(
                    (".example.com", ".example.org", ".example.net", "@example.com", "@example.org", "@example.net")
                )

    def test_written_numbers_are_still_the_person_s(self, crm: pl.DataFrame) -> None:
        written = crm.drop_nulls("Phone").select("Phone", "country", "mobile", "landline")
        right = sum(
            phonenumbers.format_number(phonenumbers.parse(phone, country), phonenumbers.PhoneNumberFormat.E164) in own
            for phone, country, *own in written.iter_rows()
        )
        assert 0.97 < right / written.height < 1

    def test_written_addresses_are_valid(self, crm: pl.DataFrame) -> None:
        for address in crm["E-Mail"].drop_nulls():
            validate_email(address.strip(), check_deliverability=False)

    def test_a_range_of_numbers_is_used_up_without_a_repetition(self) -> None:
        numbers = _numbers(COUNTRIES[0], (("2079460", 3),), 1000, np.random.default_rng(1))
        assert len(set(numbers)) == 1000
        assert _enough((("1", 2), ("2", 2)), 101) == (("1", 2), ("2", 2))

    def test_names_become_parts_of_addresses(self) -> None:
        assert slug("Größe Łuczak-O'Neil") == "groesseluczakoneil"

    def test_company_names_are_all_different(self) -> None:
        assert len(set(employer_names(350))) == 350


class TestMess:
    def test_written_names_differ_at_about_the_declared_rates(self, crm: pl.DataFrame) -> None:
        assert (
            0.02 < share(crm, pl.col("Last Name").str.to_lowercase() != pl.col("family_name").str.to_lowercase()) < 0.09
        )
        assert 0.1 < share(crm, pl.col("First Name") != pl.col("given_name")) < 0.35
        assert 0.01 < share(crm, pl.col("Last Name") == pl.col("Last Name").str.to_uppercase()) < 0.06

    def test_missing_values_are_missing_at_the_declared_rates(self, crm: pl.DataFrame) -> None:
        mess = ShopMess()
        for column, rate in {
            "Date of Birth": mess.birth_missing,
            "E-Mail": mess.email_missing,
            "Street": mess.address_missing,
        }.items():
            assert crm[column].null_count() / crm.height == pytest.approx(rate, abs=0.03)

    def test_some_have_two_accounts_or_a_mailbox_of_nobody(self, crm: pl.DataFrame) -> None:
        accounts = crm.group_by("person_id").len()
        assert share(accounts, pl.col("len") > 1) == pytest.approx(ShopMess().duplicate_account, abs=0.03)
        assert crm["E-Mail"].is_in(JUNK_EMAILS).sum() > 0

    def test_people_move_marry_and_share(self, shop: Shop) -> None:
        people = shop.people().filter(kind="customer")
        for column in ("moved_at", "married_at", "shared_mailbox", "landline", "employer", "left_at"):
            assert 0 < people[column].null_count() < people.height
        assert people["twin"].sum() > 0
        assert people["namesake"].sum() > 0
        assert shop.records()["shared"].sum() > 0

    def test_an_old_entry_holds_the_old_address(self, crm: pl.DataFrame) -> None:
        touched = pl.col("Last Modified").str.to_datetime("%d/%m/%Y %H:%M:%S").dt.replace_time_zone("UTC")
        moved = crm.drop_nulls(["moved_at", "City"]).filter(pl.col("city") != pl.col("next_city"))
        before = moved.filter(touched < pl.col("moved_at") - pl.duration(days=1))
        after = moved.filter(touched > pl.col("moved_at") + pl.duration(days=1))
        assert (before["City"] == before["city"]).all()
        assert (after["City"] == after["next_city"]).all()
        assert before.height > 0 < after.height

    def test_messages_arrive_late_twice_and_out_of_order(self, shop: Shop, messages: list[dict[str, Any]]) -> None:
        times = pl.DataFrame(
            {
                "at": [dt.datetime.fromisoformat(message["timestamp"]).timestamp() for message in messages],
                "came": [dt.datetime.fromisoformat(message["receivedAt"]).timestamp() for message in messages],
            }
        )
        late = share(times, pl.col("came") - pl.col("at") > 86_000)
        assert late == pytest.approx(ShopMess().late, abs=0.01)
        assert shop.repeated / times.height == pytest.approx(ShopMess().repeated, abs=0.004)
        assert 0 < share(times, pl.col("came").diff() < 0) < 0.2

    def test_clocks_are_wrong_but_the_time_stamp_is_corrected(self, messages: list[dict[str, Any]]) -> None:
        wrong = [message for message in messages if message["timestamp"] != message["originalTimestamp"]]
        assert 0 < len(wrong) / len(messages) < 0.06
        for message in wrong:
            original, sent, at, came = (
                dt.datetime.fromisoformat(message[name])
                for name in ("originalTimestamp", "sentAt", "timestamp", "receivedAt")
            )
            # The rule of the spec: what the client's clock is off by drops out.
            assert abs((came - (sent - original)) - at) < dt.timedelta(seconds=3)

    def test_consents_change(self, shop: Shop) -> None:
        newest = shop.consents().sort("stated_at").group_by("person_id", "purpose", maintain_order=True)
        answers = newest.agg(pl.col("granted").n_unique().alias("answers"), pl.col("granted").last())
        assert set(answers["purpose"]) == {
            "marketing.communications.email",
            "marketing.advertising",
            "analytics",
            "functional",
        }
        assert 0 < share(answers, pl.col("answers") == 2) < 0.4

    def test_most_receipts_are_of_nobody(self, shop: Shop) -> None:
        lines = pl.read_parquet(shop.pos)
        assert 0.1 < share(lines, pl.col("loyalty_card").is_not_null()) < 0.5

    def test_rates_outside_their_range_are_refused(self) -> None:
        with pytest.raises(ConfigurationError, match=r"typo=1\.5"):
            ShopMess(typo=1.5)
        with pytest.raises(ConfigurationError, match=r"late=-0\.1"):
            ShopMess(late=-0.1)

    def test_a_higher_rate_breaks_more_rows(self, tmp_path: Path) -> None:
        worse = make_shop(tmp_path, customers=200, seed=1, mess=ShopMess(broken=0.02))
        assert worse.broken["crm"] == {
            "conflicting_copies": 8, "impossible_date": 4, "missing_key": 4, "nul_character": 4, "ragged_line": 4,
            "unparseable_date": 4,
        }  # fmt: skip


class TestBehaviour:
    def test_some_buy_much_more_often_than_others(self, orders: pl.DataFrame) -> None:
        counts = orders.group_by("person_id").len()["len"].to_numpy()
        assert counts.var() > 1.5 * counts.mean()

    def test_nobody_buys_after_leaving_or_before_coming(self, orders: pl.DataFrame) -> None:
        slack = pl.duration(days=1)
        assert orders.filter(pl.col("at") > pl.col("left_at") + slack).is_empty()
        assert orders.filter(pl.col("at") < pl.col("joined_at")).is_empty()

    def test_december_sells_more_than_february(self, orders: pl.DataFrame) -> None:
        by_month = orders.filter(pl.col("at").dt.year() == 2025).group_by(pl.col("at").dt.month()).len()
        sold = dict(by_month.iter_rows())
        assert sold[12] > 1.4 * sold[2]

    def test_people_have_a_favourite_category(self, orders: pl.DataFrame) -> None:
        lines = orders.explode("categories", empty_as_null=False)
        assert 0.5 < share(lines, pl.col("categories") == pl.col("favourite_category")) < 0.8

    def test_some_things_come_back(self, shop: Shop) -> None:
        lines = pl.read_parquet(shop.pos)
        assert share(lines, pl.col("quantity") < 0) == pytest.approx(0.05, abs=0.02)
        assert lines["quantity"].eq(0).sum() == 0
        assert set(lines["currency"]) >= {"GBP", "EUR"}

    def test_campaigns_have_a_source_and_a_medium(self, messages: list[dict[str, Any]]) -> None:
        campaigns = [message["context"]["campaign"] for message in messages if "campaign" in message["context"]]
        assert {(each["source"], each["medium"]) for each in campaigns} == {
            ("newsletter", "email"), ("google", "cpc"), ("instagram", "social"), ("partners", "affiliate"),
        }  # fmt: skip

    def test_the_catalogue_has_a_name_and_a_price_for_everything(self) -> None:
        items = shop_items()
        assert len({item.sku for item in items}) == len({item.name for item in items}) == len(items) == 198
        assert all(item.price > 0 for item in items)


class TestRefusals:
    def test_without_xlsxwriter_nothing_is_written_and_the_remedy_is_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "xlsxwriter", None)
        with pytest.raises(MissingDependencyError, match=r'pip install "unified-customer\[excel\]"'):
            make_shop(tmp_path / "shop", customers=1)
        assert not (tmp_path / "shop").exists()

    @pytest.mark.parametrize(("customers", "seed"), [(-1, 0), (1, -1), (10_000_000, 0)])
    def test_counts_and_seeds_are_checked(self, tmp_path: Path, customers: int, seed: int) -> None:
        with pytest.raises(ConfigurationError, match="customers"):
            make_shop(tmp_path, customers=customers, seed=seed)

    def test_a_time_without_a_zone_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match="time zone"):
            # A time without a zone is what is tested.
            make_shop(tmp_path, customers=1, as_of=dt.datetime(2026, 1, 1))  # noqa: DTZ001 (naive on purpose)

    def test_another_end_is_respected(self, tmp_path: Path) -> None:
        end = dt.datetime(2024, 6, 30, 14, 30, tzinfo=dt.timezone(dt.timedelta(hours=2)))
        shop = make_shop(tmp_path, customers=50, as_of=end)
        assert shop.as_of == end
        sold = pl.read_parquet(shop.pos)["sold_at"]
        # There are rows, so that it is a number.
        assert end - dt.timedelta(days=3 * 365 + 2) < sold.min() <= sold.max() < end  # type: ignore[operator]  # it is an instant
        assert DAY == 86_400 * 10**6

    def test_a_file_is_no_folder(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(SourceError, match="is a file"):
            make_shop(tmp_path / "file", customers=1)

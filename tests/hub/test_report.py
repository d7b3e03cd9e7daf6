"""The report of a hub: what is on it, what is not, and what a browser makes of it."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import polars as pl
import pytest

import unified_customer as uc
from tests.browsing import Browser
from unified_customer.analytics import Scorecard
from unified_customer.core.errors import ConfigurationError, ConsentError, EverythingWithheldWarning, SchemaError
from unified_customer.core.models import Actor
from unified_customer.core.tables import table
from unified_customer.engines.portable import Calendar
from unified_customer.hub.gathering import Wanted
from unified_customer.methods.money import Money
from unified_customer.policy import Role
from unified_customer.testing.publication_strategies import FORBIDDEN, World, hub_of

START, AS_OF, NOW = (datetime(*each, tzinfo=UTC) for each in ((2024, 1, 1), (2026, 1, 1), (2026, 2, 1)))
PURPOSE = "analytics"
KEYS = uc.MemoryKeyProvider(b"k" * 32)
PEOPLE = pl.DataFrame({"id": [str(each) for each in range(160)]}).with_columns(
    mail=pl.format("canary-{}@example.com", "id"), name=pl.format("Canary-{} Lee", "id")
)
MARKUP = 'A "shop" <b>& more</b>'
BLIND = {"user.financial", "user.behavior", "user.behavior.purchase_history"}
"""Who may not see these sees no amounts, or no purchases."""
CRM = uc.Mapping(table="records", key="id", fields={"email": "mail", "full_name": "name"})
SHOP = uc.Mapping(
    table="order_lines", key="line", identifiers={"email": "mail"},
    fields={
        "order_id": "line", "kind": "kind", "occurred_at": "at", "quantity": "quantity", "amount": "amount",
        "currency": "currency",
    },
)  # fmt: skip


def lines() -> pl.DataFrame:
    """Purchases of two years: some people buy often, some once, a few not at all; and one of an unknown customer."""
    random, rows = Random(7), []
    for mail in PEOPLE["mail"]:
        rate, at = random.gammavariate(0.8, 0.012), START + timedelta(days=random.uniform(0, 500))
        while at < NOW and rate > 1e-4:
            rows.append((mail, at, Decimal(str(round(random.lognormvariate(3, 0.7), 2)))))
            at += timedelta(days=random.expovariate(rate))
    rows.append((None, START + timedelta(days=30), Decimal("7.77")))
    frame = pl.DataFrame(
        rows, schema={"mail": pl.String, "at": pl.Datetime("us", "UTC"), "amount": pl.Decimal(18, 4)}, orient="row"
    )
    return frame.with_row_index("line").with_columns(
        pl.col("line").cast(pl.String), kind=pl.lit("sale"), quantity=pl.lit("1"), currency=pl.lit("EUR")
    )


@pytest.fixture(scope="module")
def hub() -> Iterator[uc.CustomerHub]:
    policy = uc.Policy(bases={PURPOSE: "legitimate_interests"})
    keys = uc.MemoryKeyProvider(b"k" * 32)
    with uc.CustomerHub("memory://", policy=policy, keys=keys, clock=lambda: NOW) as opened:
        opened.load(uc.source("dataframe", PEOPLE, table="records", name="crm", mapping=CRM))
        opened.load(uc.source("dataframe", lines(), table="order_lines", name="shop", mapping=SHOP))
        opened.resolve()
        yield opened


@pytest.fixture(scope="module")
def page(hub: uc.CustomerHub, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hub.report(
        purpose=PURPOSE, path=tmp_path_factory.mktemp("report") / "report.html", as_of=AS_OF, title=MARKUP
    ).path


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("profile")) as running:
        yield running


def test_it_tells_what_was_written(hub: uc.CustomerHub, tmp_path: Path) -> None:
    report = hub.report(purpose=PURPOSE, path=str(tmp_path / "page.html"))
    assert (report.path, report.purpose, report.customers) == (tmp_path / "page.html", PURPOSE, PEOPLE.height)
    assert report.as_of > NOW - timedelta(seconds=1)
    assert [title in report.path.read_text(encoding="utf-8") for title in report.sections] == [True] * len(
        report.sections
    )


def test_it_holds_no_one(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "anary" not in text
    assert "@example.com" not in text


def test_no_id_of_a_customer_is_on_it(hub: uc.CustomerHub, page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert [each for each in hub.customers(purpose=PURPOSE)["customer_id"] if each in text] == []


def test_the_same_is_asked_the_same_is_written(hub: uc.CustomerHub, page: Path, tmp_path: Path) -> None:
    again = hub.report(purpose=PURPOSE, path=tmp_path / "again.html", as_of=AS_OF, title=MARKUP)
    assert again.path.read_bytes() == page.read_bytes()


def test_a_title_is_text(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "A &quot;shop&quot; &lt;b&gt;&amp; more" in text
    assert "<b>&" not in text


def test_a_file_that_is_there_is_replaced(hub: uc.CustomerHub, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("old" * 1_000_000, encoding="utf-8")
    hub.report(purpose=PURPOSE, path=path, as_of=START)
    assert "oldold" not in path.read_text(encoding="utf-8")


def test_a_place_where_no_file_can_be_is_refused(hub: uc.CustomerHub, tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nowhere" / "page.html"):
        with pytest.raises(ConfigurationError, match="folder"):
            hub.report(purpose=PURPOSE, path=place, as_of=AS_OF)


def test_a_purpose_without_a_basis_sees_nobody_and_says_so(hub: uc.CustomerHub, tmp_path: Path) -> None:
    with pytest.warns(EverythingWithheldWarning):
        report = hub.report(purpose="marketing.advertising", path=tmp_path / "page.html", as_of=AS_OF)
    text = report.path.read_text(encoding="utf-8")
    assert report.customers == 0
    assert "it may see 0 of 160 customers" in text
    assert "Nobody has bought" in text


def test_an_actor_needs_a_role_where_the_policy_says_so(tmp_path: Path) -> None:
    policy = uc.Policy(bases={PURPOSE: "legitimate_interests"}, roles={"clerk": Role(purposes=("essential.service",))})
    with uc.CustomerHub("memory://", policy=policy, keys=KEYS) as small:
        with pytest.raises(ConsentError):
            small.report(purpose=PURPOSE, path=tmp_path / "page.html", actor=Actor(id="eve", roles=("clerk",)))
        assert not (tmp_path / "page.html").exists()


def test_amounts_of_several_currencies_need_rates(tmp_path: Path) -> None:
    sold = {
        "who": "1",
        "order_id": "x",
        "occurred_at": START,
        "kind": "sale",
        "quantity": Decimal(1),
        "amount": Decimal(5),
    }
    rows = [
        {**sold, "line_id": str(n), "item_id": "mug", "channel": "web", "currency": c}
        for n, c in enumerate(("EUR", "USD"))
    ]
    with hub_of(World({"order_lines": rows}, frozenset(), ())) as two:
        with pytest.raises(SchemaError, match="USD"):
            two.report(purpose=PURPOSE, path=tmp_path / "page.html")
        money = Money(currency="EUR", rates={"USD": Decimal("0.9")})
        assert two.report(purpose=PURPOSE, path=tmp_path / "page.html", money=money).customers == 3


def test_a_hub_without_anything_has_a_report(tmp_path: Path) -> None:
    with uc.CustomerHub("memory://", policy=uc.Policy(bases={PURPOSE: "legitimate_interests"}), keys=KEYS) as empty:
        report = empty.report(purpose=PURPOSE, path=tmp_path / "page.html", as_of=AS_OF)
    assert report.customers == 0
    assert "Nobody has bought" in report.path.read_text(encoding="utf-8")


def test_what_few_paid_is_not_told(tmp_path: Path) -> None:
    sold = {"order_id": "x", "occurred_at": START, "kind": "sale", "quantity": Decimal(1), "currency": "EUR"}
    rows = [
        {**sold, "who": who, "line_id": who, "item_id": "mug", "channel": "web", "amount": Decimal(amount)}
        for who, amount in (("1", 4321), ("2", 8765), ("3", 1357))
    ]
    with hub_of(World({"order_lines": rows}, frozenset(), ())) as small:
        text = small.report(purpose=PURPOSE, path=tmp_path / "page.html").path.read_text(encoding="utf-8")
    assert not re.search(r"4,?321|8,?765|1,?357", text)


@pytest.mark.parametrize("forbidden", FORBIDDEN[:4])
def test_what_a_purpose_may_not_see_is_named(forbidden: tuple[str, ...], tmp_path: Path) -> None:
    sold = {
        "who": "1",
        "order_id": "x",
        "occurred_at": START,
        "kind": "sale",
        "quantity": Decimal(1),
        "amount": Decimal(5),
    }
    rows = [{**sold, "line_id": "1", "item_id": "mug", "channel": "web", "currency": "EUR"}]
    with hub_of(World({"order_lines": rows}, frozenset(), forbidden)) as strict:
        report = strict.report(purpose=PURPOSE, path=tmp_path / "page.html")
    text = report.path.read_text(encoding="utf-8")
    assert report.customers == 3
    assert ("Nothing is told of this" in text) == bool(BLIND & {*forbidden})
    assert ("The stronger the colour" in text) != ("Nothing is told of this" in text)


def test_opens_that_machines_made_are_no_opens(tmp_path: Path) -> None:
    sent = {"occurred_at": START, "type": "track", "channel": "email"}
    opens = [
        {**sent, "who": who, "event_id": f"{name}-{who}", "object_id": f"m{who}", "name": name, "properties": told}
        for who in ("1", "2", "3")
        for name, told in (("Email Delivered", None), ("Email Opened", '{"sg_machine_open": true}'))
    ]
    with hub_of(World({"events": opens}, frozenset(), ())) as mailed:
        wanted = Wanted(("events",), ("events",), PURPOSE, AS_OF, "UTC", Actor(id="test"))
        (events,) = wanted.tables(mailed._door.read_together(wanted.queries)).values()
        report = mailed.report(purpose=PURPOSE, path=tmp_path / "page.html", as_of=AS_OF)
    assert "sg_machine_open" in str(events["properties"].to_list())
    assert report.path.exists()


def test_a_day_is_over_where_the_shop_is(tmp_path: Path) -> None:
    with uc.CustomerHub("memory://", policy=uc.Policy(bases={PURPOSE: "legitimate_interests"}), keys=KEYS) as hub:
        ends = [date(2026, 1, 31), date(2026, 2, 28)]
        spend = pl.DataFrame(
            {
                "source": "ads",
                "period_start": ends,
                "period_end": ends,
                "channel": "search",
                "campaign": "",
                "amount": [10, 90],
                "currency": "EUR",
            }
        )
        with hub._store.transaction(recorded_at=START) as writer:
            writer.upsert("spend", table("spend").conform(spend.with_columns(pl.col("amount").cast(pl.Decimal(18, 4)))))
        calendar = Calendar(zone="Europe/Berlin")
        midnight = datetime(2026, 3, 1, tzinfo=ZoneInfo("Europe/Berlin"))
        card = hub.fit(Scorecard(kpis=("spend",), calendar=calendar), purpose=PURPOSE, as_of=midnight)
        assert card.latest.select("period", "value").row(0) == (date(2026, 2, 1), 90.0)
        assert hub.read("spend", purpose=PURPOSE, as_of=midnight).height == 1


def test_nobody_was_there_three_months_before(tmp_path: Path) -> None:
    sold = {
        "who": "1",
        "order_id": "x",
        "line_id": "1",
        "occurred_at": NOW - timedelta(days=20),
        "kind": "sale",
        "quantity": Decimal(1),
    }
    rows = [{**sold, "item_id": "mug", "channel": "web", "amount": Decimal(5), "currency": "EUR"}]
    with hub_of(World({"order_lines": rows}, frozenset(), ())) as young:
        assert young.report(purpose=PURPOSE, path=tmp_path / "page.html", as_of=NOW).path.exists()


def test_it_says_whom_it_may_see_by_what_is_said_now(tmp_path: Path) -> None:
    with hub_of(World({}, frozenset({"1"}), ())) as objected:
        report = objected.report(purpose=PURPOSE, path=tmp_path / "page.html", as_of=AS_OF)
    assert "it may see 2 of 3 customers" in report.path.read_text(encoding="utf-8")


@pytest.mark.needs_browser
@pytest.mark.parametrize("look", ["light", "dark"])
def test_a_browser_draws_every_chart_and_asks_for_nothing(page: Path, browser: Browser, look: str) -> None:
    browser.open(page.as_uri(), dark=look == "dark")
    assert browser.requested == [page.as_uri()]
    assert browser.complaints == []
    drawn = browser.value(
        "[...document.querySelectorAll('figure svg')].map(each => {"
        " const box = each.getBoundingClientRect();"
        " const marks = [...each.querySelectorAll('path, rect, line, circle')].filter(mark => {"
        "  const size = mark.getBoundingClientRect(); return size.width + size.height > 1; });"
        " return [box.width, box.height, marks.length, each.querySelectorAll('text').length]; })"
    )
    assert len(drawn) >= 8
    assert all(min(wide, high) > 100 and marks > 5 and texts > 3 for wide, high, marks, texts in drawn), drawn


@pytest.mark.needs_browser
@pytest.mark.parametrize("wide", [1280, 420])
def test_what_is_written_in_charts_fits(page: Path, browser: Browser, wide: int) -> None:
    browser.open(page.as_uri(), wide=wide)
    beyond = browser.value(
        "[...document.querySelectorAll('figure svg')].flatMap(chart => {"
        " const box = chart.getBoundingClientRect();"
        " return [...chart.querySelectorAll('text')].filter(text => {"
        "  const own = text.getBoundingClientRect();"
        "  return own.width && (own.left < box.left - 1 || own.right > box.right + 1 || own.top < box.top - 1"
        "   || own.bottom > box.bottom + 1); }).map(text => text.textContent); })"
    )
    assert beyond == []
    assert browser.value("document.documentElement.scrollWidth") <= wide


@pytest.mark.needs_browser
def test_a_page_that_asks_for_something_is_noticed(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<img src='http://127.0.0.1:9/picture.png'>", encoding="utf-8")
    browser.open(page.as_uri())
    assert "http://127.0.0.1:9/picture.png" in browser.requested
    assert browser.complaints

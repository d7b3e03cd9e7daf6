"""Profiles, cards and the handbook of a small shop."""

import re
import shutil
import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.segmentation import RFM, Demographic, MicroSegments, Persona, Profiles, drift, profile_segments
from unified_customer.segmentation.profiles import SegmentProfiles
from unified_customer.testing.profile_strategies import Shop, shop_of

AT = datetime(2026, 3, 1, tzinfo=UTC)
CANARY = "Canary Person"


@pytest.fixture(scope="module")
def shop() -> Shop:
    """Two hundred customers: those in green buy often, mostly tea, and live in the North; one is not like any other."""
    random, lines, people, segments = Random(4), [], [], []
    for place in range(200):
        who, green = f"id-{place}", place % 4 == 0
        segments.append((who, "green" if green else "grey" if place % 4 < 3 else "white"))
        region = "North" if random.random() < (0.8 if green else 0.3) else "South"
        people.append((who, date(1950 + place % 50, 6, 1), random.choice(["female", "male"]), region))
        for order in range(random.randint(3, 6) if green else random.randint(1, 2)):
            category = "Tea" if random.random() < (0.7 if green else 0.1) else "Coffee"
            at = AT - timedelta(days=random.randint(1, 20 if green else 300))
            lines.append(
                (who, f"{who}-{order}", at, "sale", 1, 20 + order, "EUR", category, random.choice(["web", "shop"]))
            )
    lines.append(("id-0", "extra", AT - timedelta(days=1), "sale", 1, 5, "EUR", CANARY, CANARY))
    people[0] = (*people[0][:2], CANARY, CANARY)
    columns = [
        "customer_id",
        "order_id",
        "occurred_at",
        "kind",
        "quantity",
        "amount",
        "currency",
        "category",
        "channel",
    ]
    return {
        "segments": pl.DataFrame(segments, schema=["customer_id", "segment"], orient="row"),
        "order_lines": pl.DataFrame(lines, schema=columns, orient="row"),
        "customers": pl.DataFrame(people, schema=["customer_id", "birth_date", "gender", "region"], orient="row"),
    }


@pytest.fixture(scope="module")
def profiles(shop: Shop) -> SegmentProfiles:
    spec = Profiles(segmentation="segments", actions={"green": "Send them tea."}, order=("white", "green"))
    return spec.fit(shop, as_of=AT)


@pytest.fixture(scope="module")
def handbook(profiles: SegmentProfiles, tmp_path_factory: pytest.TempPathFactory) -> Path:
    named = profiles.with_personas(Persona(segment="green", name="Tea <drinkers>", quote="A cup & a book."))
    return named.handbook(tmp_path_factory.mktemp("handbook") / "handbook.html", purpose="analytics")


def test_what_is_planted_is_found(profiles: SegmentProfiles) -> None:
    told = profiles.segment("green").lifts.select("kind", "value").rows()
    assert {("category", "Tea"), ("region", "North")} <= set(told)
    assert not [value for kind, value in told if kind == "gender"]
    assert {"frequency", "recency"} <= set(profiles.segment("green").differences["kind"])


def test_differences_are_those_of_the_customers_themselves(shop: Shop, profiles: SegmentProfiles) -> None:
    orders = shop["order_lines"].group_by("customer_id").agg(pl.col("order_id").n_unique().log1p())
    whole = orders.join(shop["segments"], on="customer_id")
    here, elsewhere = (whole.filter(green)["order_id"] for green in (_green(), ~_green()))
    apart = (here.mean() - elsewhere.mean()) / ((here.var() + elsewhere.var()) / 2) ** 0.5  # type: ignore[operator]
    found = profiles.findings.filter(segment="green", kind="frequency")["estimate"].item()
    assert found == pytest.approx(apart, rel=1e-3)


def _green() -> pl.Expr:
    return pl.col("segment") == "green"


def test_segments_stand_in_the_order_asked_for_then_by_size(profiles: SegmentProfiles) -> None:
    assert profiles.names == ("white", "green", "grey")
    assert profiles.facts["segment"].to_list() == ["white", "green", "grey"]


def test_a_story_tells_what_was_found_and_how_sure_it_is(profiles: SegmentProfiles) -> None:
    card = profiles.card("green", charts=False)
    assert "They are 50 customers, 25 % of all, and bring" in card
    assert re.search(r"live in North [\d.]+ times as often \([\d.]+ to [\d.]+\)", card)
    assert "They are few" in card
    assert "Send them tea." in card


def test_the_handbook_has_a_card_each_charts_and_the_method(handbook: Path) -> None:
    page = handbook.read_text(encoding="utf-8")
    assert page.count('<section class="uc-card') == 3
    assert page.count('class="uc-chart"') == 1 + 2
    assert "Tea &lt;drinkers&gt;" in page
    assert "<drinkers>" not in page
    assert "“A cup &amp; a book.”" in page
    assert "Benjamini and Hochberg" in page
    assert "2026-03-01 00:00 UTC" in page
    assert 'href="#segment-2"' in page


def test_nobody_is_in_the_handbook(handbook: Path, profiles: SegmentProfiles) -> None:
    page = handbook.read_text(encoding="utf-8")
    assert CANARY not in page
    assert "id-" not in re.sub(r'(href|id|aria-describedby|clip-path)="[^"]*"|mask-id', "", page).replace("grid-", "")
    assert CANARY not in str(profiles.to_body())
    assert CANARY not in profiles._repr_html_()


def test_the_canary_is_told_where_one_is_enough(shop: Shop) -> None:
    found = Profiles(segmentation="segments", least=1).fit(shop, as_of=AT)
    assert CANARY in found.findings["value"]


@pytest.mark.needs_browser
@pytest.mark.slow
def test_each_card_is_printed_on_one_page(handbook: Path, tmp_path: Path) -> None:
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    target = tmp_path / "handbook.pdf"
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", f"--print-to-pdf={target}")
    subprocess.run([browser, *options, handbook.as_uri()], check=True, capture_output=True, timeout=120)
    pages = re.findall(rb"/Type\s*/Page\b(?!s)", target.read_bytes())
    assert len(pages) == 1 + 3 + 1


def test_small_segments_are_one_rest_without_a_card(shop: Shop) -> None:
    small = shop["segments"].with_columns(
        segment=pl.when(pl.int_range(pl.len()) < 12).then(pl.lit("few")).otherwise("segment")
    )
    halves = small.with_columns(
        segment=pl.when(pl.col("segment") == "few")
        .then(pl.format("few {}", pl.int_range(pl.len()) % 2))
        .otherwise("segment")
    )
    found = profile_segments(halves, shop, as_of=AT)
    assert found.facts["segment"].to_list()[-1] == "all others"
    assert found.facts["customers"].to_list()[-1] == 12
    assert "all others: segments too small for a card" in _page(found)
    with pytest.raises(ConfigurationError, match="No card for 'few 0'"):
        found.card("few 0")


def _page(found: SegmentProfiles) -> str:
    from unified_customer.segmentation.profiles.handbook import handbook_html

    return handbook_html(found, title="t", purpose="p", overview="", card=lambda name: found.card(name, charts=False))


def test_fitted_segmentations_bring_their_order_and_actions(shop: Shop) -> None:
    rfm = RFM().fit(shop, as_of=AT)
    found = profile_segments(rfm, shop, as_of=AT, least=5)
    assert [name for name in rfm.spec.rules.names if name in found.names] == [*found.names]
    assert found.segment("Champions").persona.action == "Thank them, ask for reviews, show new things first."
    ages = Demographic(least=5).fit(shop, as_of=AT)
    assert profile_segments(ages, shop, as_of=AT).names[0] == "25-34"


def test_segments_alone_have_sizes_and_cards(shop: Shop) -> None:
    found = profile_segments(shop["segments"], {}, as_of=AT)
    assert found.facts["revenue"].null_count() == 3
    assert "Nothing that was compared sets them apart" in found.card("green")
    with pytest.raises(ConfigurationError, match="nothing to draw"):
        found.chart("green")


def test_whole_orders_tell_of_channels_and_money(shop: Shop) -> None:
    orders = shop["order_lines"].rename({"occurred_at": "ordered_at"}).drop("kind", "quantity")
    found = profile_segments(shop["segments"], {"orders": orders}, as_of=AT)
    assert set(found.channels["kind"]) == {"order channel"}
    lines = profile_segments(shop["segments"], {"order_lines": shop["order_lines"]}, as_of=AT)
    assert_frame_equal(found.facts, lines.facts)


def test_fewer_customers_than_allowed_leave_an_empty_handbook(shop: Shop, tmp_path: Path) -> None:
    found = profile_segments(shop["segments"].head(7), shop, as_of=AT)
    assert found.names == ()
    page = found.handbook(tmp_path / "empty.html", purpose="analytics").read_text(encoding="utf-8")
    assert "fewer than 10" in page


def test_wrong_input_is_refused(shop: Shop) -> None:
    with pytest.raises(SchemaError, match="1 customers with several rows"):
        profile_segments(pl.concat([shop["segments"], shop["segments"].head(1)]), shop, as_of=AT)
    with pytest.raises(SchemaError, match="Neither 'rfm' nor 'memberships'"):
        Profiles().fit({"customers": shop["customers"]}, as_of=AT)
    with pytest.raises(ValueError, match="A segment has one persona"):
        Profiles(personas=(Persona(segment="a"), Persona(segment="a")))
    with pytest.raises(ValueError, match="no IANA time zone"):
        Profiles(zone="Mars")


def test_results_show_themselves(profiles: SegmentProfiles) -> None:
    assert "Profiles of segments" in profiles._repr_html_()
    assert profiles.chart(dark=True).to_dict()["title"]["text"] == ["All segments"]


def test_micro_segments_and_their_drift_show_themselves(shop: Shop) -> None:
    regions = shop["customers"].select("customer_id", segment="region")
    fitted = MicroSegments(of=("segments", "region"), least=5).fit({**shop, "region": regions}, as_of=AT)
    assert fitted.sizes["customers"].sum() == 200
    assert "Micro-segments by segments and region" in fitted._repr_html_()
    assert fitted.rows()["memberships"].height == 200
    assert fitted.chart().to_dict()
    moved = drift(shop["segments"], shop["segments"].with_columns(segment=pl.col("segment").reverse()))
    assert moved.chart(dark=True).to_dict()
    assert "stability index" in moved._repr_html_()
    assert drift(regions.head(0), regions).verdict == "nobody to compare"
    assert drift(regions.head(100), regions.tail(100), order=["South"]).table["segment"][0] == "South"


def test_many_micro_segments_are_drawn_with_the_rest_as_one() -> None:
    many = pl.DataFrame({"customer_id": [f"c{place}" for place in range(400)]})
    layer = many.with_columns(segment=pl.format("s{}", pl.int_range(pl.len()) % 40))
    fitted = MicroSegments(of=("layer",), least=10).fit({"layer": layer}, as_of=AT)
    assert "16 others" in str(fitted.chart().to_dict())


def test_small_cells_are_merged_into_the_cell_without_the_part_that_tells_least() -> None:
    who = [f"c{place}" for place in range(40)]
    halves = pl.DataFrame({"customer_id": who, "segment": ["left"] * 20 + ["right"] * 20})
    rare = pl.DataFrame({"customer_id": who, "segment": (["plain"] * 16 + ["odd"] * 3 + ["rare"]) * 2})
    found = MicroSegments(of=("halves", "rare"), least=4).fit({"halves": halves, "rare": rare}, as_of=AT)
    assert dict(found.sizes.select("segment", "customers").iter_rows()) == {
        "left · plain": 16, "right · plain": 16, "left · other": 4, "right · other": 4,
    }  # fmt: skip
    same = MicroSegments(of=("first", "second"), least=4).fit({"first": rare, "second": rare}, as_of=AT)
    assert same.learned.dropped[0] == "second"


def test_two_layers_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="names of their own"):
        MicroSegments(of=("rfm", "rfm"))
    with pytest.raises(ValueError, match="names of their own"):
        MicroSegments(of=("segment",))


@pytest.mark.needs_java
@pytest.mark.slow
def test_spark_gives_the_same_profiles_and_micro_segments(on_spark: Any) -> None:
    found = shop_of(Random(8), 40)
    spec, there = Profiles(segmentation="colour", least=3), {name: on_spark(frame) for name, frame in found.items()}
    one, other = spec.fit(there, as_of=AT), spec.fit(found, as_of=AT)
    for name in ("facts", "findings", "typical", "channels"):
        assert_frame_equal(getattr(one, name), getattr(other, name), check_row_order=False, rel_tol=1e-9)
    micro = MicroSegments(of=("colour", "region"), least=3)
    layers = {"colour": found["colour"], "region": found["customers"].select("customer_id", segment="region")}
    native = micro.fit({name: on_spark(frame) for name, frame in layers.items()}, as_of=AT).table
    rows = {tuple(row) for row in native.select("customer_id", "segment").collect()}
    assert rows == set(micro.fit(layers, as_of=AT).table.select("customer_id", "segment").iter_rows())

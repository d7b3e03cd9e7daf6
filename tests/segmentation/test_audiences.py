"""Audiences: what people see of them, and what is refused."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from unified_customer.core.errors import ConfigurationError, SchemaError, UnknownCustomerError
from unified_customer.methods.money import Money
from unified_customer.segmentation.audiences import (
    Age,
    And,
    Answered,
    Audience,
    Between,
    Birthday,
    Bought,
    Condition,
    Consents,
    Did,
    Earlier,
    FromToday,
    InSegment,
    Last,
    Or,
    Rule,
    Score,
    Sequence,
    Span,
    Step,
    Trait,
    rule_from_json,
    templates,
)
from unified_customer.segmentation.audiences.preview import guarded

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def at(days_ago: float) -> datetime:
    return NOW - timedelta(days=days_ago)


def people(**columns: Any) -> pl.DataFrame:
    height = len(next(iter(columns.values())))
    return pl.DataFrame({"customer_id": [f"c{number}" for number in range(1, height + 1)], **columns})


def events(*rows: tuple[str, str, float], **columns: Any) -> pl.DataFrame:
    who, name, ago = zip(*rows, strict=True)
    times = [at(days) for days in ago]
    return pl.DataFrame({"customer_id": who, "name": name, "occurred_at": times, **columns})


def inside(rule: Rule, tables: dict[str, pl.DataFrame], **how: Any) -> list[str]:
    found = Audience(name="some", rule=rule, **how).fit(tables, as_of=NOW).table
    return sorted(found["customer_id"])


class TestMoney:
    def shop(self) -> dict[str, pl.DataFrame]:
        paid = [Decimal("0.1"), Decimal("0.2"), Decimal(10)]
        rows = events(("c1", "Paid", 1), ("c1", "Paid", 2), ("c2", "Paid", 1))
        return {"events": rows.with_columns(amount=pl.Series(paid), currency=pl.Series(["EUR", "EUR", "USD"]))}

    def test_sums_are_exact(self) -> None:
        rule = Did("Paid", measure="total", exactly=0.3)
        assert inside(rule, {"events": self.shop()["events"].head(2)}, base="events") == ["c1"]

    def test_several_currencies_are_not_added_in_silence(self) -> None:
        with pytest.raises(SchemaError, match="several currencies"):
            inside(Did("Paid", measure="total", at_least=1), self.shop(), base="events")

    @pytest.mark.parametrize("measure", ["total", "mean", "max", "min"])
    def test_rates_bring_them_together(self, measure: Any) -> None:
        money = Money(currency="EUR", rates={"USD": Decimal("0.5")})
        rule = Did("Paid", measure=measure, exactly=5)
        assert inside(rule, self.shop(), base="events", money=money) == ["c2"]

    def test_currencies_that_the_rule_is_not_about_do_not_matter(self) -> None:
        shop = self.shop()["events"].with_columns(name=pl.Series(["Paid", "Paid", "Refunded"]))
        assert inside(Did("Paid", measure="max", at_least=0.2), {"events": shop}, base="events") == ["c1"]


class TestTraits:
    def test_of_whom_there_is_no_row_everything_is_missing(self) -> None:
        shop = {"events": events(("c1", "A", 1), ("c9", "A", 1)), "customers": people(country=["DE"])}
        assert inside(Trait("country", "is_missing"), shop, base="events") == ["c9"]
        assert inside(Trait("country", "is_known"), shop, base="events") == ["c1"]


class TestTimes:
    def test_a_window_begins_so_long_ago_and_ends_before_the_instant(self) -> None:
        shop = {"events": events(("on", "A", 7), ("before", "A", 7.01), ("now", "A", 0), ("just", "A", 0.001))}
        assert inside(Did("A", within=Last(days=7)), shop, base="events") == ["just", "on"]

    def test_days_are_those_of_the_shop(self) -> None:
        shop = {"events": events(("c1", "A", 2.1))}
        rule = Did("A", within=Between(date(2026, 2, 26), date(2026, 2, 26)))
        assert inside(rule, shop, base="events") == ["c1"]
        assert inside(rule, shop, base="events", zone="Asia/Kolkata") == []

    def test_times_without_a_zone_are_those_of_the_shop(self) -> None:
        plain = events(("c1", "A", 1)).with_columns(pl.col("occurred_at").dt.replace_time_zone(None))
        rule = Did("A", within=Last(days=1))
        assert inside(rule, {"events": plain}, base="events") == ["c1"]
        assert inside(rule, {"events": plain}, base="events", zone="America/New_York") == ["c1"]
        assert inside(rule, {"events": plain}, base="events", zone="Asia/Kolkata") == []

    def test_dates_are_midnights(self) -> None:
        dated = events(("c1", "A", 1)).with_columns(pl.col("occurred_at").dt.date())
        sequence = Sequence("A").then_not("B", within=Span(days=1))
        assert inside(Did("A", within=Last(days=1)) & sequence, {"events": dated}, base="events") == ["c1"]

    def test_a_leap_day_comes_round_on_the_first_of_march(self) -> None:
        tables = {"customers": people(birth_date=[date(2000, 2, 29), date(2000, 3, 2), date(1990, 12, 31)])}
        assert inside(Birthday(), tables) == ["c1"]
        assert inside(Birthday(within_days=1), tables) == ["c1", "c2"]

    def test_birthdays_and_ages_may_lie_in_traits(self) -> None:
        tables = {"customers": people(traits=['{"born": "1990-03-01"}', '{"born": "1990-03-02T00:00"}', '{"born": 7}'])}
        assert inside(Birthday(field="traits.born"), tables) == ["c1"]
        assert inside(Age(at_least=36, field="traits.born"), tables) == ["c1"]

    def test_waiting_is_over_when_the_span_is(self) -> None:
        shop = {"events": events(("over", "A", 1), ("waiting", "A", 0.99))}
        assert inside(Sequence("A").then_not("B", within=Span(days=1)), shop, base="events") == ["over"]


class TestPreview:
    def audience(self, countries: dict[str | None, int]) -> Any:
        values = [country for country, number in countries.items() for _ in range(number)]
        rule = ~Trait("country", "eq", "out")
        return Audience(name="some", rule=rule).fit({"customers": people(country=values)}, as_of=NOW)

    def test_it_counts_and_names_no_more_than_were_asked_for(self) -> None:
        preview = self.audience({"DE": 3, "out": 1}).preview(2)
        assert (preview.customers, preview.of, preview.share, preview.sample) == (3, 4, 0.75, ("c1", "c2"))
        assert self.audience({"DE": 3}).preview(0).sample == ()

    def test_of_nobody_there_is_no_share(self) -> None:
        empty = {"customers": people(country=["DE"]).clear()}
        preview = Audience(name="some", rule=And()).fit(empty, as_of=NOW).preview(by="country")
        assert (preview.customers, preview.share) == (0, None)
        assert preview.by is not None
        assert preview.by.is_empty()

    def test_small_cells_are_put_together(self) -> None:
        by = self.audience({"DE": 30, "FR": 20, "LI": 6, None: 6}).preview(by="country").by
        assert by.select("value", "customers").rows() == [("DE", 30), ("FR", 20), ("others", 12)]

    def test_a_small_rest_takes_the_next_cell_along(self) -> None:
        by = self.audience({"DE": 30, "FR": 20, "LI": 1}).preview(by="country").by
        assert by.select("value", "customers").rows() == [("DE", 30), ("others", 21)]

    def test_too_few_are_not_told_of(self) -> None:
        assert guarded(pl.DataFrame({"value": ["DE", "FR"], "customers": [4, 5]}), smallest=10).is_empty()

    def test_a_negative_sample_cannot_be_meant(self) -> None:
        with pytest.raises(ConfigurationError, match="asked for -1"):
            self.audience({"DE": 1}).preview(-1)


class TestParts:
    def test_each_part_is_counted_and_small_counts_are_hidden(self) -> None:
        tables = {"customers": people(country=["DE"] * 30 + ["FR"] * 20 + ["LI"] * 3)}
        rule = Or(Trait("country", "eq", "DE"), Trait("country", "eq", "LI"), Trait("country", "eq", "US"))
        fitted = Audience(name="some", rule=rule).fit(tables, as_of=NOW)
        assert fitted.sizes.select("depth", "customers").rows() == [(0, 33), (1, 30), (1, None), (1, 0)]
        assert fitted.to_body()["customers"][1] == ["country is 'DE'", 30]
        assert "US" in fitted._repr_html_()
        assert fitted.chart().to_dict()
        assert fitted.chart(dark=True).to_dict() != fitted.chart().to_dict()


class TestExplanation:
    def shop(self) -> dict[str, pl.DataFrame]:
        return {
            "customers": people(country=["DE", None], birth_date=[date(1990, 3, 4), None], traits=['{"size": 41}', None]),
            "events": events(("c1", "A", 3), ("c1", "A", 2), ("c1", "B", 1)).with_columns(amount=pl.lit(2.5)),
            "order_lines": pl.DataFrame(
                {
                    "customer_id": ["c1"], "order_id": ["o"], "occurred_at": [at(1)], "kind": ["sale"],
                    "quantity": [Decimal(2)], "amount": [Decimal(9)], "category": ["Garden > Tools"],
                }
            ),
            "memberships": pl.DataFrame(
                {
                    "customer_id": ["c1"], "segmentation": ["rfm"], "segment": ["Loyal"], "entered_at": [at(9)],
                    "left_at": pl.Series([None], dtype=pl.Datetime("us", "UTC")),
                }
            ),
            "scores": pl.DataFrame({"customer_id": ["c1"], "name": ["churn"], "as_of": [at(2)], "value": [0.7]}),
            "answers": pl.DataFrame(
                {"customer_id": ["c1"], "instrument": ["nps"], "question": ["q"], "answered_at": [at(5)], "value": [9.0]}
            ),
            "permitted": pl.DataFrame(
                {"customer_id": ["c1"], "purpose": ["analytics"], "channel": pl.Series([None], dtype=pl.String)}
            ),
        }  # fmt: skip

    RULES = (
        (Trait("country", "eq", "DE"), "'DE'", "nothing is known"),
        (Trait("birth_date", "lt", "2000-01-01"), "1990-03-04", "nothing is known"),
        (Trait("traits.size", "ge", 40), "'41'", "nothing is known"),
        (Age(at_least=18), "35 years", "nothing is known"),
        (Birthday(within_days=7), "3 days to go", "nothing is known"),
        (Did("A", at_least=2), "2 times", "0 times"),
        (Did("A", measure="mean", at_least=2), "2.5", "nothing is known"),
        (Sequence("A").then("B"), "2 of 2 steps in order", "0 of 2 steps in order"),
        (Bought(category="Garden"), "1 orders", "0 orders"),
        (Bought(measure="units", at_least=2), "2 units", "0 units"),
        (Bought(measure="total", at_least=9), "9", "0"),
        (InSegment("rfm", "Loyal"), "since 2026-02-20 00:00", "not in it"),
        (Score("churn", "ge", 0.5), "0.7", "nothing is known"),
        (Answered("q", where=(Condition("value", "ge", 9),)), "last answered 2026-02-24 00:00", "not answered"),
        (Consents("analytics"), "permitted", "not permitted"),
    )

    @pytest.mark.parametrize(("rule", "of_one", "of_other"), RULES, ids=lambda each: getattr(each, "kind", ""))
    def test_what_was_found_stands_beside_each_rule(self, rule: Rule, of_one: str, of_other: str) -> None:
        fitted = Audience(name="some", rule=rule).fit(self.shop(), as_of=NOW)
        told = [(each.holds, each.found) for each in (fitted.explain("c1"), fitted.explain("c2"))]
        assert told == [(True, of_one), (False, of_other)]

    def test_it_reads_as_lines(self) -> None:
        rule = (Trait("country", "eq", "DE") | Did("B")) & ~Did("A", at_least=9)
        explained = Audience(name="some", rule=rule).fit(self.shop(), as_of=NOW).explain("c1")
        assert str(explained).splitlines() == [
            "yes all of",
            "  yes any of",
            "    yes country is 'DE' ('DE')",
            "    yes did 'B' at least 1 time (1 times)",
            "  yes not",
            "    no  did 'A' at least 9 times (2 times)",
        ]
        assert "<pre>yes all of" in explained._repr_html_()

    def test_who_is_not_there_cannot_be_explained(self) -> None:
        fitted = Audience(name="some", rule=Did()).fit(self.shop(), as_of=NOW)
        with pytest.raises(UnknownCustomerError, match="no such customer") as raised:
            fitted.explain("somebody")
        assert "somebody" not in str(raised.value)


class TestRefusals:
    @pytest.mark.parametrize("bound", ["at_least", "at_most", "exactly"])
    def test_a_count_below_nothing(self, bound: str) -> None:
        with pytest.raises(ValidationError, match="0 or more"):
            Did("Paid", **{bound: -1})
        with pytest.raises(ValidationError, match="0 or more"):
            Bought.model_validate({bound: -1})
        assert Did("Paid", measure="total", **{bound: -1}).bounded

    def test_rules_are_not_put_together_in_words(self) -> None:
        one, other = Trait("country", "eq", "AT"), Did("Paid")
        with pytest.raises(TypeError, match="`&`, "):
            _ = one and other
        with pytest.raises(TypeError, match="`&`, "):
            _ = not (one & other)

    @pytest.mark.parametrize(
        ("make", "told"),
        [
            (lambda: Condition("a", "in", "x"), "it takes values"),
            (lambda: Condition("a", "is_missing", 1), "it takes none"),
            (lambda: Condition("a", "contains", 1), "it takes a text"),
            (lambda: Condition("a", "eq"), "it takes one value"),
            (lambda: Condition("a", "between", (1, "x")), "it takes two values"),
            (lambda: Condition("a", "lt", NOW), "not with an instant"),
            (lambda: Condition("", "is_known"), "at least 1 character"),
            (lambda: Condition("a", "lt", float("nan")), "finite"),
            (Age, "least age"),
            (Span, "longer than nothing"),
            (Between, "first day, the last day"),
            (lambda: Between(date(2026, 2, 1), date(2026, 1, 1)), "after the last"),
            (lambda: Did(exactly=1, at_least=1), "not both"),
            (lambda: Did(at_least=2, at_most=1), "leaves nothing"),
            (lambda: Did(of="amount"), "A count is of events"),
            (lambda: Did(measure="total"), "how much the total is"),
            (lambda: Bought(measure="units"), "so many units"),
            (lambda: Sequence(Step("A", within=Span(days=1))), "comes after none"),
            (lambda: Sequence("A").then_not("B", within=Span(days=1)).then("C"), "it has no span"),
            (lambda: Consents("Not a purpose"), "dotted path"),
            (lambda: Score("churn", "between", 1), "two values"),
            (lambda: Audience(name="", rule=And()), "at least 1 character"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_meant_is_not_built(self, make: Any, told: str) -> None:
        with pytest.raises(ValidationError, match=told):
            make()

    @pytest.mark.parametrize(
        "text", ["{}", '{"kind": "not"}', '{"kind": "trait"}', '{"kind": "did", "often": 1}', "[]"]
    )
    def test_json_that_is_no_rule_is_refused(self, text: str) -> None:
        with pytest.raises(ValidationError):
            rule_from_json(text)

    def test_an_unknown_zone_is_refused(self) -> None:
        with pytest.raises(ValidationError, match="IANA"):
            Audience(name="some", rule=And(), zone="Mars")

    @pytest.mark.parametrize(
        ("rule", "told"),
        [
            (Trait("country", "eq", 1), "of the kind 'text'"),
            (Trait("birth_date", "lt", "soon"), "a day, as"),
            (Trait("number", "eq", "x"), "a number"),
            (Trait("flag", "eq", 1), "True or False"),
            (Trait("sources", "eq", "crm"), "that it `contains`"),
            (Trait("number", "contains", "x"), "of the kind 'number'"),
            (Trait("shoe"), "no column 'shoe'"),
            (Trait("traits.size"), "no column 'traits'"),
            (Trait("number.size"), "not JSON objects"),
            (Trait("nested"), "nothing can be compared with"),
            (Age(at_least=1, field="number"), "not dates"),
            (Did(), "needs the table 'events'"),
        ],
    )
    def test_what_the_tables_do_not_hold_is_said(self, rule: Rule, told: str) -> None:
        table = people(
            country=["DE"], birth_date=[date(2000, 1, 1)], number=[1], flag=[True], sources=[["crm"]], nested=[{"a": 1}]
        )
        with pytest.raises(SchemaError, match=told):
            inside(rule, {"customers": table})

    def test_a_path_with_quotes_is_refused(self) -> None:
        with pytest.raises(ConfigurationError, match="no path of keys"):
            inside(Trait("traits.a'b"), {"customers": people(traits=["{}"])})

    def test_going_back_in_time_is_refused(self) -> None:
        tables = {"customers": people(country=["DE"])}
        fitted = Audience(name="some", rule=Trait("country")).fit(tables, as_of=NOW)
        with pytest.raises(ConfigurationError, match="is before that"):
            fitted.updated(tables, as_of=at(1))


class TestTemplates:
    def test_they_are_rules_like_others(self) -> None:
        made: list[Rule] = [
            templates.cart_abandoners(),
            templates.browsers(),
            templates.one_time_buyers(),
            templates.lapsed_high_value(),
            templates.birthdays(),
            templates.detractors("recommend"),
            templates.lost_subscribers(),
        ]
        assert [rule_from_json(rule.model_dump_json()) for rule in made] == made

    def test_who_left_the_cart_a_day_ago_is_an_abandoner(self) -> None:
        shop = {
            "events": events(
                ("left", "Product Added", 2), ("bought", "Product Added", 2), ("bought", "Order Completed", 1.9)
            )
        }
        assert inside(templates.cart_abandoners(), shop, base="events") == ["left"]


class TestWords:
    @pytest.mark.parametrize(
        ("rule", "words"),
        [
            (Trait("age", "between", (1, 2.5)), "age is between 1 and 2.5"),
            (Trait("day", "ge", FromToday(-1)), "day is at least 1 day ago"),
            (Age(at_most=3), "is at most 3 years old"),
            (Birthday(), "has birth_date come round today"),
            (Did(within=Earlier(hours=1)), "did anything at least 1 time more than 1 hour ago"),
            (Did("A", exactly=1), "did 'A' exactly 1 time"),
            (Did("A", at_least=1, at_most=3), "did 'A' at least 1 and at most 3 times"),
            (Bought(measure="units", at_most=2), "bought anything at most 2 units"),
            (Bought(measure="mean", at_least=2), "bought anything for at least 2 an order on average"),
            (Answered("q", within=Between(date(2026, 1, 1))), "answered 'q' since 2026-01-01"),
            (Did("A", within=Between(None, date(2026, 1, 1))), "did 'A' at least 1 time to 2026-01-01"),
            (InSegment("x", days_ago=1), "was in segment 'in' of 'x' 1 day ago"),
            (Consents("analytics", "email"), "may be used for 'analytics' by email"),
            (And(), "is anybody"),
            (Or(), "is nobody"),
        ],
    )
    def test_a_rule_reads_as_a_sentence(self, rule: Rule, words: str) -> None:
        assert rule.in_words() == words

    def test_rules_of_one_kind_are_put_side_by_side(self) -> None:
        one, other, third = Did("A"), Did("B"), Did("C")
        assert (one & other & third) == And(one, other, third)
        assert (one | other | third) == Or(one, other, third)

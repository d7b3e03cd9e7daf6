"""Where people came from: one channel and campaign from UTM fields, click ids, referrer and page.

UTM fields speak first, then a click id in the address, then the referrer. A page without any of them was opened
directly. A referrer of the same site is no source: the visit began earlier, so the channel is null, as it is for an
event of a server, which says nothing of a source. What has a source that no rule knows is `unassigned`.

References:
    Google Analytics 4, default channel group: https://support.google.com/analytics/answer/9756891
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final
from urllib.parse import unquote_plus

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from unified_customer.core.errors import ConfigurationError

UTM: Final = {
    "campaign": "utm_campaign",
    "utm_source": "utm_source",
    "utm_medium": "utm_medium",
    "utm_term": "utm_term",
    "utm_content": "utm_content",
}
"""Columns of `EVENTS` by the parameter of an address that fills them."""

UNASSIGNED: Final = "unassigned"
_HOST: Final = r"^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?([^/:?#]+)"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ChannelRule(_Frozen):
    """One rule: all conditions that are given hold of the whole lower-case text."""

    channel: str
    sites: str | None = None
    """Name of a list of sites that the source is one of."""
    source: str | None = None
    """Regular expression of the source."""
    medium: str | None = None
    """Regular expression of the medium."""
    campaign: str | None = None
    """Regular expression of the campaign."""


class ClickId(_Frozen):
    """What a click id in an address says."""

    source: str
    medium: str


class ChannelRules(_Frozen):
    """Sites, click ids and rules in order."""

    sites: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    click_ids: Mapping[str, ClickId] = Field(default_factory=dict)
    rules: tuple[ChannelRule, ...]


def parse_rules(text: str) -> ChannelRules:
    """Return the rules that the TOML `text` describes.

    Raises:
        ConfigurationError: It describes none.
    """
    try:
        rules = ChannelRules(**tomllib.loads(text))
        for rule in rules.rules:
            _condition(rule, rules.sites)
    except (tomllib.TOMLDecodeError, ValidationError, KeyError, TypeError) as error:
        raise ConfigurationError(f"These are no rules for channels: {type(error).__name__}: {error}") from error
    return rules


@cache
def default_rules() -> ChannelRules:
    """Return the built-in rules."""
    text = files("unified_customer.methods.events").joinpath("channels.toml").read_text(encoding="utf-8")
    return parse_rules(text)


def channels(visits: pl.DataFrame, *, rules: ChannelRules | None = None) -> list[pl.Series]:
    """Return the columns `campaign`, `utm_source`, `utm_medium`, `utm_term`, `utm_content` and `channel` of `visits`.

    UTM fields that are missing are read from the query of `url`.

    Args:
        visits: Text columns `url`, `referrer`, `campaign`, `utm_source`, `utm_medium`, `utm_term`, `utm_content`.
        rules: The built-in rules if none are given.

    Examples:
        >>> page = {"url": "https://shop.test/?gclid=1", "referrer": None, **dict.fromkeys(UTM)}
        >>> schema = dict.fromkeys(page, pl.String)
        >>> channels(pl.DataFrame([page], schema=schema))[-1].item()
        'paid_search'
    """
    chosen = rules or default_rules()
    told = visits.select(*UTM, "url", "referrer")
    if told["url"].null_count() < told.height:
        told = told.with_columns(_from_query(told))
    return [*told.select(*UTM), _channels(told, chosen)]


def _channels(told: pl.DataFrame, rules: ChannelRules) -> pl.Series:
    """Return the channels: of the distinct visits where many are alike, which their hashes tell quickly."""
    if 2 * told.hash_rows().n_unique() > told.height:
        return _judged(told, rules)
    distinct = told.unique()
    known = distinct.with_columns(_judged(distinct, rules))
    return told.join(known, on=told.columns, how="left", nulls_equal=True, maintain_order="left")["channel"]


def _judged(told: pl.DataFrame, rules: ChannelRules) -> pl.Series:
    sourced = told.select(_source_and_medium(rules))
    known = sourced.unique().with_columns(_channel(rules).alias("channel"))
    return sourced.join(known, on=sourced.columns, how="left", nulls_equal=True, maintain_order="left")["channel"]


def _from_query(told: pl.DataFrame) -> list[pl.Series]:
    silent = pl.all_horizontal(pl.col(name).is_null() for name in UTM)
    asked = pl.when(silent & pl.col("url").str.contains("utm_", literal=True)).then("url")
    read = told.select(asked.str.extract(rf"[?&]{name}=([^&#]*)").alias(column) for column, name in UTM.items())
    return [told[column].fill_null(_decoded(read[column])) for column in UTM]


def _decoded(values: pl.Series) -> pl.Series:
    coded = values.drop_nulls().unique().to_list()
    plain = {value: unquote_plus(value).replace("\0", "") or None for value in coded}
    return values.replace_strict(plain, default=None, return_dtype=pl.String) if plain else values


def _source_and_medium(rules: ChannelRules) -> list[pl.Expr]:
    names = "|".join(map(re.escape, rules.click_ids)) or "$^"
    click = pl.col("url").str.extract(rf"[?&]({names})=[^&#]")
    referred = pl.when(pl.col("referrer").is_not_null()).then("url")
    referrer, here = (text.str.extract(_HOST).str.to_lowercase() for text in (pl.col("referrer"), referred))
    tagged = pl.any_horizontal(pl.col(name).is_not_null() for name in ("campaign", "utm_source", "utm_medium"))
    outside = referrer.is_not_null() & (referrer != here).fill_null(value=True)
    sources = {name: click_id.source for name, click_id in rules.click_ids.items()}
    mediums = {name: click_id.medium for name, click_id in rules.click_ids.items()}
    direct = pl.col("url").is_not_null() & referrer.is_null()

    def first(of_tag: pl.Expr, of_click: dict[str, str], of_referrer: pl.Expr, of_direct: str) -> pl.Expr:
        clicked = click.replace_strict(of_click, default=None, return_dtype=pl.String)
        chain = pl.when(tagged).then(of_tag.fill_null("")).when(click.is_not_null()).then(clicked)
        return chain.when(outside).then(of_referrer).when(direct).then(pl.lit(of_direct))

    source = first(pl.col("utm_source").str.to_lowercase().str.strip_chars(), sources, referrer, "(direct)")
    medium = first(pl.col("utm_medium").str.to_lowercase().str.strip_chars(), mediums, pl.lit("(referrer)"), "(none)")
    return [source.alias("source"), medium.alias("medium"), pl.col("campaign").str.to_lowercase().fill_null("")]


def _channel(rules: ChannelRules) -> pl.Expr:
    matches = [pl.when(_condition(rule, rules.sites)).then(pl.lit(rule.channel)) for rule in rules.rules]
    referral = pl.when(pl.col("medium") == "(referrer)").then(pl.lit("referral"))
    return pl.when(pl.col("source").is_not_null()).then(pl.coalesce(*matches, referral, pl.lit(UNASSIGNED)))


def _condition(rule: ChannelRule, sites: Mapping[str, tuple[str, ...]]) -> pl.Expr:
    texts = {"source": rule.source, "medium": rule.medium, "campaign": rule.campaign}
    parts = [pl.col(name).str.contains(f"^(?:{pattern})$") for name, pattern in texts.items() if pattern is not None]
    if rule.sites is not None:
        parts.append(pl.col("source").str.contains("|".join(map(_site, sites[rule.sites]))))
    return pl.all_horizontal(parts)


def _site(name: str) -> str:
    end = "$" if "." in name else r"(?:\.|$)"
    return rf"(?:^|\.){re.escape(name)}{end}"

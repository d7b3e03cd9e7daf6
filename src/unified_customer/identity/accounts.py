"""Which organisations are one: accounts, made of what sources and people's records name.

Tax ids and domains join first, then equal names where only one organisation can be meant, then the same matcher that
finds people. Only what anybody may know of an organisation is used: no address or number of a person.
"""

from dataclasses import dataclass
from typing import Final

import polars as pl
from pydantic import Field

from unified_customer.core.spec import Spec
from unified_customer.identity.clusters import components
from unified_customer.identity.matching.matcher import FittedMatcher, Matcher
from unified_customer.identity.matching.roles import Role
from unified_customer.identity.matching.scales import SCALES
from unified_customer.identity.matching.similarity import grade
from unified_customer.identity.organisations import (
    FREE_MAIL,
    naming_of,
    namings_of_records,
    namings_of_sources,
    said_by_records,
)

FEWEST: Final = 30
"""Fewer organisations than this teach a matcher nothing."""

SEVERAL_NAMES: Final = 3
"""A domain of more names than this, none of which half of its records say, is a provider of mailboxes."""

PROVIDER: Final = 0.02
"""A domain that no organisation is named with, of a larger part of all records than this, is one too."""

MANY: Final = 50
"""So many records may have such a domain in any case."""

_ROLES: Final[dict[str, Role]] = {
    "said": "organisation",
    "domain": "website",
    "country": "country",
    "tax_id": "identifier",
}


@dataclass(frozen=True)
class Accounts:
    """Which organisations there are.

    Attributes:
        namings: Every naming (see `organisations.NAMINGS`) with its `account`, the naming that was first seen of those
            that are one organisation.
        said: What records say, when: `record_id`, `at`, `seq`, `account`; ordered by record and time. `account` is null
            where a record names no organisation (any more).
    """

    namings: pl.DataFrame
    said: pl.DataFrame


class AccountMatching(Spec):
    """How organisations are found.

    Examples:
        >>> AccountMatching().fewest
        3
    """

    free_domains: tuple[str, ...] = ()
    """Further domains where anybody can have a mailbox, beside `organisations.FREE_MAIL`."""
    fewest: int = Field(default=3, ge=1)
    """A mail domain that nobody names an organisation with makes an account from so many records on."""
    matcher: Matcher | FittedMatcher | None = Field(default_factory=Matcher)
    """What joins names that are written differently. None: only equal names, domains and tax ids join."""

    def resolve(self, accounts: pl.DataFrame, memberships: pl.DataFrame, records: pl.DataFrame) -> Accounts:
        """Say which organisations are one.

        Args:
            accounts: Rows of the table `accounts` as sources state them, with `seq`.
            memberships: Rows of the table `account_links` as sources state them, with `seq`.
            records: `record_id`, `organisation`, `email`, `observed_at`, `recorded_at`, `deleted`, `seq` of all
                versions of all records.

        Returns:
            The organisations. The order of rows changes nothing.
        """
        free = FREE_MAIL | set(self.free_domains)
        of_sources = namings_of_sources(accounts, memberships, free=free)
        said = said_by_records(records, free=free)
        said = said.join(self._domains(of_sources, said), on=["name", "domain"], how="left", nulls_equal=True)
        said = said.with_columns(domain="owned").drop("owned")
        namings = pl.concat([of_sources, namings_of_records(said)]).sort("seq", "naming")
        joined = self._matched(_equal(namings))
        named = joined.with_columns(account=pl.col("naming").first().over("cluster")).drop("cluster")
        return Accounts(named, _with_accounts(said, named))

    def _domains(self, of_sources: pl.DataFrame, said: pl.DataFrame) -> pl.DataFrame:
        """Return for each `name` and `domain` of records the domain that the organisation owns, or null: `owned`."""
        told = said.drop_nulls("domain").group_by("name", "domain").agg(records=pl.n_unique("record_id"))
        owners = _owners(of_sources, told)
        compared = told.join(owners, on="domain", how="left")
        alike = pl.Series(_alike(compared["name"], compared["owner"]))
        everybody = max(said["record_id"].n_unique(), 1)
        alone = pl.col("records").is_between(self.fewest, max(MANY, PROVIDER * everybody))
        nameless = pl.col("name").is_null()
        nobodys = pl.col("owner").is_null() & nameless & alone & ~pl.col("provider").fill_null(value=False)
        owned = (pl.col("owner").is_not_null() & (nameless | alike)) | nobodys
        return compared.select("name", "domain", owned=pl.when(owned).then("domain"))

    def _matched(self, namings: pl.DataFrame) -> pl.DataFrame:
        """Join by the matcher what was left apart, but no two that have tax ids."""
        if self.matcher is None or namings["cluster"].n_unique() < FEWEST:
            return namings
        table = namings.filter(pl.col("name").is_not_null()).select(
            *_ROLES, record_id="naming", source=pl.col("source").fill_null("")
        )
        # What nobody says has no role: a column of nulls tells nothing.
        table = table.select(name for name in table.columns if table[name].null_count() < table.height)
        told = {name: role for name, role in _ROLES.items() if name in table.columns}
        matcher = self.matcher
        if isinstance(matcher, Matcher):
            matcher = matcher.model_copy(update={"roles": told | dict(matcher.roles)})
        groups = namings.select(record_id="naming", group="cluster")
        found = matcher.match(table, together=groups.filter(pl.col("group").is_duplicated())).partition
        joined = namings.join(found.select(naming="record_id", wider="customer_id"), on="naming", how="left")
        joined = joined.with_columns(pl.col("wider").min().over("cluster"))
        taxed = pl.col("cluster").filter(pl.col("tax_id").is_not_null()).n_unique().over("wider")
        whole = pl.when(pl.col("wider").is_not_null() & (taxed < 2)).then(pl.format("~{}", "wider"))
        return joined.with_columns(cluster=pl.coalesce(whole, "cluster")).drop("wider")


def _owners(of_sources: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """Return whose each domain is: `domain`, `owner` (a name, or null), `provider` (too many names to be anybody's)."""
    by_source = (
        of_sources.drop_nulls(["domain", "name"]).sort("naming").unique("domain", keep="first", maintain_order=True)
    )
    named = told.drop_nulls("name").sort("records", "name", descending=[True, False])
    by_records = named.group_by("domain", maintain_order=True).agg(
        pl.first("name"), most=pl.first("records"), all=pl.sum("records"), names=pl.len()
    )
    provider = (pl.col("names") > SEVERAL_NAMES) & (pl.col("most") * 2 < pl.col("all"))
    counted = by_records.select("domain", owner=pl.when(~provider).then("name"), provider=provider)
    stated = by_source.select("domain", stated="name")
    both = counted.join(stated, on="domain", how="full", coalesce=True)
    return both.select(
        "domain",
        owner=pl.coalesce("stated", "owner"),
        provider=pl.col("provider").fill_null(value=False) & pl.col("stated").is_null(),
    )


def _alike(names: pl.Series, owners: pl.Series) -> pl.Series:
    """Say where two names may be of one organisation."""
    pairs = pl.DataFrame({"a": names, "b": owners}).with_row_index("place")
    both = pairs.drop_nulls(["a", "b"]).filter(pl.col("a") != pl.col("b"))
    levels = grade("organisation", both["a"], both["b"])
    near = both.filter(pl.Series(levels >= SCALES["organisation"].unlike))["place"]
    return pairs.select((pl.col("a") == pl.col("b")).fill_null(value=False) | pl.col("place").is_in(near.implode()))[
        :, 0
    ]


def _equal(namings: pl.DataFrame) -> pl.DataFrame:
    """Add `cluster`: namings of one tax id, or of one name at one domain, then those for which only one of these can be meant.

    Two tax ids come into one cluster only by an equal name at an equal domain.
    """
    found = _clustered(namings, ["tax_id"], ["domain", "name"])
    found = _absorbed(found, ["domain"], anchored=pl.col("domain").is_not_null())
    # A country makes a name an anchor for those who leave the country out.
    found = _absorbed(found, ["name", "country"], anchored=pl.all_horizontal(pl.col("name", "country").is_not_null()))
    return _absorbed(found, ["name"], anchored=pl.lit(value=False)).drop("anchored")


def _clustered(namings: pl.DataFrame, *keys: list[str]) -> pl.DataFrame:
    """Add `cluster`, what any of the keys hold together, and `anchored`: whether a tax id is in it."""
    rows = namings.with_row_index("row")
    leaders = [rows.drop_nulls(key).select(a="row", b=pl.col("row").first().over(key)) for key in keys]
    labels = pl.Series(components(rows.height, pl.concat(leaders)), dtype=pl.Int64)
    found = namings.with_columns(cluster=labels)
    return found.with_columns(
        cluster=pl.col("naming").min().over("cluster"), anchored=pl.col("tax_id").is_not_null().any().over("cluster")
    )


def _absorbed(namings: pl.DataFrame, key: list[str], *, anchored: pl.Expr) -> pl.DataFrame:
    """Let namings without an anchor join the only anchor of the same key, or each other where there is none.

    Args:
        namings: With `cluster` and `anchored`.
        key: What has to be equal.
        anchored: Which of them are anchors afterwards, beside those that are and those that join one.
    """
    keyed = namings.drop_nulls(key)
    floating, anchors = keyed.filter(~pl.col("anchored")), keyed.filter("anchored")
    homes = anchors.group_by(key).agg(home=pl.col("cluster").min(), homes=pl.n_unique("cluster"))
    own = floating.group_by(key).agg(own=pl.col("cluster").min())
    found = floating.join(own, on=key).join(homes, on=key, how="left").with_columns(pl.col("homes").fill_null(0))
    one, none = pl.col("homes") == 1, (pl.col("homes") == 0) | (len(key) == 1 and key != ["domain"])
    goes = found.select("naming", joins=one, to=pl.when(one).then("home").when(none).then("own"))
    joined = namings.join(goes, on="naming", how="left", maintain_order="left")
    held = pl.col("anchored") | pl.col("joins").fill_null(value=False) | anchored
    return joined.with_columns(cluster=pl.coalesce("to", "cluster"), anchored=held).drop("to", "joins")


def _with_accounts(said: pl.DataFrame, namings: pl.DataFrame) -> pl.DataFrame:
    named = said.with_columns(naming=naming_of())
    found = named.join(namings.select("naming", "account"), on="naming", how="left", maintain_order="left")
    return found.select("record_id", "at", "seq", "account")

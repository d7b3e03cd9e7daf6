"""Who is one person, by exact identifiers and then by everything else that records say."""

from typing import ClassVar, Final

import polars as pl
from pydantic import Field

from unified_customer.core.spec import Spec
from unified_customer.core.tables import LINK_DECISIONS
from unified_customer.identity.decisions import standing
from unified_customer.identity.exact import ExactIdentity, Resolution
from unified_customer.identity.matching.matcher import FEWEST, FittedMatcher, Matcher, Matches
from unified_customer.identity.matching.roles import Role

_LISTED: Final = ("email", "phone")
_ROLES: Final[dict[str, Role]] = {
    "given_name": "given_name",
    "family_name": "family_name",
    "full_name": "full_name",
    "birth_date": "birth_date",
    "gender": "gender",
    "street": "street",
    "city": "city",
    "region": "region",
    "postcode": "postcode",
    "country": "country",
    "organisation": "organisation",
    "email": "email",
    "phone": "phone",
}


class MatchedIdentity(Spec):
    """Resolution by exact identifiers, and by matching what they leave apart.

    What exact identifiers join stays joined, and what a person decided is held. Records of one cluster of the matcher are
    one person too: reason `match`, with the probability of the pair that joined them.
    """

    reads: ClassVar[tuple[str, ...]] = tuple(field for field in _ROLES if field not in _LISTED)
    """The fields of records that are compared, beside the identifiers `email` and `phone`."""

    exact: ExactIdentity = Field(default_factory=ExactIdentity)
    """What joins by exact identifiers."""
    matcher: Matcher | FittedMatcher = Field(default_factory=Matcher)
    """What joins the rest. A `Matcher` learns anew at every resolution; a `FittedMatcher` stays as it is."""

    @property
    def master(self) -> str | None:
        """The source whose ids lead."""
        return self.exact.master

    def resolve(
        self,
        identities: pl.DataFrame,
        identifiers: pl.DataFrame,
        *,
        people: pl.DataFrame | None = None,
        decisions: pl.DataFrame | None = None,
    ) -> Resolution:
        """Say of each identity whose it is.

        Args:
            identities: As for `ExactIdentity.resolve`.
            identifiers: As there; values of e-mail addresses and telephone numbers are compared too.
            people: `record_id` and the fields of `reads`: the latest that each record says, at most one row each.
            decisions: Rows of the table `link_decisions`.

        Returns:
            The resolution.

        Raises:
            IdentityConflictError: The decisions contradict each other.
        """
        by_name = None if people is None else people.select("record_id", *ExactIdentity.reads)
        exact = self.exact.resolve(identities, identifiers, people=by_name, decisions=decisions)
        if people is None or people.height < FEWEST:
            return exact
        records = _records(people, identities, identifiers)
        words = standing(LINK_DECISIONS.empty() if decisions is None else decisions)
        apart = words.filter(kind="cannot_link").select("record_a", "record_b")
        matches = self._match(records, exact.partition, _between(apart, exact.partition, records))
        return Resolution(_joined(exact.partition, matches.partition), exact.shared, exact.undecided)

    def _match(self, records: pl.DataFrame, exact: pl.DataFrame, apart: pl.DataFrame) -> Matches:
        together = exact.select("record_id", group="customer_id").filter(pl.col("group").is_duplicated())
        if isinstance(self.matcher, FittedMatcher):
            return self.matcher.match(records, together=together, apart=apart)
        wanted = self.matcher.model_copy(update={"roles": _ROLES | dict(self.matcher.roles)})
        return wanted.match(records, together=together, apart=apart)


def _records(people: pl.DataFrame, identities: pl.DataFrame, identifiers: pl.DataFrame) -> pl.DataFrame:
    """Return the people as records of the matcher, with the e-mail addresses and telephone numbers of each as lists."""
    records = people.join(identities.select("record_id", "source"), on="record_id").sort("record_id")
    for kind in _LISTED:
        values = identifiers.filter(pl.col("kind") == kind).drop_nulls("value")
        lists = values.group_by("record_id").agg(pl.col("value").unique().sort().alias(kind))
        records = records.join(lists, on="record_id", how="left")
    return records


def _between(apart: pl.DataFrame, exact: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """Say of customers what was said of their records: one record of each stands for all of them."""
    known = exact.join(records.select("record_id"), on="record_id", how="semi")
    leaders = known.group_by("customer_id").agg(pl.col("record_id").min().alias("leader"))
    of_record = exact.select("record_id", "customer_id").join(leaders, on="customer_id").select("record_id", "leader")
    ends = apart.join(of_record.rename({"record_id": "record_a", "leader": "a"}), on="record_a")
    ends = ends.join(of_record.rename({"record_id": "record_b", "leader": "b"}), on="record_b")
    return ends.select(record_a="a", record_b="b")


def _joined(exact: pl.DataFrame, matches: pl.DataFrame) -> pl.DataFrame:
    """Give the customers of one cluster of the matcher the id of the one that was first seen."""
    order = exact.with_row_index("place").filter(pl.col("record_id") == pl.col("customer_id"))
    led = order.select("customer_id", "place", led=pl.col("reason") != "master")
    clusters = exact.join(matches.select("record_id", "probability", cluster="customer_id"), on="record_id")
    owners = clusters.join(led, on="customer_id").sort("led", "place").group_by("cluster", maintain_order=True)
    named = clusters.join(owners.agg(owner=pl.col("customer_id").first()), on="cluster")
    moved = named.filter(pl.col("owner") != pl.col("customer_id"))
    by_customer = moved.group_by("customer_id").agg(pl.col("owner").first(), likely=pl.col("probability").max())
    found = exact.join(by_customer, on="customer_id", how="left", maintain_order="left")
    first = pl.col("record_id") == pl.col("customer_id")
    return found.select(
        "record_id",
        customer_id=pl.coalesce("owner", "customer_id"),
        probability=pl.when(pl.col("owner").is_not_null() & first).then("likely").otherwise("probability"),
        reason=pl.when(pl.col("owner").is_not_null() & first).then(pl.lit("match")).otherwise("reason"),
    )

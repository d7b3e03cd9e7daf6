"""Who is one person, by exact identifiers and then by everything else that records say."""

from typing import ClassVar, Final

import polars as pl
from pydantic import Field

from unified_customer.core.spec import Spec
from unified_customer.core.tables import LINK_DECISIONS
from unified_customer.identity.decisions import standing
from unified_customer.identity.exact import ExactIdentity, Resolution
from unified_customer.identity.index import MatchIndex
from unified_customer.identity.matching.households import MOST, Households, all_alone, find_households
from unified_customer.identity.matching.matcher import FEWEST, FittedMatcher, Matcher
from unified_customer.identity.matching.roles import Role
from unified_customer.identity.people import PERSON, disagree, persons

ROUNDS: Final = 4
"""So often matching is tried again; clusters that still bring together people who cannot be one are then given up."""

TOO_FEW: Final = f"There are fewer than {FEWEST} records: too few to tell who lives with whom."

_LISTED: Final = ("email", "phone")
_COMPARED: Final[tuple[Role, ...]] = (
    "given_name", "family_name", "full_name", "birth_date", "gender", "street", "city", "region", "postcode", "country",
    "organisation", "email", "phone",
)  # fmt: skip
_ROLES: Final[dict[str, Role]] = {field: field for field in _COMPARED}


class MatchedIdentity(Spec):
    """Resolution by exact identifiers, and by matching what they leave apart.

    What exact identifiers join stays joined, and what a person decided is held. Records of one cluster of the matcher
    are one person too: reason `match`, with the probability of the pair that joined them. People who cannot be one (see
    `unified_customer.identity.people.disagree`) are never brought together.
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
        records = records_of(people, identities, identifiers)
        words = standing(LINK_DECISIONS.empty() if decisions is None else decisions)
        apart = words.filter(kind="cannot_link").select("record_a", "record_b")
        fitted = self.fitted(records)
        clusters = _clusters(fitted, records, exact.partition, _between(apart, exact.partition, records))
        learned = self.model_copy(update={"matcher": fitted})
        return Resolution(_joined(exact.partition, clusters), exact.shared, exact.undecided, learned)

    def index(
        self,
        identities: pl.DataFrame,
        identifiers: pl.DataFrame,
        *,
        people: pl.DataFrame,
        partition: pl.DataFrame,
        decisions: pl.DataFrame,
    ) -> MatchIndex | None:
        """Return resolved records at hand, each customer held together; None where they are too few to learn from."""
        if people.height < FEWEST:
            return None
        records = records_of(people, identities, identifiers)
        matcher = self.fitted(records)
        owners = partition.select("record_id", group="customer_id")
        apart = standing(decisions).filter(kind="cannot_link").select("record_a", "record_b")
        for end in ("record_a", "record_b"):
            apart = apart.join(owners.rename({"record_id": end, "group": f"{end}_group"}), on=end, how="left")
        # What was decided since the last resolution does not hold yet.
        apart = apart.filter(pl.col("record_a_group").ne_missing(pl.col("record_b_group")))
        together = owners.filter(pl.col("group").is_duplicated())
        return MatchIndex(matcher, records, together=together, apart=apart.select("record_a", "record_b"))

    def households(
        self,
        identities: pl.DataFrame,
        identifiers: pl.DataFrame,
        *,
        people: pl.DataFrame,
        partition: pl.DataFrame,
        most: int = MOST,
    ) -> Households:
        """Say who lives with whom; see `unified_customer.identity.matching.households.find_households`.

        Args:
            identities: As for `resolve`.
            identifiers: As there.
            people: As there, with `observed_at` where who moved is to belong where the latest address is.
            partition: `record_id`, `customer_id` of at least these people.
            most: Households of more customers are given up.

        Returns:
            The households of the customers who have a record in `people`.
        """
        owned = partition.join(people, on="record_id", how="semi")
        if people.height < FEWEST:
            return all_alone(owned, TOO_FEW)
        records = records_of(people, identities, identifiers)
        return find_households(self.fitted(records), records, owned, most=most)

    def fitted(self, records: pl.DataFrame) -> FittedMatcher:
        """Return the matcher as it works on some records (see `records_of`): fitted on them, if it is not fitted yet."""
        fitted = self.matcher
        if isinstance(fitted, Matcher):
            fitted = fitted.model_copy(update={"roles": _ROLES | dict(fitted.roles)}).fit(records)
        # Two ids of the master are two customers, whatever they look like.
        masters = () if self.master is None else (self.master,)
        return fitted.model_copy(update={"distinct": tuple(dict.fromkeys([*fitted.distinct, *masters]))})


def records_of(people: pl.DataFrame, identities: pl.DataFrame, identifiers: pl.DataFrame) -> pl.DataFrame:
    """Return the people as records of the matcher, with the e-mail addresses and telephone numbers of each as lists."""
    records = people.join(identities.select("record_id", "source"), on="record_id").sort("record_id")
    for kind in _LISTED:
        values = identifiers.filter(pl.col("kind") == kind).drop_nulls("value")
        lists = values.group_by("record_id").agg(pl.col("value").unique().sort().alias(kind))
        records = records.join(lists, on="record_id", how="left")
    return records


def _clusters(matcher: FittedMatcher, records: pl.DataFrame, exact: pl.DataFrame, apart: pl.DataFrame) -> pl.DataFrame:
    """Match, and match again as long as that brings together people who cannot be one."""
    together = exact.select("record_id", group="customer_id").filter(pl.col("group").is_duplicated())
    normal = matcher.read(records)
    for _ in range(ROUNDS):
        found = matcher.match(normal, together=together, apart=apart).partition
        clash = _clashes(records, exact, found)
        if clash.is_empty():
            return found
        apart = pl.concat([apart, _between(clash, exact, records)]).unique(maintain_order=True)
    return _without(found, clash)


def _between(apart: pl.DataFrame, exact: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """Say of customers what was said of their records: one record of each stands for all of them."""
    known = exact.join(records.select("record_id"), on="record_id", how="semi")
    leaders = known.group_by("customer_id").agg(pl.col("record_id").min().alias("leader"))
    of_record = exact.select("record_id", "customer_id").join(leaders, on="customer_id").select("record_id", "leader")
    ends = apart.join(of_record.rename({"record_id": "record_a", "leader": "a"}), on="record_a")
    ends = ends.join(of_record.rename({"record_id": "record_b", "leader": "b"}), on="record_b")
    return ends.select(record_a="a", record_b="b")


def _clashes(records: pl.DataFrame, exact: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs of records of one cluster that speak of people who cannot be one, unless an identifier joined them."""
    said = persons(records.select("record_id", *ExactIdentity.reads))
    owned = said.join(exact.select("record_id", "customer_id"), on="record_id")
    inside = owned.join(found.select("record_id", cluster="customer_id"), on="record_id")
    several = inside.filter(pl.col("customer_id").n_unique().over("cluster") > 1)
    pairs = several.join(several, on="cluster", suffix="_b").filter(pl.col("record_id") < pl.col("record_id_b"))
    pairs = pairs.filter(pl.col("customer_id") != pl.col("customer_id_b"))
    pairs = pairs.rename({field: f"{field}_a" for field in PERSON})
    return pairs.filter(disagree(pairs)).select(record_a="record_id", record_b="record_id_b")


def _without(found: pl.DataFrame, clash: pl.DataFrame) -> pl.DataFrame:
    """Give up the clusters that still bring together people who cannot be one."""
    torn = found.join(clash, left_on="record_id", right_on="record_a", how="semi")
    given_up = pl.col("customer_id").is_in(torn["customer_id"].implode())
    return found.with_columns(customer_id=pl.when(given_up).then("record_id").otherwise("customer_id"))


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

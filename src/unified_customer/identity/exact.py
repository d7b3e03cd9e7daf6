"""Who is one person, by exact identifiers: order-free, checked, and overruled by what a person decided."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, Protocol, Self

import numpy as np
import polars as pl
from pydantic import Field, model_validator

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.spec import Spec
from unified_customer.core.tables import LINK_DECISIONS
from unified_customer.identity.clusters import Clusters, cluster, components
from unified_customer.identity.decisions import check_decisions, standing
from unified_customer.identity.evidence import Evidence, Labels, gather
from unified_customer.identity.people import persons
from unified_customer.identity.sharing import find_values, join_by_value, of_use

if TYPE_CHECKING:
    from unified_customer.identity.index import MatchIndex

WEAKER: Final = (
    "email", "phone", "anonymous_id", "cross_domain_id", "ga_client_id",
    "device_id", "ios.id", "android.id", "ios.idfa", "android.idfa", "advertising_id",
    "ios.push_token", "android.push_token",
)  # fmt: skip
"""Kinds of identifier that people share, lend or lose, from stronger to weaker."""


@dataclass(frozen=True)
class Resolution:
    """Who is one person.

    Attributes:
        partition: `record_id`, `customer_id`, `probability`, `reason`: each identity once, in the order of first sight.
        shared: `kind`, `value_key`, `reason`, `records`, `people`: identifier values that did not join all of their
            records, and why: `junk`, `blocked`, `too_many_people`, `too_many_records`, `too_many_ids`, or
            `several_people` (a household: those who agree were joined).
        undecided: `record_id`, `kind`, `value_key`: records that a shared value joined with nobody, since they agree
            with people who do not agree with each other. Evidence for a matcher or for a person, not a join.
        learned: What joined them, with what it learned on the way; None where there was nothing to learn.
    """

    partition: pl.DataFrame
    shared: pl.DataFrame
    undecided: pl.DataFrame
    learned: "Identity | None" = None


class Identity(Protocol):
    """How records become customers."""

    reads: ClassVar[tuple[str, ...]]
    """The fields of records that it compares."""

    @property
    def master(self) -> str | None:
        """The source whose ids lead."""
        ...

    @property
    def exact(self) -> "ExactIdentity":
        """How they become customers by identifiers alone."""
        ...

    def resolve(
        self,
        identities: pl.DataFrame,
        identifiers: pl.DataFrame,
        *,
        people: pl.DataFrame | None = None,
        decisions: pl.DataFrame | None = None,
    ) -> Resolution:
        """Say of each identity whose it is; see `ExactIdentity.resolve`."""
        ...

    def index(
        self,
        identities: pl.DataFrame,
        identifiers: pl.DataFrame,
        *,
        people: pl.DataFrame,
        partition: pl.DataFrame,
        decisions: pl.DataFrame,
    ) -> "MatchIndex | None":
        """Return resolved records at hand, so that a new one can be compared with them; None: nothing is compared.

        Args:
            identities: As for `resolve`.
            identifiers: As for `resolve`.
            people: As for `resolve`.
            partition: `record_id`, `customer_id`: who is who.
            decisions: As for `resolve`.
        """
        ...


class ExactIdentity(Spec):
    """Resolution by exact identifiers.

    Records are one person if they carry the same value of an identifier and what they say of themselves agrees (see
    `unified_customer.identity.people.disagree`). The result depends on the content of the rows alone: not on their
    order, on batches, or on the names of records.

    Examples:
        >>> identities = pl.DataFrame({"record_id": ["r1", "r2"], "source": "crm", "origin": "record", "seq": [1, 2]})
        >>> mail = pl.DataFrame({"record_id": ["r1", "r2"], "kind": "email", "value_key": "k1", "value": "ann@x.org"})
        >>> ExactIdentity().resolve(identities, mail).partition["customer_id"].to_list()
        ['r1', 'r1']
    """

    reads: ClassVar[tuple[str, ...]] = ("given_name", "family_name", "full_name", "birth_date")
    """The fields of records that are compared."""

    weaker: tuple[str, ...] = WEAKER
    """Kinds that people share, lend or lose, from stronger to weaker. All others are strong: numbers that a system gave
    to one person."""
    ignored: tuple[str, ...] = ("ip_address", "user_agent", "group_id")
    """Kinds that join nobody."""
    blocked: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Regular expressions by kind: values that match join nobody, beside those of `normalise.junk_values`."""
    master: str | None = None
    """The source whose ids lead: two of its ids are two customers, and a customer is named after its id."""
    max_people: int = Field(default=5, ge=1)
    """A value that more people share who disagree joins nobody."""
    max_names: int = Field(default=50, ge=1)
    """A value or a customer with more different names and birth dates than this is taken for many people."""
    max_records: int = Field(default=200, ge=1)
    """A value of a weaker kind on more records without a name than this joins nobody."""
    max_ids: int = Field(default=2, ge=1)
    """A value or a record without a name that would join more strong identifiers of one kind than this joins nobody."""
    max_customer_ids: int = Field(default=10, ge=1)
    """As many strong identifiers of one kind may come together in one customer without a name."""

    @model_validator(mode="after")
    def _kinds_once(self) -> Self:
        doubled = sorted(
            {kind for kind in self.weaker if self.weaker.count(kind) > 1} | {*self.weaker} & {*self.ignored}
        )
        if doubled:
            raise ConfigurationError(f"A kind stands once in `weaker` or in `ignored`; twice: {', '.join(doubled)}.")
        return self

    @property
    def exact(self) -> "ExactIdentity":
        """Itself."""
        return self

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
            identities: `record_id`, `source`, `origin`, `seq`: every record id ever issued, once.
            identifiers: `record_id`, `kind`, `value_key`, `value` (null where it is not kept; then junk is not
                recognised). Rows of records that are not in `identities` count for nothing.
            people: `record_id`, `given_name`, `family_name`, `full_name`, `birth_date`: the latest that each record
                says, at most one row each. None: nobody has a name.
            decisions: Rows of the table `link_decisions`, with `seq` where the store gave it.

        Returns:
            The resolution.

        Raises:
            IdentityConflictError: The decisions contradict each other.
        """
        known = identities.select("record_id", "source", "origin", "seq").sort("seq").with_row_index("record")
        words = standing(LINK_DECISIONS.empty() if decisions is None else decisions)
        check_decisions(words)
        told = told_together(known, words)
        values = find_values(self, _numbered(of_use(self, identifiers), known))
        evidence = self._evidence(known, people, words, told)
        joins = join_by_value(self, values, evidence)
        clusters = cluster(self, joins.rows, values.strong, evidence, told=told)
        undecided = joins.undecided.join(known.select("record", "record_id"), on="record")
        return Resolution(
            partition=self._partition(known, clusters, told),
            shared=joins.shared.sort("kind", "value_key"),
            undecided=undecided.select("record_id", "kind", "value_key").sort("record_id", "kind", "value_key"),
        )

    def index(
        self,
        _identities: pl.DataFrame,
        _identifiers: pl.DataFrame,
        *,
        people: pl.DataFrame,
        partition: pl.DataFrame,
        decisions: pl.DataFrame,
    ) -> None:
        """Compare nothing: identifiers alone say who somebody is."""

    def _evidence(
        self, known: pl.DataFrame, people: pl.DataFrame | None, words: pl.DataFrame, told: Labels
    ) -> Evidence:
        said = _NOBODY if people is None else people.select(_NOBODY.columns)
        numbered = _numbered(persons(said), known)
        apart = _pairs(words.filter(pl.col("kind") == "cannot_link"), known)
        return gather(numbered, told=told, cannot=apart, masters=known.filter(self._leads())["record"])

    def _leads(self) -> pl.Expr:
        return (pl.col("source") == (self.master or "")) & (pl.col("origin") == "record") & (self.master is not None)

    def _partition(self, known: pl.DataFrame, clusters: Clusters, told: Labels) -> pl.DataFrame:
        leads = known.select(leads=self._leads())["leads"]
        owners = _owners(clusters.labels, leads)
        joined = known.with_columns(
            customer_id=known["record_id"].gather(owners), led=leads.gather(owners), told=pl.Series(told)
        ).join(clusters.joined, on="record", how="left", maintain_order="left")
        own = pl.col("record_id") == pl.col("customer_id")
        by_word = pl.col("told").is_duplicated()
        reason = (
            pl.when(own & pl.col("led"))
            .then(pl.lit("master"))
            .when(own)
            .then(pl.lit("first"))
            .when(pl.col("kind").is_null() & by_word)
            .then(pl.lit("must_link"))
            .otherwise(pl.lit("exact:") + pl.col("kind"))
        )
        return joined.select("record_id", "customer_id", probability=pl.lit(1.0), reason=reason)


_NOBODY = pl.DataFrame(
    schema={
        "record_id": pl.String,
        "given_name": pl.String,
        "family_name": pl.String,
        "full_name": pl.String,
        "birth_date": pl.Date,
    }
)


def told_together(known: pl.DataFrame, words: pl.DataFrame) -> Labels:
    """Return for each record of `known` the number of the group that the standing must-links put it in."""
    links = words.filter(pl.col("kind") == "must_link")
    if links.is_empty():
        return np.arange(len(known), dtype=np.int32)
    # Records that are not known still hold together the two that were linked to them.
    ends = pl.concat([links["record_a"], links["record_b"]]).unique().to_frame("record_id")
    others = ends.join(known, on="record_id", how="anti").with_row_index("record", offset=len(known))
    everybody = pl.concat([known.select("record", "record_id"), others.select("record", "record_id")])
    return components(len(everybody), _pairs(links, everybody))[: len(known)]


def _owners(labels: Labels, leads: pl.Series) -> pl.Series:
    """Return for each record the number of that which names its cluster: the first that leads, else the first."""
    labelled = pl.DataFrame({"cluster": labels, "leads": leads}).with_row_index("record")
    if leads.any():
        labelled = labelled.sort(~pl.col("leads"), "record")
    first = labelled.unique("cluster", keep="first", maintain_order=True)
    owners = np.zeros(int(labels.max(initial=0)) + 1, dtype=np.uint32)
    owners[first["cluster"].to_numpy()] = first["record"].to_numpy()
    return pl.Series(owners[labels], dtype=pl.UInt32)


def _pairs(words: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    left = words.join(known.select("record_id", a="record"), left_on="record_a", right_on="record_id")
    return left.join(known.select("record_id", b="record"), left_on="record_b", right_on="record_id").select("a", "b")


def _numbered(rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    return rows.join(known.select("record_id", "record"), on="record_id").drop("record_id")

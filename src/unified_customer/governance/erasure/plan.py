"""Who goes and what named them alone, read from one state of the store."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import polars as pl

from unified_customer.core.errors import ConfigurationError, UnknownCustomerError
from unified_customer.core.kinds import RECORD
from unified_customer.governance.graves import NAMED
from unified_customer.governance.naming import CURRENT, why_nobody
from unified_customer.governance.payloads import Traces
from unified_customer.policy.sharing import UTTERED, YES_STATUS
from unified_customer.store import Keys, Reader, Where

OWNER: Final = "owner"
"""The customer whom a row is counted for."""

NAMES: Final = ("full_name", "full_name_raw")
FACTS: Final = tuple(
    f"{name}{form}" for name in ("birth_date", "email", "phone", "street", "postcode") for form in ("", "_raw")
)
"""Fields that together with a name tell that a row is about a person."""

_SUBJECT: Final = {"kind": "subject_kind", "value_key": "subject_key"}


@dataclass(frozen=True)
class Plan:
    """Who goes, and what goes with them.

    Attributes:
        people: Who goes: `record_id`, `owner`.
        exclusive: Identifiers that only they carry: `kind`, `value_key`, `value`, `owner`.
        shared: Identifiers of theirs that others carry too: `kind`, `value_key`, `owner`.
        set_aside: Each yes about a shared identifier that would open whoever is left alone with it: `statement_id`,
            `owner`.
        traces: By what rows that nobody could read are known to be about them.
    """

    people: pl.DataFrame
    exclusive: pl.DataFrame
    shared: pl.DataFrame
    set_aside: pl.DataFrame
    traces: Traces

    @cached_property
    def records(self) -> pl.DataFrame:
        """Who goes: `record_id`."""
        return self.people.select("record_id")

    @cached_property
    def subjects(self) -> pl.DataFrame:
        """What is theirs alone and can be spoken of: `subject_kind`, `subject_key`, `owner`."""
        return self.graves.rename(_SUBJECT)

    @cached_property
    def graves(self) -> pl.DataFrame:
        """What gets a tombstone: `kind`, `value_key`, `owner`."""
        records = self.people.select(pl.lit(RECORD).alias("kind"), pl.col("record_id").alias("value_key"), OWNER)
        return pl.concat([records, self.exclusive.select(*NAMED, OWNER)])


def plan_for(reader: Reader, people: pl.DataFrame) -> Plan:
    """Return what goes with `people` (`record_id`, `owner`)."""
    keys = Keys(people, ("record_id",))
    own = reader.read("identifiers", columns=["record_id", *NAMED, "value"], keys=keys)
    carried = own.group_by(NAMED).agg(pl.col("value").first(), pl.col(OWNER).max()).sort(NAMED)
    everywhere = reader.read("identifiers", columns=["record_id", *NAMED], keys=Keys(carried.select(NAMED), NAMED))
    others = everywhere.join(people, on="record_id", how="anti")
    shared = carried.join(others, on=NAMED, how="semi", maintain_order="left")
    exclusive = carried.join(others, on=NAMED, how="anti", maintain_order="left")
    return Plan(
        people,
        exclusive,
        shared.select(*NAMED, OWNER),
        _unclear_yeses(reader, shared, others.select("record_id").unique()),
        _traces(reader, people, exclusive),
    )


def _unclear_yeses(reader: Reader, shared: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """Return each yes about an identifier that others hold too, unless they say it of a record of theirs.

    While it is shared such a yes opens nobody (see `policy.sharing`). It must not open whoever is left alone with it.
    """
    yes = _yeses(reader, shared.select(*NAMED, OWNER).rename(_SUBJECT))
    theirs = _yeses(reader, others.select(subject_kind=pl.lit(RECORD), subject_key="record_id"))
    return yes.join(theirs, on=UTTERED, how="anti", nulls_equal=True).select("statement_id", OWNER)


def _yeses(reader: Reader, subjects: pl.DataFrame) -> pl.DataFrame:
    keys = Keys(subjects, ("subject_kind", "subject_key"))
    where = [Where("status", "in", YES_STATUS)]
    return reader.read("consents", columns=["statement_id", *UTTERED], where=where, keys=keys)


def _traces(reader: Reader, people: pl.DataFrame, exclusive: pl.DataFrame) -> Traces:
    columns = ["source", "source_id", *NAMES, *FACTS]
    said = reader.read("records", columns=columns, keys=Keys(people, ("record_id",)))
    return Traces.of(exclusive.select("kind", "value", OWNER), said, names=NAMES, facts=FACTS)


def holders_of(reader: Reader, any_ids: Sequence[str]) -> pl.DataFrame:
    """Return who holds some ids now: `asked`, and `owner`, null where nobody does."""
    asked = pl.DataFrame({"record_id": pl.Series(list(dict.fromkeys(any_ids)), dtype=pl.String)})
    current = reader.read(
        "links", columns=["record_id", "customer_id"], where=[CURRENT], keys=Keys(asked, ("record_id",))
    )
    held = asked.join(current, on="record_id", how="left", maintain_order="left")
    return held.rename({"record_id": "asked", "customer_id": OWNER})


def people_of(reader: Reader, owners: pl.Series) -> pl.DataFrame:
    """Return the records of some customers: `record_id`, `owner`."""
    keys = Keys(pl.DataFrame({"customer_id": owners.unique()}), ("customer_id",))
    held = reader.read("links", columns=["record_id", "customer_id"], where=[CURRENT], keys=keys)
    return held.rename({"customer_id": OWNER}).sort("record_id")


def unknown_customer(reader: Reader, any_id: str) -> UnknownCustomerError:
    """Return the error for an id that stands for nobody."""
    return UnknownCustomerError(why_nobody(reader, any_id))


def unresolved(reader: Reader, people: pl.DataFrame) -> int:
    """Return how many records that nobody resolved yet carry an identifier of `people`: they may be theirs too."""
    own = reader.read("identifiers", columns=[*NAMED], keys=Keys(people.select("record_id"), ("record_id",))).unique()
    alike = reader.read("identifiers", columns=["record_id"], keys=Keys(own, NAMED)).unique()
    linked = reader.read("links", columns=["record_id"], where=[CURRENT], keys=Keys(alike, ("record_id",)))
    return alike.join(linked, on="record_id", how="anti").height


def refuse_unresolved(reader: Reader, people: pl.DataFrame) -> None:
    """Refuse to erase a part of a person.

    Raises:
        ConfigurationError: Records that nobody resolved yet may be theirs too.
    """
    waiting = unresolved(reader, people)
    if waiting:
        message = (
            f"{waiting:,} records that carry an identifier of this customer are not resolved yet, and would stay. "
            "Run hub.resolve(), then erase."
        )
        raise ConfigurationError(message)

"""The golden record: of all that the records of a customer say, what survives, and where it came from."""

from datetime import datetime
from typing import Final, Literal, Self

import polars as pl
from pydantic import Field, model_validator

from unified_customer.core.errors import ConfigurationError, UnknownCustomerError
from unified_customer.core.kinds import STATED
from unified_customer.core.spec import Spec
from unified_customer.core.tables import CUSTOMERS, GOLDEN_FIELDS
from unified_customer.identity.traits import merged_traits
from unified_customer.identity.versions import ADDRESS, NAME, standing_versions

Rule = Literal["most_recent", "most_trusted", "most_frequent", "longest"]


SPOKEN: Final = (
    "record_id", "source", "version", "observed_at", "deleted", "partial", "full_name_raw", *GOLDEN_FIELDS, "seq",
)  # fmt: skip
"""The columns of `records` that a golden record is made of."""


class Survivorship(Spec):
    """Which value survives where the records of a customer say different things.

    Only the latest version of each record speaks, with what it leaves as it was where it is partial (see
    `unified_customer.identity.versions`). A record that its source deleted says nothing. Rules, by field:

    - `most_recent` (default): observed last.
    - `most_trusted`: from the source that stands first in `trusted`; sources that are not named come last.
    - `most_frequent`: said by most records.
    - `longest`: with most characters.

    Before any rule comes what the person, verified, stated themselves (records of the source `rights`, written by
    `hub.rights.rectify`): it survives whatever others say, before or after (GDPR Art. 16).

    Ties go to the value observed last, then to the first source by name, then to the first content in text order:
    never to a row order or a record id. The fields of a group survive together, from one record; records that fill the
    first field of the group come before those that do not. Traits are merged key by key.

    Examples:
        >>> Survivorship(rules={"email": "most_trusted"}, trusted=("crm", "shop")).rule("email")
        'most_trusted'
    """

    rules: dict[str, Rule] = Field(default_factory=dict)
    """Rule by field; a group takes the rule of its first field."""
    default: Rule = "most_recent"
    """The rule of fields that `rules` does not name."""
    trusted: tuple[str, ...] = ()
    """Names of sources, most trusted first."""
    groups: tuple[tuple[str, ...], ...] = (NAME, ADDRESS)
    """Fields that survive together."""

    @model_validator(mode="after")
    def _fields_known(self) -> Self:
        grouped = [field for group in self.groups for field in group]
        unknown = sorted({*grouped, *self.rules} - {*GOLDEN_FIELDS})
        if unknown:
            raise ConfigurationError(f"Not fields of the golden record: {', '.join(unknown)}.")
        if len(grouped) != len(set(grouped)) or "traits" in grouped or not all(self.groups):
            raise ConfigurationError("A field stands in one group only; traits stand in none; no group is empty.")
        if not self.trusted and "most_trusted" in {self.default, *self.rules.values()}:
            raise ConfigurationError("The rule 'most_trusted' needs the names of sources in `trusted`.")
        return self

    def rule(self, field: str) -> Rule:
        """Return the rule by which `field` survives."""
        unit = next((group for group in self.groups if field in group), (field,))
        return self.rules.get(unit[0], self.default)

    def units(self) -> tuple[tuple[str, ...], ...]:
        """Return the fields in groups that survive together; most groups are one field."""
        grouped = {field for group in self.groups for field in group}
        return *self.groups, *((field,) for field in GOLDEN_FIELDS if field not in grouped)

    def survive(
        self,
        records: pl.DataFrame,
        links: pl.DataFrame,
        identities: pl.DataFrame,
        *,
        as_of: datetime | None = None,
    ) -> pl.DataFrame:
        """Build the golden record of every customer.

        Args:
            records: Rows of the table `records`, all versions: the columns `SPOKEN`; others count for nothing.
            links: Rows of `links` that hold: `record_id`, `customer_id`. Customers known only from events come out
                with null fields.
            identities: Rows of the table `identities`: `record_id`, `source`.
            as_of: Only what was observed strictly before counts, beside rows without an observed time. None: all.

        Returns:
            Rows of the table `customers`, ordered by `customer_id`.
        """
        customers, owners = _numbered(links)
        told = before(records.select(SPOKEN), as_of=as_of).join(owners, on="record_id")
        latest = standing_versions(told)
        heads = _heads(told, latest, owners, identities)
        fields = self._fields(voices_of(latest), heads["customer_id"])
        return CUSTOMERS.conform(heads.with_columns(customers).hstack(fields))

    def explain(
        self, customer_id: str, records: pl.DataFrame, links: pl.DataFrame, *, as_of: datetime | None = None
    ) -> pl.DataFrame:
        """Show what each record of one customer says, and what survived by which rule.

        Args:
            customer_id: The customer.
            records: Rows of the table `records`, all versions, with `seq`.
            links: Rows of `links` that hold.
            as_of: Only what was observed strictly before counts.

        Returns:
            `field`, `value` (as text), `source`, `record_id`, `observed_at`, `rule`, `survived`: by field, the
            surviving value first.

        Raises:
            UnknownCustomerError: No link names this customer.
        """
        own = links.filter(pl.col("customer_id") == customer_id)
        if own.is_empty():
            raise UnknownCustomerError(f"No record is linked to the customer id {customer_id!r}.")
        told = before(records, as_of=as_of).join(own.select("record_id", "customer_id"), on="record_id")
        voices = voices_of(standing_versions(told))
        picks = self._picks(voices)
        said = pl.concat([self._said(voices, picks, unit, field) for unit in self.units() for field in unit])
        place = {field: number for number, field in enumerate(GOLDEN_FIELDS)}
        by_place = pl.col("field").replace_strict(place, return_dtype=pl.UInt32)
        return said.sort(by_place, ~pl.col("survived"), "row").drop("row")

    def _said(self, voices: pl.DataFrame, picks: pl.DataFrame, unit: tuple[str, ...], field: str) -> pl.DataFrame:
        chosen = picks[unit[0]].to_list()
        # Of traits every record has a part in the merged object.
        survived = pl.lit(value=True) if field == "traits" else pl.col("row").is_in(chosen)
        return voices.filter(pl.col(field).is_not_null()).select(
            pl.lit(field).alias("field"),
            pl.col(field).cast(pl.String).alias("value"),
            "source",
            "record_id",
            "observed_at",
            pl.lit(self.rule(field)).alias("rule"),
            survived.alias("survived"),
            "row",
        )

    def _fields(self, voices: pl.DataFrame, customers: pl.Series) -> pl.DataFrame:
        """Return for each of `customers` the fields that survive, and where they come from."""
        picks = customers.to_frame().join(self._picks(voices), on="customer_id", how="left", maintain_order="left")
        fields = pl.concat([_taken(voices, unit, picks[unit[0]]) for unit in self.units()], how="horizontal")
        return fields.with_columns(merged_traits(voices, customers, fields["traits"]))

    def _picks(self, voices: pl.DataFrame) -> pl.DataFrame:
        """Return for each customer and unit the row of `voices` that survives, null where none says anything."""
        counted = [
            pl.len().over("customer_id", *unit).alias(f"{unit[0]}_count")
            for unit in self.units()
            if self.rule(unit[0]) == "most_frequent"
        ]
        places = [place for unit in self.units() for place in self._places(unit, voices.height)]
        placed = voices.with_columns(counted).select("customer_id", *places)
        least = placed.group_by("customer_id").agg(pl.all().min())
        return least.select("customer_id", *(_row(unit, voices.height) for unit in self.units()))

    def _places(self, unit: tuple[str, ...], rows: int) -> list[pl.Expr]:
        """Return the place of each row among those that can survive: with the first field of the unit, with any."""
        # The row number is the last word of every rule, so rule and row make one number, and the least of it wins.
        preference = self._preference(unit)
        stated = pl.col("source") == STATED
        place = pl.when(stated).then(preference.min() - 1).otherwise(preference) * max(rows, 1) + pl.col("row")
        first = pl.col(unit[0]).is_not_null()
        if len(unit) == 1:
            return [pl.when(first).then(place).alias(unit[0])]
        some = pl.any_horizontal(pl.col(field).is_not_null() for field in unit)
        leading = pl.when(first | (stated & some)).then(place).alias(unit[0])
        return [leading, pl.when(some).then(place).alias(f"{unit[0]}_some")]

    def _preference(self, unit: tuple[str, ...]) -> pl.Expr:
        rule = self.rule(unit[0])
        if rule == "most_trusted":
            order = {source: number for number, source in enumerate(self.trusted)}
            return pl.col("source").replace_strict(order, default=len(order), return_dtype=pl.Int64)
        if rule == "most_frequent":
            return -pl.col(f"{unit[0]}_count").cast(pl.Int64)
        if rule == "longest":
            lengths = (pl.col(field).cast(pl.String).str.len_chars().fill_null(0) for field in unit)
            return -pl.sum_horizontal(lengths).cast(pl.Int64)
        return pl.lit(0, pl.Int64)


def before(records: pl.DataFrame, *, as_of: datetime | None) -> pl.DataFrame:
    """Return the rows of `records` that were observed strictly before `as_of`, and those without a time."""
    if as_of is None:
        return records
    instant = pl.lit(as_of).cast(pl.Datetime("us", "UTC"))
    return records.filter(pl.col("observed_at").is_null() | (pl.col("observed_at") < instant))


def voices_of(latest: pl.DataFrame) -> pl.DataFrame:
    """Return what the records that still stand at their source say, in order.

    Args:
        latest: What stands of each record, with its `customer_id`.

    Returns:
        `customer_id`, `record_id`, `source`, `observed_at`, the golden fields, and `row`: the place among all rows,
        by customer, then observed last, first source by name, first content in text order.
    """
    columns = ["customer_id", "record_id", "source", "observed_at", *GOLDEN_FIELDS]
    voices = latest.filter(~pl.col("deleted")).select(columns)
    keys = voices.select("customer_id", "observed_at", "source", content=_content(voices))
    place = keys.with_row_index("place").sort(
        "customer_id", "observed_at", "source", "content", descending=[False, True, False, False], nulls_last=True
    )["place"]
    return voices[place].with_row_index("row")


def _content(voices: pl.DataFrame) -> pl.Series:
    """Return the whole content as text, where customer, time and source are not enough to tell two rows apart."""
    tied = voices.select(tied=pl.struct("customer_id", "observed_at", "source").is_duplicated())["tied"]
    parts = [pl.col(field).cast(pl.String).fill_null("\x00") for field in GOLDEN_FIELDS]
    rows = tied.arg_true()
    texts = voices[rows].select(content=pl.concat_str(parts, separator="\x1f"))["content"]
    return pl.repeat(None, len(voices), dtype=pl.String, eager=True).scatter(rows, texts)


def _row(unit: tuple[str, ...], rows: int) -> pl.Expr:
    """Return the row that has the least place, null where none has one."""
    place = pl.col(unit[0]) if len(unit) == 1 else pl.coalesce(unit[0], f"{unit[0]}_some")
    return (place % max(rows, 1)).cast(pl.UInt32).alias(unit[0])


def _taken(voices: pl.DataFrame, fields: tuple[str, ...], rows: pl.Series) -> pl.DataFrame:
    """Return the fields of a unit as they stand in `rows` of `voices`, each with its source and time."""
    columns = []
    origins = {name: voices[name].gather(rows) for name in ("source", "observed_at")}
    for field in fields:
        value = voices[field].gather(rows)
        # Where a field is null it came from nowhere; a field that stands alone survives only where it is not null.
        known = None if len(fields) == 1 else value.is_not_null()
        own = (origin if known is None else origin.set(~known, None) for origin in origins.values())
        columns += [value, *(each.alias(f"{field}_{name}") for each, name in zip(own, origins, strict=True))]
    return pl.DataFrame(columns)


def _numbered(links: pl.DataFrame) -> tuple[pl.Series, pl.DataFrame]:
    """Return the customers in order, and for each record the place of its customer: numbers are quicker than ids."""
    owners = links.select("record_id", "customer_id").sort("customer_id")
    number = owners["customer_id"].rle_id()
    customers = owners["customer_id"].filter(number.is_first_distinct())
    return customers, owners.select("record_id", customer_id=number)


def _heads(told: pl.DataFrame, latest: pl.DataFrame, owners: pl.DataFrame, identities: pl.DataFrame) -> pl.DataFrame:
    """Return the columns of each customer that are not fields, in the order of their numbers."""
    counts = owners.group_by("customer_id").agg(record_count=pl.len().cast(pl.Int64)).sort("customer_id")
    times = told.group_by("customer_id").agg(
        first_observed_at=pl.col("observed_at").min(), last_observed_at=pl.col("observed_at").max()
    )
    heads = counts
    for each in (times, _sources(latest, owners, identities)):
        heads = heads.join(each, on="customer_id", how="left", maintain_order="left")
    return heads.with_columns(pl.col("sources").fill_null([]))


def _sources(latest: pl.DataFrame, owners: pl.DataFrame, identities: pl.DataFrame) -> pl.DataFrame:
    """Return the names of the sources that know each customer, sorted; a record that its source deleted is forgotten."""
    withdrawn = latest.filter("deleted").select("record_id")
    knowing = owners.join(identities.select("record_id", "source"), on="record_id")
    standing = knowing.join(withdrawn, on="record_id", how="anti") if withdrawn.height else knowing
    pairs = standing.select("customer_id", "source").unique().sort("customer_id", "source")
    return pairs.group_by("customer_id", maintain_order=True).agg(sources="source")

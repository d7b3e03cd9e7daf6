"""The golden record: of all that the records of a customer say, what survives, and where it came from."""

from datetime import datetime
from typing import Final, Literal, Self

import polars as pl
from pydantic import Field, model_validator

from unified_customer.core.errors import ConfigurationError, UnknownCustomerError
from unified_customer.core.spec import Spec
from unified_customer.core.tables import CUSTOMERS, GOLDEN_FIELDS
from unified_customer.identity.traits import merged_traits

Rule = Literal["most_recent", "most_trusted", "most_frequent", "longest"]

NAME: Final = ("family_name", "given_name", "full_name", "honorific", "middle_name")
ADDRESS: Final = ("street", "city", "region", "postcode", "country")


class Survivorship(Spec):
    """Which value survives where the records of a customer say different things.

    Only the latest version of each record speaks: latest by `observed_at` (rows without one come before all others),
    then by `seq`. A record that its source deleted says nothing. Rules, by field:

    - `most_recent` (default): observed last.
    - `most_trusted`: from the source that stands first in `trusted`; sources that are not named come last.
    - `most_frequent`: said by most records.
    - `longest`: with most characters.

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
            records: Rows of the table `records`, all versions, with `seq`.
            links: Rows of `links` that hold: `record_id`, `customer_id`. Customers known only from events come out
                with null fields.
            identities: Rows of the table `identities`: `record_id`, `source`.
            as_of: Only what was observed strictly before counts, beside rows without an observed time. None: all.

        Returns:
            Rows of the table `customers`, ordered by `customer_id`.
        """
        told = before(records, as_of=as_of)
        latest = latest_versions(told)
        fields = self._fields(voices_of(latest, links))
        heads = _heads(told, latest, links, identities)
        return CUSTOMERS.conform(heads.join(fields, on="customer_id", how="left").sort("customer_id"))

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
        voices = voices_of(latest_versions(before(records, as_of=as_of)), own)
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

    def _fields(self, voices: pl.DataFrame) -> pl.DataFrame:
        picks = self._picks(voices)
        columns = {"customer_id": picks["customer_id"]}
        for unit in self.units():
            row = picks[unit[0]]
            for field in unit:
                filled = voices[field].gather(row)
                columns[field] = filled
                known = filled.is_not_null()
                columns[f"{field}_source"] = voices["source"].gather(row.set(~known, None))
                columns[f"{field}_observed_at"] = voices["observed_at"].gather(row.set(~known, None))
        return pl.DataFrame(columns).with_columns(merged_traits(voices, picks["customer_id"], columns["traits"]))

    def _picks(self, voices: pl.DataFrame) -> pl.DataFrame:
        """Return for each customer and unit the row of `voices` that survives, null where none says anything."""
        counted = [
            pl.len().over("customer_id", *unit).alias(f"{unit[0]}_count")
            for unit in self.units()
            if self.rule(unit[0]) == "most_frequent"
        ]
        picks = [self._pick(unit, len(voices)).alias(unit[0]) for unit in self.units()]
        return voices.with_columns(counted).group_by("customer_id").agg(picks)

    def _pick(self, unit: tuple[str, ...], rows: int) -> pl.Expr:
        # The row number is the last word of every rule, so rule and row make one number, and the least of it wins.
        place = self._preference(unit) * max(rows, 1) + pl.col("row")
        leading = place.filter(pl.col(unit[0]).is_not_null()).min()
        some = place.filter(pl.any_horizontal(pl.col(field).is_not_null() for field in unit)).min()
        return (pl.coalesce(leading, some) % max(rows, 1)).cast(pl.UInt32)

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


def latest_versions(records: pl.DataFrame) -> pl.DataFrame:
    """Return the latest version of each record: by `observed_at`, rows without one first, then by `seq`."""
    times = records.select("record_id", "observed_at", "seq").with_row_index("place")
    last = times.sort("observed_at", "seq", nulls_last=False).unique("record_id", keep="last")
    return records[last["place"]] if len(last) < len(records) else records


def voices_of(latest: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Return what the records that still stand at their source say, each with its customer and place in the order.

    Args:
        latest: One row of `records` for each record.
        links: `record_id`, `customer_id`.

    Returns:
        `customer_id`, `record_id`, `source`, `observed_at`, the golden fields, and `row`: the place among all rows,
        by customer, then observed last, first source by name, first content in text order.
    """
    standing = latest.filter(~pl.col("deleted")).select("record_id", "source", "observed_at", *GOLDEN_FIELDS)
    voices = standing.join(links.select("record_id", "customer_id"), on="record_id")
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
    return pl.Series([None], dtype=pl.String).extend_constant(None, len(voices)).head(len(voices)).scatter(rows, texts)


def _heads(told: pl.DataFrame, latest: pl.DataFrame, links: pl.DataFrame, identities: pl.DataFrame) -> pl.DataFrame:
    owners = links.select("record_id", "customer_id")
    seen = owners.join(told.select("record_id", "observed_at"), on="record_id").group_by("customer_id")
    times = seen.agg(first_observed_at=pl.col("observed_at").min(), last_observed_at=pl.col("observed_at").max())
    withdrawn = latest.filter("deleted").select("record_id")
    knowing = owners.join(identities.select("record_id", "source"), on="record_id")
    sources = knowing.join(withdrawn, on="record_id", how="anti").group_by("customer_id").agg(pl.col("source").unique())
    counts = owners.group_by("customer_id").agg(record_count=pl.len().cast(pl.Int64))
    heads = counts.join(times, on="customer_id", how="left").join(sources, on="customer_id", how="left")
    return heads.with_columns(sources=pl.col("source").list.sort().fill_null([])).drop("source")

"""An audience that was worked out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import narwhals as nw
import polars as pl

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import UnknownCustomerError
from unified_customer.engines.portable import Lazy, Native, collected, given_back, opened, settled
from unified_customer.methods.charting import bars
from unified_customer.methods.display import COUNT, SHARE, result_html
from unified_customer.segmentation.audiences.compiling.evaluation import evaluated
from unified_customer.segmentation.audiences.compiling.seen import CUSTOMER, Seen
from unified_customer.segmentation.audiences.compiling.updating import updated_members
from unified_customer.segmentation.audiences.explanation import Explanation, explained
from unified_customer.segmentation.audiences.parts import part_sizes
from unified_customer.segmentation.audiences.preview import SMALLEST, Preview, previewed
from unified_customer.segmentation.audiences.rules.results import MEMBER
from unified_customer.segmentation.audiences.rules.tree import leaves
from unified_customer.segmentation.memberships import membership_rows

if TYPE_CHECKING:
    from unified_customer.methods.charting import Chart
    from unified_customer.segmentation.audiences.spec import Audience


@dataclass(frozen=True, eq=False)
class FittedAudience:
    """Who is in an audience.

    Attributes:
        spec: The spec.
        as_of: The instant before which things count.
        table: `customer_id` and `segment` (`in`) of everybody in it, as the kind of frame that was fitted on.
        tables: What it was worked out from.
    """

    spec: "Audience"
    as_of: datetime
    table: Any = field(repr=False)
    tables: Mapping[str, Native] = field(repr=False)

    @property
    def segmentations(self) -> tuple[str, ...]:
        """What it says everything of in `memberships`: who is not among its rows is in none of these."""
        return (self.spec.name,)

    # ------------------------------------------------------------------------------------------------- looking at it

    def preview(self, n: int = 10, *, by: str | None = None, smallest: int = SMALLEST) -> Preview:
        """Return how many are in it, the ids of a few, and how they are spread over the values of a trait.

        Args:
            n: At most so many ids; 0: none.
            by: A column of `customers`, or a path into its `traits`.
            smallest: Values of fewer customers are put together.

        Raises:
            SchemaError: There is no such trait.
        """
        return previewed(opened(self.table), self._seen, base=self.spec.base, n=n, by=by, smallest=smallest)

    def explain(self, customer_id: str) -> Explanation:
        """Return why a customer is in or out: every part of the rule, whether it holds, and what was found.

        It holds what the tables say of the customer: give it only to who may see that.

        Raises:
            UnknownCustomerError: The base has no such customer.
        """
        somebody = self._seen.base(self.spec.base).filter(nw.col(CUSTOMER) == customer_id)
        found = collected(evaluated(self.spec.rule, self._seen.of(somebody), base=self.spec.base))
        if found.is_empty():
            raise UnknownCustomerError(f"There is no such customer in {self.spec.base!r}. Ids are those of that table.")
        return explained(self.spec.rule, found.row(0, named=True))

    @cached_property
    def sizes(self) -> pl.DataFrame:
        """Of how many customers each part of the rule holds; see `part_sizes`."""
        return part_sizes(self.spec.rule, self._seen, base=self.spec.base, smallest=SMALLEST)

    def chart(self, *, dark: bool = False) -> "Chart":
        """Draw what share of the base is in it, and of what share each rule holds that it is made of.

        Small groups have no bar. Long rules are cut; `sizes` has them whole.

        Raises:
            MissingDependencyError: Altair is not installed.
        """
        made_of = self._named_sizes.filter((pl.col("depth") == 0) | pl.col("part").is_in(self._leaves))
        return bars(
            made_of.unique("part", keep="first", maintain_order=True), name="part", values={"share": "share"},
            value_title="share of customers", in_order=True, title=f"Who is in the audience {self.spec.name!r}",
            subtitle=[f"and of whom each of its rules holds, as of {self.as_of:%Y-%m-%d}"], dark=dark,
        )  # fmt: skip

    def _repr_html_(self) -> str:
        whole = self.sizes.row(0, named=True)
        facts = [
            ("customers", COUNT.written(whole["customers"])),
            ("of all", SHARE.written(whole["share"])),
            ("as of", f"{self.as_of:%Y-%m-%d}"),
        ]
        formats = {"customers": COUNT, "share": SHARE}
        told, words = self._named_sizes.drop("depth"), self.spec.rule.in_words()
        return result_html(f"Audience {self.spec.name}", facts, told, formats=formats, note=words)

    @property
    def _named_sizes(self) -> pl.DataFrame:
        """The sizes, the whole called by its name."""
        whole = pl.col("depth") == 0
        return self.sizes.with_columns(part=pl.when(whole).then(pl.lit(f"all: {self.spec.name}")).otherwise("part"))

    @property
    def _leaves(self) -> list[str]:
        return [leaf.in_words() for leaf in leaves(self.spec.rule)]

    # ---------------------------------------------------------------------------------------------- keeping it

    def updated(
        self, tables: Mapping[str, Native], *, as_of: datetime, changed: Iterable[str] = ()
    ) -> "FittedAudience":
        """Return the audience as of a later instant, worked out anew only for those of whom it can have changed.

        These are the customers that are named, those who came into the base, and those for whom time alone may have
        done it: a row became past, a window was entered or left, a span in which something must not follow is over, a
        day came. Where the rule asks for consents it is everybody, since a decision can change by what was said of
        anything. The result is that of `fit` on the same tables.

        On frames that are worked out when they are read (DuckDB, Spark), write `table` down first: it would be worked
        out again from the old tables.

        Args:
            tables: The tables as they are now.
            as_of: An instant that is not before the old one.
            changed: Ids of customers of whom a row is other than it was, came or went. Rows that are at or after the
                old `as_of` by their own time need not be told of.

        Raises:
            ConfigurationError: `as_of` is before the old one.
        """
        spec, seen = self.spec, self.spec.seen(tables, as_of=as_of)
        before, old = opened(self.table).select(CUSTOMER), self._seen.base(spec.base)
        inside = updated_members(spec.rule, before, seen, since=self.as_of, base=spec.base, changed=changed, old=old)
        return fitted_audience(spec, tables, inside, as_of=as_of)

    def rows(self) -> Mapping[str, pl.DataFrame]:
        """Return the memberships."""
        table = collected(opened(self.table))
        return {"memberships": membership_rows(table, segmentation=self.spec.name, as_of=self.as_of)}

    def to_body(self) -> Mapping[str, Any]:
        """Return the rule in words, and of how many customers its parts hold."""
        sizes = self.sizes.select("part", "customers").rows()
        return {"rule": self.spec.rule.in_words(), "customers": [list(each) for each in sizes]}

    @property
    def _seen(self) -> Seen:
        return self.spec.seen(self.tables, as_of=self.as_of)


def fitted_audience(spec: "Audience", tables: Mapping[str, Native], inside: Lazy, *, as_of: datetime) -> FittedAudience:
    """Return an audience of the customers of a frame, `customer_id`."""
    like = tables[spec.base]
    whole = settled(inside, like=like).with_columns(segment=nw.lit(MEMBER))
    return FittedAudience(spec, as_utc(as_of), given_back(whole, like=like), tables)

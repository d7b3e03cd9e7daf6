"""What is asked of the quality of data."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final

from pydantic import Field, field_validator

from unified_customer.analytics.quality.thresholds import Threshold
from unified_customer.core.clock import as_utc
from unified_customer.core.errors import SchemaError
from unified_customer.core.spec import Spec
from unified_customer.core.tables import table
from unified_customer.engines.portable import Native

if TYPE_CHECKING:
    from unified_customer.analytics.quality.fitted import FittedDataQuality

BY_DEFAULT: Final = ("customers", "records", "identifiers", "events", "order_lines")


class DataQuality(Spec):
    """How good the data are: what is missing, wrong, doubled, old, contradictory or worn out.

    `completeness` is the share of rows with a value. `validity` is the share of values that are what the field
    dictionary expects (`FieldSpec.quality`); a text that has no normal form is not. `uniqueness` is the share of keys
    that stand once, and of identifiers that one customer alone has. `freshness` is the days since the last row.
    `consistency` is the share of customers on whom all sources agree, of those of whom at least two say anything.
    `decay` is the share of e-mails that bounce, and of contact fields that nobody has confirmed for a year.

    Of `records` the latest whole statement of each counts, unless it was deleted; what partial statements of these say
    is judged too, but what they leave out is not missing. Keys and freshness are those of all rows. Columns that a
    table does not have, or that the purpose may not see, are not told of.

    Examples:
        >>> import polars as pl
        >>> from datetime import UTC
        >>> customers = pl.DataFrame({"customer_id": ["a", "b", "c"], "email": ["a@b.example", "a@b", None]})
        >>> quality = DataQuality(warns=False).fit({"customers": customers}, as_of=datetime(2026, 1, 1, tzinfo=UTC))
        >>> quality.table.filter(field="email").select("dimension", pl.col("value").round(2), "n", "status").rows()
        [('completeness', 0.67, 3, 'warn'), ('validity', 0.5, 2, 'fail'), ('uniqueness', 1.0, 2, 'ok')]

    References:
        R. Y. Wang, D. M. Strong (1996): Beyond accuracy: what data quality means to data consumers.
        ISO/IEC 25012 (data quality model).
    """

    tables: tuple[str, ...] = Field(default=BY_DEFAULT, min_length=1)
    """The tables that are looked at."""
    fields: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    """Fields whose completeness is told, by table. By default all that may be missing, but for the texts of sources as
    they were written and for where values come from."""
    unique: tuple[str, ...] = ("email", "loyalty_id", "phone", "user_id")
    """Kinds of identifiers of which one customer alone should have each."""
    delivered: tuple[str, ...] = Field(default=("Email Delivered", "Delivered Email"), min_length=1)
    """Names of the events of e-mails that arrived, in any spelling of case, spaces and underscores."""
    bounced: tuple[str, ...] = Field(default=("Email Bounced", "Bounced Email"), min_length=1)
    """Names of the events of e-mails that did not, in any spelling too."""
    bounce_days: int = Field(default=90, ge=1)
    """E-mails of so many days before `as_of` count."""
    contacts: tuple[str, ...] = ("email", "phone", "street")
    """Fields of customers that wear out."""
    confirm_days: int = Field(default=365, ge=1)
    """What was observed longer ago is not confirmed."""
    thresholds: tuple[Threshold, ...] = ()
    """Where numbers warn and fail. They come before the defaults (`thresholds.DEFAULTS`), and of several that are about
    one number the one that tells most apart counts."""
    warns: bool = True
    """Whether `fit` gives a `DataQualityWarning` where something fails."""
    confidence: float = Field(default=0.95, gt=0, lt=1)
    """Of the intervals."""

    @field_validator("tables")
    @classmethod
    def _known(cls, tables: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(table(name).name for name in dict.fromkeys(tables))

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the tables that `fit` reads."""
        return self.tables

    def fit(self, tables: Mapping[str, Native], *, as_of: datetime) -> "FittedDataQuality":
        """Tell how good the data were before `as_of`.

        Args:
            tables: Frames of any engine by table name; those of `tables` of the spec that are there are looked at.
            as_of: An instant. Rows of that time or later are left out; rows without a time count.

        Raises:
            SchemaError: None of the tables is there, or one is not a frame.
        """
        from unified_customer.analytics.quality.fitted import fitted

        if not set(self.tables) & set(tables):
            raise SchemaError(f"There is none of the tables {', '.join(self.tables)}; given: {', '.join(tables)}.")
        return fitted(self, tables, as_of=as_utc(as_of))

"""What a load or a resolution did: counts, never values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from unified_customer.methods.validity import Checked


@dataclass(frozen=True)
class LoadReport:
    """What became of every row of a source.

    `rows == accepted + duplicates + quarantined + erased`, always.

    Attributes:
        source: Name of the source.
        table: The table it was loaded into.
        rows: Rows that the source delivered.
        accepted: Rows that are in the table now and were not before.
        duplicates: Rows that were there already, or came twice.
        quarantined: Rows that could not be accepted.
        erased: Rows about people who were erased; they are not let in again.
        skipped: Rows that an earlier load had read, passed over by the cursor. A file of which an earlier load read the
            beginning is read from there, so that these rows are not counted.
        reasons: Number of quarantined rows by reason.
        derived: Rows that were added to other tables.
        left_out: Values that the collection policy did not let in, by column.
        unreadable: Values that have no normal form (a telephone number that is none), by field; the row is accepted
            and keeps them as `<field>_raw`.
        quality: Of each field of which the field dictionary expects something, such as `records.email`: in how many
            rows of the source it says anything, and in how many of them the value is not what is expected or has no
            normal form. Rows that were there already are judged too; nothing is refused for it.
        warnings: What else a person should know.
    """

    source: str
    table: str
    rows: int = 0
    accepted: int = 0
    duplicates: int = 0
    quarantined: int = 0
    erased: int = 0
    skipped: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    derived: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    unreadable: Mapping[str, int] = field(default_factory=dict)
    quality: Mapping[str, Checked] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def __add__(self, other: "LoadReport") -> "LoadReport":
        """Return the sums of two parts of one load."""
        return LoadReport(
            self.source,
            self.table,
            self.rows + other.rows,
            self.accepted + other.accepted,
            self.duplicates + other.duplicates,
            self.quarantined + other.quarantined,
            self.erased + other.erased,
            self.skipped + other.skipped,
            sums(self.reasons, other.reasons),
            sums(self.derived, other.derived),
            sums(self.left_out, other.left_out),
            sums(self.unreadable, other.unreadable),
            _joined(self.quality, other.quality),
            tuple(dict.fromkeys((*self.warnings, *other.warnings))),
        )

    def __str__(self) -> str:
        """Return the report for people, a line for each thing worth knowing."""
        known = f"{self.duplicates:,} known already, {self.quarantined:,} in quarantine"
        lines = [f"{self.source} -> {self.table}: {self.rows:,} rows, {self.accepted:,} accepted, {known}"]
        lines += [f"  not let in again: {self.erased:,} rows of people who were erased"] if self.erased else []
        lines += [f"  quarantine: {count:,} {reason}" for reason, count in sorted(self.reasons.items())]
        lines += [f"  also: {count:,} rows in {name}" for name, count in sorted(self.derived.items()) if count]
        lines += [f"  left out by policy: {count:,} values of {name}" for name, count in sorted(self.left_out.items())]
        lines += [f"  kept as found: {count:,} values of {name}" for name, count in sorted(self.unreadable.items())]
        lines += _told(self.quality)
        lines += [f"  note: {warning}" for warning in self.warnings]
        return "\n".join(lines)


def _joined(left: Mapping[str, Checked], right: Mapping[str, Checked]) -> dict[str, Checked]:
    nothing = Checked(0, 0)
    return {name: left.get(name, nothing) + right.get(name, nothing) for name in sorted({*left, *right})}


def _told(quality: Mapping[str, Checked]) -> list[str]:
    """Say which fields pass, and which fail in how many rows."""
    failed = [
        f"  quality: {name} failed in {each.failed:,} of {each.rows:,}"
        for name, each in sorted(quality.items())
        if each.failed
    ]
    passed = sorted(name for name, each in quality.items() if each.passed)
    return failed + ([f"  quality: passed by {', '.join(passed)}"] if passed else [])


@dataclass(frozen=True)
class ResolveReport:
    """What a resolution did.

    Attributes:
        records: Records and event identities.
        customers: Customers they belong to.
        changed: Records whose customer is another than before; a record seen first counts too.
        shared: Identifier values that stand with too many different people to join anybody.
        reasons: Number of records by what joined them.
    """

    records: int
    customers: int
    changed: int
    shared: int
    reasons: Mapping[str, int]

    def __str__(self) -> str:
        """Return the report for people."""
        return (
            f"{self.records:,} records are {self.customers:,} customers; {self.changed:,} records are new or moved, "
            f"{self.shared:,} identifier values are shared and join nobody"
        )


def sums(left: Mapping[str, int], right: Mapping[str, int]) -> dict[str, int]:
    """Return the sum of two counts by name.

    Examples:
        >>> sums({"a": 1}, {"a": 2, "b": 1})
        {'a': 3, 'b': 1}
    """
    return {
        name: left.get(name, 0) + right.get(name, 0) for name in (*left, *(key for key in right if key not in left))
    }

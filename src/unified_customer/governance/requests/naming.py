"""Whom a request means: the customers who carry what it names, by every identifier ever linked to them.

A request keeps no value of a person: only keyed hashes, as `kind:value_key` or `record:record_id`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.kinds import RECORD, check_kind, is_kind
from unified_customer.governance.graves import buried
from unified_customer.governance.naming import CURRENT, current_customer, records_of
from unified_customer.store import Keys, Reader, Where

Identifiers = Mapping[str, str] | Sequence[tuple[str, str]]
"""What a person is named by: `{"email": "ann@example.com"}`, or pairs of kind and value; the name of a source is a
kind too, and its value the id that the source gives the person: `("crm", "4711")`."""


@dataclass(frozen=True)
class Names:
    """Turns what people are named by into keyed hashes.

    Attributes:
        key_of: Gives the value key of an identifier kind and a raw value; None where the value is none of that kind.
        record_of: Gives the id of the record that a source calls so.
    """

    key_of: Callable[[str, str], str | None]
    record_of: Callable[[str, str], str]

    def subjects(self, reader: Reader, identifiers: Identifiers) -> tuple[str, ...]:
        """Return what `identifiers` name, as `kind:value_key`, sorted.

        Raises:
            ConfigurationError: A kind is misspelt, or a value is none of its kind; the message holds no value.
        """
        pairs = identifiers.items() if isinstance(identifiers, Mapping) else identifiers
        return tuple(sorted({each for kind, value in pairs for each in self._subjects(reader, kind, value)}))

    def _subjects(self, reader: Reader, kind: str, value: str) -> Iterable[str]:
        record = self.record_of(kind, value)
        known = bool(reader.count("identities", where=[Where("record_id", "==", record)]))
        if known:
            yield f"{RECORD}:{record}"
        if kind != RECORD and is_kind(kind):
            yield self._identifier(kind, value)
        elif not known:
            self._refuse(kind)

    def _identifier(self, kind: str, value: str) -> str:
        key = self.key_of(kind, value)
        if key is None:
            message = f"The value given is not a valid identifier of kind {kind!r}. Check its spelling."
            raise ConfigurationError(message)
        return f"{kind}:{key}"

    def _refuse(self, kind: str) -> None:
        if check_kind(kind) == RECORD:
            message = "A record is no identifier. Name the person by customer_id=..., which takes any id ever issued."
            raise ConfigurationError(message)


def subject_of_id(reader: Reader, any_id: str) -> str:
    """Return what names the customer who holds `any_id` now.

    Raises:
        UnknownCustomerError: There is no such customer.
    """
    current_customer(reader, any_id)
    return f"{RECORD}:{any_id}"


@dataclass(frozen=True)
class Found:
    """The customers that what was named is found at.

    Attributes:
        holders: Subject -> the customers who carry it.
        waiting: Records that carry some of it and are not resolved yet.
    """

    holders: Mapping[str, frozenset[str]]
    waiting: int = 0

    @property
    def customers(self) -> tuple[str, ...]:
        """Everybody who carries some of it, sorted."""
        return tuple(sorted(frozenset().union(*self.holders.values())))

    @property
    def customer(self) -> str | None:
        """Whom it means beyond doubt: the one who carries all that anybody carries, and some of it alone.

        A mailbox that several customers share names none of them.

        Examples:
            >>> ann, both = frozenset({"ann"}), frozenset({"ann", "bob"})
            >>> Found({"user_id:1": ann, "email:2": both, "phone:3": frozenset()}).customer
            'ann'
            >>> Found({"email:2": both}).customer, Found({"phone:3": frozenset()}).customer
            (None, None)
        """
        carried = [each for each in self.holders.values() if each]
        alone = {each for holders in carried if len(holders) == 1 for each in holders}
        common = frozenset.intersection(*carried) & alone if carried else frozenset()
        return next(iter(common)) if len(common) == 1 else None

    def settled(self) -> "Found":
        """Return it, if everybody who may be meant is resolved.

        Raises:
            ConfigurationError: Records that carry what was named are not resolved yet.
        """
        if self.waiting:
            message = f"{self.waiting:,} records that carry what was named are not resolved yet. Run hub.resolve()."
            raise ConfigurationError(message)
        return self


def find(reader: Reader, subjects: Sequence[str]) -> Found:
    """Return who carries `subjects` now, whichever record they were once seen on."""
    carrying = _carrying(reader, parted(subjects))
    keys = Keys(carrying.select("record_id").unique(), ("record_id",))
    linked = reader.read("links", columns=["record_id", "customer_id"], where=[CURRENT], keys=keys)
    held = carrying.join(linked, on="record_id").group_by("subject").agg(pl.col("customer_id").unique())
    holders = dict.fromkeys(subjects, frozenset[str]())
    holders |= {subject: frozenset(customers) for subject, customers in held.iter_rows()}
    return Found(holders, _waiting(reader, carrying, linked))


def named_subjects(proved: Sequence[str]) -> list[tuple[str, str]]:
    """Return subjects as `(kind, key)`, sorted."""
    return sorted(parted(proved).select("kind", "value_key").rows())


def parted(subjects: Iterable[str]) -> pl.DataFrame:
    """Return subjects as `subject`, `kind`, `value_key`.

    Examples:
        >>> parted(["ios.idfa:00ff"]).rows()
        [('ios.idfa:00ff', 'ios.idfa', '00ff')]
    """
    rows = [(each, *each.rsplit(":", 1)) for each in dict.fromkeys(subjects)]
    return pl.DataFrame(rows, schema=dict.fromkeys(("subject", "kind", "value_key"), pl.String), orient="row")


def own_subjects(reader: Reader, customer_id: str) -> list[tuple[str, str]]:
    """Return as `(kind, key)` the records of a customer, and the identifiers that nobody else carries."""
    mine = records_of(reader, customer_id)
    named = ["kind", "value_key"]
    carried = reader.read("identifiers", columns=named, keys=Keys(mine, ("record_id",))).unique()
    everywhere = reader.read("identifiers", columns=[*named, "record_id"], keys=Keys(carried, tuple(named)))
    shared = everywhere.join(mine, on="record_id", how="anti").select(named).unique()
    alone = carried.join(shared, on=named, how="anti").rows()
    return sorted([*alone, *((RECORD, record_id) for record_id in mine["record_id"])])


def _carrying(reader: Reader, subjects: pl.DataFrame) -> pl.DataFrame:
    """Return `subject` and `record_id` of the records that carry something."""
    keys = Keys(subjects.select("kind", "value_key"), ("kind", "value_key"))
    seen = reader.read("identifiers", columns=["kind", "value_key", "record_id"], keys=keys)
    by_identifier = seen.join(subjects, on=["kind", "value_key"]).select("subject", "record_id")
    named = subjects.filter(pl.col("kind") == RECORD).select("subject", record_id="value_key")
    known = reader.read("identities", columns=["record_id"], keys=Keys(named.select("record_id"), ("record_id",)))
    return pl.concat([by_identifier, named.join(known, on="record_id", how="semi")]).unique()


def _waiting(reader: Reader, carrying: pl.DataFrame, linked: pl.DataFrame) -> int:
    loose = carrying.join(linked, on="record_id", how="anti")["record_id"].unique()
    return len(loose) - len(buried(reader, RECORD, loose))

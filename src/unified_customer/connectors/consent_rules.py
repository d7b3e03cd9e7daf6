"""Rules of a mapping that turn columns into statements of the consent ledger."""

from typing import TYPE_CHECKING, Any, Self

from pydantic import Field, field_validator, model_validator

from unified_customer.connectors.field_maps import Columns, Entry, FieldEntry, short_field, single
from unified_customer.connectors.signals import SignalKind
from unified_customer.core.models.purposes import check_path
from unified_customer.core.spec import Spec
from unified_customer.core.tables.governance import LEGAL_BASES, SPEAKERS, SPECIAL_BASES, STATUSES

if TYPE_CHECKING:
    from collections.abc import Mapping as Dictionary
    from collections.abc import Sequence


class Statement(Spec):
    """A column that says what someone allows, turned into statements of the consent ledger.

    It says it in words, for one purpose, or it holds a consent signal, which has purposes of its own.

    Examples:
        >>> rule = Statement(column="Newsletter", purpose="marketing.communications.email", values={"yes": "granted"})
        >>> rule.about
        'record'
        >>> Statement(column="tc_string", signal="tcf", vendor_id=755).explanation
        'consent signal tcf'
    """

    column: str
    """The column that says it."""
    purpose: str | None = Field(default=None, pattern=r"^[a-z_]+(\.[a-z_]+)*$")
    """The purpose, a dotted path of data uses."""
    values: dict[str, str | None] = Field(default={})
    """What each word means: a status, or null where it says nothing. Blank says nothing. Others are rejected."""
    signal: SignalKind | None = None
    """The column holds a signal of this kind, instead of words for one purpose. Basis, method, notice and evidence are
    then those of the signal. One that cannot be read is rejected; blank says nothing."""
    vendor_id: int | None = Field(default=None, ge=1, lt=2**16)
    """With a signal tcf or gpp: our own number in the Global Vendor List."""
    opt_out: tuple[str, ...] | None = None
    """With a signal: what Global Privacy Control and a US privacy string object to; by default what the policy says."""
    where: dict[str, Columns] = Field(default={})
    """Only in rows where each of these columns holds one of these texts, such as the question that was answered."""
    stated_at: FieldEntry | None = None
    """When it was said; by default the time that a signal tells, else the observed time of the record."""
    about: str = "record"
    """`record`, or a mapped identifier such as `email`; where a row has none of these, it is about the record."""
    channel: str | None = None
    """Only for this channel."""
    recipient: str | None = None
    """Only for this recipient."""
    legal_basis: str = "consent"
    """GDPR Art. 6(1) basis."""
    jurisdiction: str | None = None
    """Law under which it was said."""
    method: str | None = "import"
    """How it was collected."""
    notice: str | None = None
    """The notice that was shown."""
    notice_version: str | None = None
    """Its version."""
    language: str | None = None
    """Language in which it was shown, as in BCP 47."""
    special_basis: str | None = None
    """GDPR Art. 9(2) basis, where it is about special categories."""
    spoken_by: str | None = None
    """Who said it: `self`, `guardian` or `agent`; by default the person."""

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            column: str,
            purpose: str | None = None,
            values: Dictionary[str, str | None] = ...,
            signal: SignalKind | None = None,
            vendor_id: int | None = None,
            opt_out: Sequence[str] | None = None,
            where: Dictionary[str, str | Sequence[str]] = ...,
            stated_at: Entry | None = None,
            about: str = "record",
            channel: str | None = None,
            recipient: str | None = None,
            legal_basis: str = "consent",
            jurisdiction: str | None = None,
            method: str | None = "import",
            notice: str | None = None,
            notice_version: str | None = None,
            language: str | None = None,
            special_basis: str | None = None,
            spoken_by: str | None = None,
        ) -> None: ...

    @field_validator("values")
    @classmethod
    def _known_statuses(cls, values: dict[str, str | None]) -> dict[str, str | None]:
        if not {status for status in values.values() if status is not None} <= set(STATUSES):
            raise ValueError(f"a status is one of {', '.join(STATUSES)}, or null")
        return {word: status for word, status in values.items() if word.strip() or status is not None}

    @field_validator("legal_basis")
    @classmethod
    def _known_basis(cls, basis: str) -> str:
        if basis not in LEGAL_BASES:
            raise ValueError(f"a legal basis is one of {', '.join(LEGAL_BASES)}")
        return basis

    @field_validator("special_basis")
    @classmethod
    def _known_special_basis(cls, basis: str | None) -> str | None:
        if basis not in {None, *SPECIAL_BASES}:
            raise ValueError(f"a basis for special categories is one of {', '.join(SPECIAL_BASES)}")
        return basis

    @field_validator("spoken_by")
    @classmethod
    def _known_speaker(cls, speaker: str | None) -> str | None:
        if speaker not in {None, *SPEAKERS}:
            raise ValueError(f"who said it is one of {', '.join(SPEAKERS)}")
        return speaker

    @field_validator("opt_out")
    @classmethod
    def _are_paths(cls, purposes: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return purposes if purposes is None else tuple(check_path(each) for each in purposes)

    @model_validator(mode="after")
    def _speaks_one_way(self) -> Self:
        if (self.purpose is None) == (self.signal is None):
            raise ValueError("name either a purpose, with what the words mean, or a signal")
        if self.signal is not None and self.values:
            raise ValueError("a signal has no words; leave values out")
        if self.signal is None and (self.vendor_id is not None or self.opt_out is not None):
            raise ValueError("vendor_id and opt_out belong to a signal")
        return self

    @property
    def explanation(self) -> str:
        """What the column is used for."""
        return f"consent signal {self.signal}" if self.signal else f"consent to {self.purpose}"

    @property
    def purposes(self) -> tuple[str, ...]:
        """The purposes that the rule itself names."""
        return (self.purpose,) if self.purpose is not None else self.opt_out or ()


NOTHING = "nothing"
"""How TOML, which has no null, says that a word says nothing."""


def short_rule(rule: dict[str, Any]) -> dict[str, Any]:
    """Return a dumped rule as people write it."""
    short = dict(rule)
    if "values" in rule:
        short["values"] = {word: NOTHING if status is None else status for word, status in rule["values"].items()}
    if "where" in rule:
        short["where"] = {column: single(texts) for column, texts in rule["where"].items()}
    if "stated_at" in rule:
        short["stated_at"] = short_field(rule["stated_at"])
    return short | ({"method": ""} if rule.get("method", "import") is None else {})


def rule_with_nulls(rule: Any) -> Any:
    """Return a rule as it was dumped, from what people wrote."""
    if not isinstance(rule, dict) or not isinstance(rule.get("values", {}), dict):
        return rule
    said = {word: None if status == NOTHING else status for word, status in rule.get("values", {}).items()}
    method = {"method": None} if rule.get("method") == "" else {}
    return {**rule, "values": said, **method}

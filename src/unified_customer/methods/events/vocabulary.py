"""Vocabularies: what the names of events mean, as data.

A vocabulary is read from TOML and validated when it is read. The built-in ones are in the folder `packs`; other
packages register theirs in the entry-point group `unified_customer.vocabularies`, as a `Vocabulary` or as a function
without arguments that returns one. A plain `Vocabulary` value works everywhere a registered one does.

References:
    Segment e-commerce specification v2: https://segment.com/docs/connections/spec/ecommerce/v2/
    Segment e-mail specification: https://segment.com/docs/connections/spec/email/
    GA4 recommended events: https://developers.google.com/analytics/devguides/collection/ga4/reference/events
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache, cached_property
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from unified_customer.core.errors import ConfigurationError, PluginError
from unified_customer.core.plugins import load_plugin, plugins

GROUP: Final = "unified_customer.vocabularies"
BUILT_IN: Final = ("consent", "ecommerce", "messages", "objects", "sales", "subscriptions", "support", "surveys")

FieldType = Literal["text", "number", "whole", "flag", "time", "list", "object", "any"]
Derived = Literal["order_lines", "items", "answers", "consents"]
LineKind = Literal["sale", "return", "cancellation"]
Role = Literal[
    "conversion", "refund", "cancellation", "engagement", "intent", "exposure", "delivery", "failure", "opt_in",
    "opt_out", "complaint", "feedback", "service", "acquisition", "retention", "expansion", "contraction", "churn",
    "pipeline", "statement",
]  # fmt: skip


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AnswerRule(_Frozen):
    """Where an event holds an answer; the fields are tried in order, the constants hold where no field does."""

    instrument: str
    question: str
    scale: str | None = None
    id_fields: tuple[str, ...] = ("response_id", "answer_id")
    instrument_fields: tuple[str, ...] = ("survey_id", "survey_name")
    version_fields: tuple[str, ...] = ("survey_version",)
    question_fields: tuple[str, ...] = ("question_id", "question")
    value_fields: tuple[str, ...] = ("score", "rating", "value")
    text_fields: tuple[str, ...] = ("answer", "comment")
    scale_fields: tuple[str, ...] = ("scale",)


class Meaning(_Frozen):
    """What one event name means."""

    name: str = Field(min_length=1)
    """The canonical name."""
    aliases: tuple[str, ...] = ()
    """Names that others give it."""
    category: str = Field(pattern=r"^[a-z_]+(\.[a-z_]+)*$")
    """Fideslang data category of what it says."""
    role: Role
    """What it counts as in key figures."""
    required: tuple[str, ...] = ()
    """Fields that it must have."""
    fields: Mapping[str, FieldType] = Field(default_factory=dict)
    """Types of its fields; `products.$.price` is a field of each entry of a list."""
    derives: tuple[Derived, ...] = ()
    """The rows it stands for beside its own."""
    line_kind: LineKind | None = None
    """Kind of the order lines that it derives."""
    answer: AnswerRule | None = None
    """Where the answer is, where it derives one."""
    object_kind: str | None = None
    """Kind of the thing that it is about."""
    object_id: tuple[str, ...] = ()
    """Fields that name the thing, tried in order."""
    state: str | None = None
    """The state that it puts the thing into; None leaves the state."""
    state_fields: tuple[str, ...] = ()
    """Fields that name the state, tried in order before `state`."""
    closes: bool = False
    """Whether the thing is finished in that state."""
    amount: tuple[str, ...] = ()
    """Fields with the money that changed hands, tried in order."""
    text: tuple[str, ...] = ()
    """Fields with a body of text, tried in order."""
    channel: str | None = None
    """The channel where it can only have happened."""
    field_aliases: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    """Other names of its fields, such as `transaction_id` for `order_id`, tried where the field itself is missing."""

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        unknown = [
            name for name in (*self.required, *self.amount, *self.text, *self.state_fields) if name not in self.fields
        ]
        rules = {
            f"{', '.join(unknown)}: no type is given in fields": bool(unknown),
            "only what has a state closes": self.closes and self.state is None,
            "object_kind needs object_id": self.object_kind is not None and not self.object_id,
            "order_lines need line_kind": ("order_lines" in self.derives) != (self.line_kind is not None),
            "answers need an answer rule": ("answers" in self.derives) != (self.answer is not None),
        }
        broken = [rule for rule, is_broken in rules.items() if is_broken]
        if broken:
            raise ValueError(f"{self.name}: {'; '.join(broken)}")
        return self


class Vocabulary(_Frozen):
    """Meanings by name.

    Examples:
        >>> words = Vocabulary(
        ...     name="tea", events=(Meaning(name="Tea Poured", category="user.behavior", role="service"),)
        ... )
        >>> words.meaning("tea_poured").role
        'service'
        >>> words.meaning("Coffee Poured") is None
        True
    """

    name: str
    events: tuple[Meaning, ...]

    @model_validator(mode="after")
    def _names_one_thing_once(self) -> Self:
        seen: dict[str, int] = {}
        for number, meaning in enumerate(self.events):
            for name in {folded(each) for each in (meaning.name, *meaning.aliases)}:
                other = seen.setdefault(name, number)
                if other != number:
                    both = f"{self.events[other].name!r} and {meaning.name!r}"
                    raise ValueError(f"{name!r} has two meanings: {both}")
        return self

    @cached_property
    def _by_name(self) -> Mapping[str, Meaning]:
        return MappingProxyType(
            {folded(name): meaning for meaning in self.events for name in (meaning.name, *meaning.aliases)}
        )

    def meaning(self, name: str | None) -> Meaning | None:
        """Return what `name` means, in any spelling of case, spaces and underscores; None if nobody said."""
        return None if name is None else self._by_name.get(folded(name))


def folded(name: str) -> str:
    """Return `name` in lower case with single spaces, so that `order_completed` is `Order Completed`."""
    return re.sub(r"[\W_]+", " ", name).strip().lower()


def merged(*vocabularies: Vocabulary) -> Vocabulary:
    """Return all meanings of `vocabularies` as one.

    Raises:
        ConfigurationError: Two of them say different things of one name.
    """
    events = tuple(meaning for each in vocabularies for meaning in each.events)
    try:
        return Vocabulary(name="+".join(each.name for each in vocabularies), events=events)
    except ValidationError as error:
        raise ConfigurationError(f"These vocabularies contradict each other: {_first(error)}.") from error


def parse(text: str) -> Vocabulary:
    """Return the vocabulary that the TOML `text` describes.

    The text has `name`, optional tables `groups` (fields that several events share, named in `with`) and
    `field_aliases`, and a table `events` by canonical name with the fields of `Meaning`.

    Raises:
        ConfigurationError: It describes none.
    """
    try:
        body = tomllib.loads(text)
        groups, aliases = body.pop("groups", {}), body.pop("field_aliases", {})
        events = [_spelled_out(name, event, groups, aliases) for name, event in body.pop("events", {}).items()]
        return Vocabulary(**body, events=events)  # type: ignore[arg-type]  # the values are checked by pydantic
    except (tomllib.TOMLDecodeError, ValidationError, KeyError, TypeError) as error:
        raise ConfigurationError(f"This is no vocabulary: {_first(error)}.") from error


def _spelled_out(
    name: str, event: dict[str, Any], groups: Mapping[str, Mapping[str, str]], aliases: Mapping[str, list[str]]
) -> dict[str, Any]:
    fields: dict[str, str] = {}
    for group in event.pop("with", ()):
        fields |= groups[group]
    fields |= event.get("fields", {})
    used = {path.rpartition(".")[2] for path in fields}
    return {"name": name, **event, "fields": fields, "field_aliases": {k: v for k, v in aliases.items() if k in used}}


def _first(error: Exception) -> str:
    if isinstance(error, ValidationError):
        detail = error.errors()[0]
        return f"{'.'.join(map(str, detail['loc']))}: {detail['msg']}".lstrip(": ")
    return f"{type(error).__name__}: {error}"


@cache
def pack(name: str) -> Vocabulary:
    """Return the built-in vocabulary `name`.

    Raises:
        ConfigurationError: There is none of that name.

    Examples:
        >>> pack("ecommerce").meaning("purchase").name
        'Order Completed'
    """
    if name not in BUILT_IN:
        raise ConfigurationError(f"There is no built-in vocabulary {name!r}. There are: {', '.join(BUILT_IN)}.")
    return parse(files("unified_customer.methods.events").joinpath("packs", f"{name}.toml").read_text(encoding="utf-8"))


@cache
def built_in() -> Vocabulary:
    """Return all built-in vocabularies as one."""
    return merged(*map(pack, BUILT_IN))


def registered() -> Vocabulary:
    """Return the built-in vocabularies and those of other packages as one.

    Raises:
        ConfigurationError: Two of them say different things of one name.
        PluginError: One does not load, or is no vocabulary.
    """
    return merged(*map(pack, BUILT_IN), *(_plugin(name) for name in plugins(GROUP) if name not in BUILT_IN))


def _plugin(name: str) -> Vocabulary:
    found = load_plugin(GROUP, name)
    value = found() if callable(found) else found
    if not isinstance(value, Vocabulary):
        raise PluginError(f"{name!r} in {GROUP} is {type(value).__name__}; it must be a Vocabulary or return one.")
    return value

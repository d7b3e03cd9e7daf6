"""Opens and clicks of messages that machines made: mail programs that fetch ahead, and scanners that follow each link.

References:
    Apple (2021), Mail Privacy Protection: remote content is loaded in the background, through proxies whose agent is a
    bare
        `Mozilla/5.0`. https://support.apple.com/guide/mail/mlhl03be2866
    Twilio SendGrid, `sg_machine_open`: https://www.twilio.com/en-us/blog/apple-machine-open-indicator
    Klaviyo, `Apple Privacy Open`: https://help.klaviyo.com/hc/en-us/articles/4416791883163
"""

from functools import reduce
from operator import or_
from typing import Final

import narwhals as nw
from pydantic import Field, field_validator

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.models.base import Model
from unified_customer.engines.portable import Lazy, has, texts_within
from unified_customer.engines.portable.dates import with_microseconds
from unified_customer.methods.events.meanings import meanings_among, named
from unified_customer.methods.events.vocabulary import Meaning, Vocabulary

FLAGS: Final = (
    "machine_open", "is_machine_open", "sg_machine_open", "Apple Privacy Open", "apple_privacy_open", "apple_privacy",
    "prefetched", "is_prefetched", "machine_click", "bot_click", "Bot Click", "is_bot", "client-info.bot",
)  # fmt: skip
"""What senders call it when they say that it was a machine."""

AGENTS: Final = (
    "Mozilla/5.0", "*Barracuda*", "*Mimecast*", "*Proofpoint*", "*BingPreview*", "*HeadlessChrome*", "*Googlebot*",
    "curl/*", "Wget/*", "python-requests/*", "Go-http-client/*",
)  # fmt: skip
"""User agents of machines. Gmail's `GoogleImageProxy` and Yahoo's `YahooMailProxy` fetch when somebody looks, and are
none."""

_NO: Final = ("", "false", "0", "0.0", "no", "none", "null")
_AGENT_FIELDS: Final = ("user_agent", "userAgent", "useragent")
_NEVER: Final = -(2**62)
_ENGAGED: Final = frozenset({"opened", "clicked"})


class Machines(Model):
    """What tells that an open or a click of a message was made by a machine; where nothing tells, it was a person.

    Any of three things tells: the sender says so, the user agent is a machine's, or it came too soon after the message.
    An open of Mail Privacy Protection may hide a person who looked: such an open is no evidence of one.

    Examples:
        >>> import polars as pl
        >>> from datetime import UTC, datetime
        >>> from unified_customer.engines.portable import opened
        >>> at = [datetime(2026, 1, 1, 9, minute, tzinfo=UTC) for minute in (0, 1, 2, 3)]
        >>> told = [None, '{"sg_machine_open": true}', '{"user_agent": "Mozilla/5.0"}', '{"sg_machine_open": false}']
        >>> names = ["Email Delivered", "Email Opened", "Email Opened", "Email Opened"]
        >>> events = pl.DataFrame({"occurred_at": at, "name": names, "properties": told})
        >>> Machines().marked(opened(events)).collect("polars").sort("occurred_at")["machine"].to_list()
        [False, True, True, False]
    """

    seconds: float = Field(default=2.0, ge=0, allow_inf_nan=False)
    """What comes sooner than so many seconds after the message was last sent or delivered was a machine; 0: nothing
    is."""
    agents: tuple[str, ...] = AGENTS
    """User agents in any case of letters; `*` at an end stands for any text."""
    flags: tuple[str, ...] = FLAGS
    """Fields of an event's properties that say it, by anything but `false`, `no`, `none` or 0; a point goes into an
    object."""

    @field_validator("agents")
    @classmethod
    def _say_something(cls, agents: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [agent for agent in agents if not agent.strip("* ") or "*" in agent[1:-1]]
        if wrong:
            raise ConfigurationError(
                f"{wrong[0]!r} is no user agent: write it in full, or with `*` at an end of some text."
            )
        return agents

    @field_validator("flags")
    @classmethod
    def _paths(cls, flags: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [flag for flag in flags if not all(flag.split(".")) or set(flag) & set("'\"`\\")]
        if wrong:
            raise ConfigurationError(f"{wrong[0]!r} is no field: keys are not empty and have no quotes.")
        return flags

    def marked(self, events: Lazy, *, name: str = "machine", vocabulary: Vocabulary | None = None) -> Lazy:
        """Return the events with a further column of truth values, never null: whether a machine made it.

        Args:
            events: `name` and `occurred_at`, and as far as they are there `properties`, `context` (JSON as text), and
                `object_id` (of the message) with `customer_id` or else `record_id`. What is not there tells nothing.
            name: What the new column is called.
            vocabulary: What names mean; the built-in vocabularies if none is given.

        Returns:
            All rows and columns; what is neither an open nor a click of a message is no machine's.
        """
        columns = events.collect_schema().names()
        meanings = meanings_among(events, vocabulary=vocabulary)
        acts = events.with_columns(_act=named(meanings, _engages), _sent=named(meanings, _delivers))
        told = self._with_soon(self._with_agents(self._with_flags(acts)))
        marks = nw.any_horizontal("_flag", "_agent", "_soon", ignore_nulls=True)
        return told.with_columns((nw.col("_act") & marks).alias(name)).select(*dict.fromkeys([*columns, name]))

    def _with_flags(self, lazy: Lazy) -> Lazy:
        """Add `_flag`: whether the sender says so."""
        if not self.flags or not has(lazy, "properties"):
            return lazy.with_columns(_flag=nw.lit(value=False))
        paths = {f"_flag{place}": flag.split(".") for place, flag in enumerate(self.flags)}
        said = [(~nw.col(each).str.to_lowercase().is_in(_NO)).fill_null(value=False) for each in paths]
        return texts_within(lazy, "properties", paths).with_columns(_flag=reduce(or_, said)).drop(*paths)

    def _with_agents(self, lazy: Lazy) -> Lazy:
        """Add `_agent`: whether the user agent is a machine's."""
        if not self.agents:
            return lazy.with_columns(_agent=nw.lit(value=False))
        found = []
        for place, column in enumerate(each for each in ("properties", "context") if has(lazy, each)):
            # Numbered, since some engines do not tell the cases of letters apart in names of columns.
            paths = {f"_agent{place}_{number}": [field] for number, field in enumerate(_AGENT_FIELDS)}
            lazy = texts_within(lazy, column, paths)
            found += [*paths]
        said = [_is_like(nw.col(each).str.to_lowercase(), self.agents).fill_null(value=False) for each in found]
        return lazy.with_columns(_agent=reduce(or_, said, nw.lit(value=False))).drop(*found)

    def _with_soon(self, lazy: Lazy) -> Lazy:
        """Add `_soon`: whether it came too soon after what was last sent of that message to that person before."""
        whose = next((each for each in ("customer_id", "record_id") if has(lazy, each)), None)
        if not self.seconds or whose is None or not has(lazy, "object_id"):
            return lazy.with_columns(_soon=nw.lit(value=False))
        timed = with_microseconds(lazy, "occurred_at", name="_us")
        sent = timed.with_columns(_at=nw.when("_sent").then("_us").otherwise(nw.lit(_NEVER)))
        sent = sent.with_columns(_last=nw.when("_sent").then(nw.lit(0)).otherwise(nw.lit(1)))
        before = nw.col("_at").cum_max().over(whose, "object_id", order_by=["_us", "_last"])
        known = ~nw.col(whose).is_null() & ~nw.col("object_id").is_null()
        soon = nw.col("_us") - nw.col("_sent_at") < round(self.seconds * 1_000_000)
        return sent.with_columns(_sent_at=before).with_columns(_soon=(known & soon).fill_null(value=False))


def _engages(meaning: Meaning) -> bool:
    return meaning.object_kind == "message" and meaning.state in _ENGAGED


def _delivers(meaning: Meaning) -> bool:
    return meaning.object_kind == "message" and meaning.role == "delivery"


def _is_like(agent: nw.Expr, patterns: tuple[str, ...]) -> nw.Expr:
    return reduce(or_, (_is_one(agent, pattern.lower()) for pattern in patterns))


def _is_one(agent: nw.Expr, pattern: str) -> nw.Expr:
    text, before, after = pattern.strip("*"), pattern.startswith("*"), pattern.endswith("*")
    if before and after:
        return agent.str.contains(text, literal=True)
    if before:
        return agent.str.ends_with(text)
    return agent.str.starts_with(text) if after else agent == text

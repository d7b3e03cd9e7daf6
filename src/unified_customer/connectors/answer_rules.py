"""Rules that turn answers in messages, such as those of a preference centre, into statements of the consent ledger."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, TypeAdapter
from pydantic_core import PydanticCustomError

from unified_customer.connectors.consent_rules import Statement, rule_with_nulls

ANSWER: Final = "answer"
"""The column of what was answered, be it a word, a number or a truth value (`true`, `false`)."""

ASKED: Final = ("instrument", "instrument_version", "question", "scale", "channel")
"""Columns that say what was asked, where and by which instrument."""

_OTHERWISE: Final = {"signal": None, "stated_at": None, "about": "record"}


def _about_answers(rules: tuple[Statement, ...]) -> tuple[Statement, ...]:
    for rule in rules:
        _refuse(rule.column != ANSWER, f"what was answered is the column '{ANSWER}'")
        _refuse(not set(rule.where) <= set(ASKED), f"where is about {', '.join(ASKED)}")
        said_otherwise = any(getattr(rule, name) != usual for name, usual in _OTHERWISE.items())
        _refuse(said_otherwise, f"an answer is of who sent it, and of then: leave out {', '.join(_OTHERWISE)}")
    return rules


def _refuse(wrong: bool, why: str) -> None:  # noqa: FBT001 (what is wrong, and why)
    if wrong:
        # A text of our own that quotes nothing, unlike that of a ValueError, is shown to people.
        raise PydanticCustomError("answer_rule", "{why}", {"why": why})


def _with_nulls(rules: Any) -> Any:
    return [rule_with_nulls(rule) for rule in rules] if isinstance(rules, list | tuple) else rules


AnswerRules = Annotated[tuple[Statement, ...], BeforeValidator(_with_nulls), AfterValidator(_about_answers)]
"""Rules whose column is `answer`, and whose `where` names what was asked."""


def answer_rules(options: Mapping[str, Any]) -> tuple[Statement, ...]:
    """Return the rules of the option `consents` of a source of messages.

    Examples:
        >>> rule = {"column": "answer", "purpose": "analytics", "values": {"yes": "granted"}}
        >>> [each.purpose for each in answer_rules({"consents": [rule]})]
        ['analytics']
    """
    rules: tuple[Statement, ...] = TypeAdapter(AnswerRules).validate_python(options.get("consents") or ())
    return rules

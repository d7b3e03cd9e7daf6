"""Answers that events hold."""

from decimal import Decimal
from typing import Any, Final

from unified_customer.methods.events.amounts import pick, text_of
from unified_customer.methods.events.products import Found, Told
from unified_customer.methods.events.vocabulary import AnswerRule

NO_ANSWER: Final = "an answer without a value"


def answer_of(told: Told, rule: AnswerRule, *, source: str) -> tuple[dict[str, Any] | None, list[Found]]:
    """Return the answer that an event holds, and findings.

    A value that is a number, or the text of one, is `value`; any other text is `text`, and so are `true` and
    `false` where there is no scale. An answer is named by its own
    id and its question, else by its event.
    """
    value = pick(told.body, rule.value_fields, told.meaning.field_aliases)
    number, words = _number(value), _words(pick(told.body, rule.text_fields, told.meaning.field_aliases), rule)
    if number is None and words is None:
        words = _words(value, rule)
    if number is None and words is None:
        return None, [(NO_ANSWER, rule.value_fields[0] if rule.value_fields else "answer")]
    question = _text(told, rule.question_fields) or rule.question
    own = _text(told, rule.id_fields)
    return {
        "answer_id": f"{own}:{question}" if own else told.event_id,
        "source": source,
        "record_id": told.record_id,
        "instrument": _text(told, rule.instrument_fields) or rule.instrument,
        "instrument_version": _text(told, rule.version_fields),
        "question": question,
        "value": number,
        "text": words,
        "scale": _text(told, rule.scale_fields) or rule.scale,
        "answered_at": told.occurred_at,
        "channel": told.channel,
        "event_id": told.event_id,
    }, []


def _text(told: Told, fields: tuple[str, ...]) -> str | None:
    return text_of(pick(told.body, fields, told.meaning.field_aliases))


def _words(value: Any, rule: AnswerRule) -> str | None:
    # On a scale, yes is no answer.
    yes_or_no = isinstance(value, bool) and rule.scale is None
    return str(value).lower() if yes_or_no else text_of(value)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if abs(number) < float("inf") else None

"""What is told beside the data, as parts of the page: heading and HTML, in the order of GDPR Art. 15(1)."""

from collections.abc import Callable, Iterator
from html import escape
from typing import Final

from unified_customer.governance.access.personal_data import PersonalData
from unified_customer.governance.access.values_in_html import table_in_html, text_of
from unified_customer.governance.access.words import (
    BASES,
    RIGHTS,
    TABLE_WORDS,
    category_in_words,
    column_in_words,
    reason_in_words,
    use_in_words,
)

Tell = Callable[[PersonalData], str]

NO_MACHINE: Final = "No model and no rule has said anything of you that is held here."
LEFT_OUT: Final = (
    "This much was left out, so that you are told nothing about others and they are told nothing about you."
)


def told(data: PersonalData) -> Iterator[tuple[str, str]]:
    """Yield heading and HTML of each part that has something to tell."""
    for title, tell in _PARTS.items():
        if body := tell(data):
            yield title, body


def _who(data: PersonalData) -> str:
    controller, notice = data.information.controller, data.information.notice
    if controller is None:
        return ""
    facts = [("Name", controller.name), ("Contact", controller.contact), ("Address", controller.address)]
    facts += [("Country", controller.country), ("Data-protection officer", controller.protection_officer)]
    facts += [("Representative in the Union", controller.representative)]
    facts += [] if notice is None else [("Privacy notice", f"version {notice.version}, from {notice.effective}")]
    facts += [] if notice is None or notice.url is None else [("Where it stands", notice.url)]
    items = "".join(f"<dt>{escape(name)}</dt><dd><bdi>{escape(value)}</bdi></dd>" for name, value in facts if value)
    return f"<dl class='facts'>{items}</dl>"


def _uses(data: PersonalData) -> str:
    rows = (
        [
            escape(use_in_words(each.purpose)),
            "<span class='yes'>yes</span>" if each.allowed else "<span class='no'>no</span>",
            escape(BASES.get(each.basis, each.basis.replace("_", " "))),
            escape(reason_in_words(each.reason)),
        ]
        for each in data.information.uses
    )
    return table_in_html(("Use", "Now", "Rests on", "Why"), rows) if data.information.uses else ""


def _categories(data: PersonalData) -> str:
    rows = (
        [
            escape(category_in_words(each.category)),
            f"{each.values:,}",
            ", ".join(f"<a href='#{name}'>{escape(TABLE_WORDS[name].title)}</a>" for name in each.tables),
            "<br>".join(escape(kept) for kept in each.kept),
        ]
        for each in data.information.categories
    )
    heads = ("Kind of data", "Values", "Where below", "Kept for")
    return table_in_html(heads, rows) if data.information.categories else ""


def _recipients(data: PersonalData) -> str:
    rows = [
        [
            escape(name),
            escape(each.role.replace("_", " ")),
            "<br>".join(escape(use_in_words(purpose)) for purpose in each.purposes),
            "<br>".join(escape(category_in_words(category)) for category in each.categories),
            escape(", ".join(part for part in (each.country, each.safeguards) if part)),
            escape(each.contact or ""),
        ]
        for name, each in data.information.recipients.items()
    ]
    heads = ("Recipient", "Role", "For", "Gets", "Country and safeguards", "Contact")
    parts = [table_in_html(heads, rows)] if rows else []
    exports = [
        [escape(each.name), escape(use_in_words(each.purpose)), text_of(each.created_at), escape(each.location or "")]
        for each in data.information.exports
    ]
    parts += [table_in_html(("Copy with your data", "For", "Made", "Where"), exports)] if exports else []
    return "\n".join(parts)


def _origins(data: PersonalData) -> str:
    rows = (
        [escape(each.source), f"{each.rows:,}", ", ".join(escape(TABLE_WORDS[name].title) for name in each.tables)]
        for each in data.information.origins
    )
    return table_in_html(("Source", "Rows", "What"), rows) if data.information.origins else ""


def _automated(data: PersonalData) -> str:
    if data.kind != "access" or not data.held:
        return ""
    rows = [
        [
            escape(TABLE_WORDS[each.table].title),
            f"<bdi>{escape(each.name)}</bdi>",
            text_of(each.at),
            escape(each.logic or ""),
        ]
        for each in data.information.automated
    ]
    if not rows:
        return f"<p>{NO_MACHINE}</p>"
    return table_in_html(("What", "Name", "When", "Given by"), rows)


def _reads(data: PersonalData) -> str:
    rows = (
        [
            escape(each.action.replace("_", " ")),
            escape("" if each.purpose is None else use_in_words(each.purpose)),
            escape("" if each.table is None else each.table.replace("_", " ")),
            f"{each.times:,}",
            f"{text_of(each.first_at)}<br>{text_of(each.last_at)}",
        ]
        for each in data.information.reads
    )
    if not data.information.reads:
        return ""
    heads = ("What was done", "For", "With", "Times", "First and last")
    return f"<p>You may have been among these people.</p>{table_in_html(heads, rows)}"


def _rights(data: PersonalData) -> str:
    items = "".join(f"<li>{escape(RIGHTS[each])}</li>" for each in data.information.rights)
    controller = data.information.controller
    asked = "" if controller is None else f" Write to <bdi>{escape(controller.contact)}</bdi>."
    authority = "a supervisory authority"
    if controller is not None and controller.authority is not None:
        authority = f"the supervisory authority: {controller.authority}"
    return (
        f"<p>You can ask for each of these at any time.{asked}</p><ul>{items}</ul>"
        f"<p>You can also withdraw any consent, and complain to {escape(authority)}.</p>"
    )


def _left_out(data: PersonalData) -> str:
    rows = (
        [
            escape(TABLE_WORDS[each.table].title),
            escape(column_in_words(each.column)),
            f"{each.values:,}",
            escape(each.why),
        ]
        for each in data.withheld
    )
    if not data.withheld:
        return ""
    return f"<p>{LEFT_OUT}</p>{table_in_html(('In', 'What', 'Values', 'Why'), rows)}"


_PARTS: Final[dict[str, Tell]] = {
    "Who answers for your data": _who,
    "What your data may be used for": _uses,
    "What kinds of data there are, and for how long": _categories,
    "Who gets your data": _recipients,
    "Where your data came from": _origins,
    "What machines said of you": _automated,
    "When many people were read at once": _reads,
    "Your rights": _rights,
    "What was left out": _left_out,
}

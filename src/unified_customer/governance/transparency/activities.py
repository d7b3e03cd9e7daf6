"""The record of processing activities (GDPR Art. 30(1)): one activity for each purpose that is named or was used."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from unified_customer.core.fields import SPECIAL_CATEGORIES, covered
from unified_customer.governance.document import (
    TODO,
    Block,
    Bullets,
    Document,
    Heading,
    Paragraph,
    grid,
    to_json,
    written,
)
from unified_customer.governance.sight import (
    Column,
    is_known,
    named_purposes,
    readers,
    visible,
)
from unified_customer.governance.transparency.bases import grounds_of
from unified_customer.governance.transparency.limits import limits
from unified_customer.governance.transparency.measures import MEASURES
from unified_customer.governance.transparency.purpose_words import purpose_in_words
from unified_customer.governance.transparency.transfers import recipients_for, transfers_for
from unified_customer.governance.transparency.usage import nothing_used
from unified_customer.policy import Controller, Policy
from unified_customer.policy.grounds import strictest

TEXTS: Final = pl.List(pl.String())
ACTIVITIES: Final = pl.Schema(
    {
        "purpose": pl.String(),
        "description": pl.String(),
        "named": pl.Boolean(),
        "basis": pl.String(),
        "bases": TEXTS,
        "people": TEXTS,
        "categories": TEXTS,
        "special_categories": TEXTS,
        "recipients": TEXTS,
        "transfers": TEXTS,
        "retention": TEXTS,
        "roles": TEXTS,
        "uses": pl.Int64(),
        "last_used": pl.Datetime("us", "UTC"),
        "most_people": pl.Int64(),
        "exports": pl.Int64(),
    }
)
SUBJECTS: Final = {
    "customers": ("customers", "records"),
    "visitors": ("events", "identifiers"),
    "contacts of organisations": ("account_links",),
}
"""Category of people -> the tables that tell of them."""

HEADS: Final = {
    "basis": "Legal basis (the strictest)",
    "bases": "Legal basis by regime",
    "people": "Categories of people",
    "categories": "Categories of personal data",
    "special_categories": "Of these special (Art. 9 and 10)",
    "recipients": "Recipients",
    "transfers": "Transfers to third countries",
    "retention": "Kept for",
    "roles": "Who may read",
    "uses": "Times used",
    "last_used": "Last used (UTC)",
    "most_people": "Most people in one use",
    "exports": "Exports made",
}
"""Column of `ACTIVITIES` -> how it is called in the document."""


@dataclass(frozen=True)
class ProcessingRecord:
    """The record of processing activities, as a frame and as a document.

    Attributes:
        frame: One row per purpose: `purpose`, `description`, `named` (by the policy; false: only used), `basis` (the
            strictest of all regimes; null: the policy does not know the purpose any more), `bases` by regime, `people`,
            `categories`, `special_categories`, `recipients`, `transfers`, `retention`, `roles`, `uses`, `last_used`,
            `most_people` (in one use) and `exports`; sorted by purpose.
        controller: Who answers for the data (Art. 30(1)(a)).
        measures: What protects the data (Art. 30(1)(g)).
    """

    frame: pl.DataFrame
    controller: Controller | None = None
    measures: tuple[str, ...] = MEASURES

    def document(self) -> Document:
        """Return the record as a document."""
        blocks: list[Block] = [Heading("Controller"), _controller(self.controller), Heading("Activities")]
        for row in self.frame.iter_rows(named=True):
            blocks += _activity(row)
        return Document("Record of processing activities", (*blocks, Heading("Security"), Bullets(self.measures)))

    def to_markdown(self) -> str:
        """Return the record as Markdown."""
        return self.document().to_markdown()

    def to_html(self) -> str:
        """Return the record as one HTML page."""
        return self.document().to_html()

    def to_json(self) -> str:
        """Return the record as JSON: `controller`, `activities`, `measures`."""
        controller = None if self.controller is None else self.controller.model_dump(mode="json")
        return to_json({"controller": controller, "activities": self.frame.to_dicts(), "measures": self.measures})


def processing_activities(policy: Policy, uses: pl.DataFrame | None = None) -> ProcessingRecord:
    """Return the record of processing activities under `policy`.

    Args:
        policy: Names purposes, bases, recipients and retention.
        uses: What was done for each purpose (`usage.uses`); None: nothing yet.

    Examples:
        >>> record = processing_activities(Policy(bases={"analytics": "legitimate_interests"}))
        >>> record.frame.select("purpose", "basis").rows()
        [('analytics', 'legitimate_interests'), ('essential.service', 'consent')]
    """
    used = {row["purpose"]: row for row in (nothing_used() if uses is None else uses).iter_rows(named=True)}
    purposes = sorted({*named_purposes(policy), *used})
    rows = [activity(policy, each, used.get(each, {})) for each in purposes]
    return ProcessingRecord(pl.DataFrame(rows, schema=ACTIVITIES), policy.controller)


def activity(policy: Policy, purpose: str, used: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row of one purpose."""
    seen = visible(policy, purpose)
    personal = [each for each in seen if each[2].personal]
    categories = sorted({field.category for _, _, field in personal})
    return {
        "purpose": purpose,
        "description": purpose_in_words(purpose),
        "named": purpose in named_purposes(policy),
        **_bases(policy, purpose),
        "people": [name for name, tables in SUBJECTS.items() if any(table.name in tables for table, _, _ in personal)],
        "categories": categories,
        "special_categories": [each for each in categories if covered(each, SPECIAL_CATEGORIES)],
        "recipients": list(recipients_for(policy, purpose)),
        "transfers": list(transfers_for(policy, purpose)),
        "retention": retention_of(policy, personal),
        "roles": list(readers(policy, purpose)) if is_known(policy, purpose) else [],
        "uses": used.get("uses", 0),
        "last_used": used.get("last_used"),
        "most_people": used.get("most_people"),
        "exports": used.get("exports", 0),
    }


def _bases(policy: Policy, purpose: str) -> dict[str, Any]:
    if not is_known(policy, purpose):
        return {"basis": None, "bases": []}
    grounds = grounds_of(policy, purpose)
    told = [f"{regime}: {ground}" for regime, ground in grounds.items() if regime]
    return {"basis": strictest(list(grounds.values())), "bases": told}


def retention_of(policy: Policy, columns: list[Column]) -> list[str]:
    """Return for how long each category of `columns` is kept, as `category: limit`, sorted."""
    kept = {f"{field.category}: {limit}" for table, name, field in columns for limit in limits(policy, table, name)}
    return sorted(kept)


def _controller(controller: Controller | None) -> Block:
    if controller is None:
        return Paragraph(f"{TODO}: name the controller and its contact in the policy (GDPR Art. 30(1)(a)).")
    told = {name.replace("_", " "): value for name, value in controller.model_dump().items() if value is not None}
    return grid(
        {"what": "What", "said": "Said"}, [{"what": what.capitalize(), "said": said} for what, said in told.items()]
    )


def _activity(row: Mapping[str, Any]) -> list[Block]:
    shown = {**row, "retention": _by_limit(row["retention"])}
    told = [{"what": head, "said": written(shown[name]) or _nothing(name, row)} for name, head in HEADS.items()]
    title = Heading(row["purpose"], level=3)
    words = Paragraph(f"To people: we use your data {row['description']}.")
    return [title, words, grid({"what": "What", "said": "Said"}, told)]


def _nothing(name: str, row: Mapping[str, Any]) -> str:
    if name == "basis":
        return f"{TODO}: this purpose was used, and the policy does not know it"
    return "never" if name == "last_used" and not row["uses"] else "none"


def _by_limit(retention: list[str]) -> list[str]:
    """Return `category: limit` lines the other way around, so that each limit is read once."""
    of_limit: dict[str, list[str]] = {}
    for line in retention:
        category, _, limit = line.partition(": ")
        of_limit.setdefault(limit, []).append(category)
    return [f"{limit}: {', '.join(categories)}" for limit, categories in sorted(of_limit.items())]

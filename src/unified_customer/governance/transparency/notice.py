"""The skeleton of a privacy notice (GDPR Art. 13 and 14), written from a policy.

Everything that follows from what is configured is written out. What only a person can say is marked with `TODO`.
The text depends on the policy, and on which purposes were used beside those that it names. So the notices of two
policies differ where the policies do.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from typing import Any, Final

import polars as pl

from unified_customer.governance.document import TODO, Block, Bullets, Document, Grid, Heading, Paragraph, to_json
from unified_customer.governance.sight import is_known, named_purposes, visible_categories
from unified_customer.governance.transparency.bases import grounds_of
from unified_customer.governance.transparency.notice_sections import SECTIONS
from unified_customer.governance.transparency.purpose_words import purpose_in_words
from unified_customer.governance.transparency.transfers import (
    recipients_for,
)
from unified_customer.policy import Policy

PURPOSES: Final = pl.Schema(
    {
        "purpose": pl.String(),
        "words": pl.String(),
        "regime": pl.String(),
        "ground": pl.String(),
        "categories": pl.List(pl.String()),
        "recipients": pl.List(pl.String()),
    }
)


@dataclass(frozen=True)
class PrivacyNotice:
    """The skeleton of a privacy notice.

    Attributes:
        frame: One row per purpose and regime: `purpose`, `words`, `regime` (null: the policy has none), `ground`,
            `categories` of personal data that it may see, `recipients`.
        version: Version of the notice; None: the policy names none.
        blocks: The text.
        language: Language that the policy gives for it.
    """

    frame: pl.DataFrame
    version: str | None
    blocks: tuple[Block, ...]
    language: str = "en"

    @property
    def open_points(self) -> tuple[str, ...]:
        """What only a person can say: the sentences that begin with `TODO`."""
        texts = [text for block in self.blocks for text in _texts(block)]
        return tuple(text for text in texts if text.startswith(TODO))

    def document(self) -> Document:
        """Return the notice as a document."""
        # The sentences are English whatever language the finished notice will be in.
        return Document("Privacy notice", self.blocks)

    def to_markdown(self) -> str:
        """Return the notice as Markdown."""
        return self.document().to_markdown()

    def to_html(self) -> str:
        """Return the notice as one HTML page."""
        return self.document().to_html()

    def to_json(self) -> str:
        """Return the notice as JSON: `version`, `language`, `purposes`, `open_points`, `text` (Markdown)."""
        told: dict[str, Any] = {"version": self.version, "language": self.language, "purposes": self.frame.to_dicts()}
        return to_json({**told, "open_points": self.open_points, "text": self.to_markdown()})


def privacy_notice(policy: Policy, purposes: Sequence[str] = ()) -> PrivacyNotice:
    """Return the skeleton of the privacy notice for `policy`.

    Args:
        policy: What the notice is about.
        purposes: Purposes that were used, beside those that the policy names.

    Examples:
        >>> notice = privacy_notice(Policy(bases={"analytics": "legitimate_interests"}))
        >>> "* to learn how what we offer is used" in notice.to_markdown()
        True
        >>> notice.open_points[0]
        'TODO: give the notice a version and the day from which it holds (Policy.notice).'
    """
    told = [each for each in sorted({*named_purposes(policy), *purposes}) if is_known(policy, each)]
    rows = [row for each in told for row in _rows(policy, each)]
    blocks = [block for section in SECTIONS for block in section(policy, told)]
    version, language = (policy.notice.version, policy.notice.language) if policy.notice else (None, "en")
    return PrivacyNotice(pl.DataFrame(rows, schema=PURPOSES), version, tuple(blocks), language)


def notice_changes(old: Policy, new: Policy) -> str:
    """Return what changes in the privacy notice between two policies, as a unified diff; empty where nothing does.

    Examples:
        >>> old, new = Policy(), Policy(bases={"analytics": "legitimate_interests"})
        >>> "+* to learn how what we offer is used" in notice_changes(old, new).splitlines()
        True
        >>> notice_changes(old, old)
        ''
    """
    before, after = (privacy_notice(each).to_markdown().splitlines() for each in (old, new))
    return "\n".join(unified_diff(before, after, "before", "after", lineterm=""))


def _rows(policy: Policy, purpose: str) -> Iterator[dict[str, Any]]:
    for regime, ground in grounds_of(policy, purpose).items():
        yield {
            "purpose": purpose,
            "words": purpose_in_words(purpose),
            "regime": regime or None,
            "ground": ground,
            "categories": list(visible_categories(policy, purpose)),
            "recipients": list(recipients_for(policy, purpose)),
        }


def _texts(block: Block) -> tuple[str, ...]:
    match block:
        case Paragraph(text) | Heading(text):
            return (text,)
        case Bullets(items):
            return items
        case Grid(_, rows):
            return tuple(cell for row in rows for cell in row)

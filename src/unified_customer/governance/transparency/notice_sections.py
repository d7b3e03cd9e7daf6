"""The sections of a privacy notice, each written from a policy and the purposes that are told of (GDPR Art. 13, 14)."""

from collections.abc import Iterator, Sequence
from typing import Final

from unified_customer.core.fields import SPECIAL_CATEGORIES, UNCLASSIFIED, covered
from unified_customer.core.models.purposes import ancestors
from unified_customer.governance.document import TODO, Block, Bullets, Grid, Heading, Paragraph
from unified_customer.governance.sight import visible, visible_categories
from unified_customer.governance.transparency.activities import retention_of
from unified_customer.governance.transparency.bases import GROUND_WORDS, grounds_of
from unified_customer.governance.transparency.category_words import category_in_words
from unified_customer.governance.transparency.purpose_words import purpose_in_words
from unified_customer.governance.transparency.rights_words import RIGHT_WORDS
from unified_customer.governance.transparency.transfers import (
    NO_SAFEGUARD,
    ROLES,
    is_transfer,
    recipients_for,
)
from unified_customer.policy import Minor, Policy, Recipient, Regime
from unified_customer.policy.grounds import Ground

PROFILING: Final = (
    "marketing.advertising.profiling",
    "marketing.advertising.first_party.targeted",
    "marketing.advertising.third_party.targeted",
    "personalize.content.profiled",
    "personalize.content.profiling",
    "personalize.profiling",
    "train_ai_system",
)
"""Uses that evaluate people by what is known of them (GDPR Art. 4(4))."""


def _version(policy: Policy, _: Sequence[str]) -> Iterator[Block]:
    if policy.notice is None:
        yield Paragraph(f"{TODO}: give the notice a version and the day from which it holds (Policy.notice).")
        return
    where = f" It is kept at {policy.notice.url}." if policy.notice.url else ""
    yield Paragraph(f"Version {policy.notice.version}, in force from {policy.notice.effective.isoformat()}.{where}")
    if not policy.notice.language.startswith("en"):
        yield Paragraph(f"{TODO}: translate this text; the notice is in the language {policy.notice.language}.")


def _controller(policy: Policy, _: Sequence[str]) -> Iterator[Block]:
    yield Heading("Who we are")
    who = policy.controller
    if who is None:
        yield Paragraph(f"{TODO}: name the controller and how to reach it (Policy.controller).")
        return
    place = ", ".join(each for each in (who.address, who.country) if each)
    yield Paragraph(f"{who.name}{f', {place},' if place else ''} decides what your data are used for.")
    contacts = [f"Write to us: {who.contact}"]
    contacts += [f"Our data-protection officer: {who.protection_officer}"] if who.protection_officer else []
    contacts += [f"Our representative in the Union: {who.representative}"] if who.representative else []
    yield Bullets(tuple(contacts))


def _purposes(policy: Policy, purposes: Sequence[str]) -> Iterator[Block]:
    yield Heading("What we use your data for, and why we may")
    for purpose in purposes:
        yield Heading(purpose, level=3)
        yield Bullets((purpose_in_words(purpose),))
        yield Paragraph(_resting(policy, purpose))
        categories = visible_categories(policy, purpose)
        seen = ", ".join(map(category_in_words, categories)) or "none of your data"
        yield Paragraph(f"For this we use: {seen}.")
        yield from _to_explain(policy, purpose, categories)


def _resting(policy: Policy, purpose: str) -> str:
    grounds = grounds_of(policy, purpose)
    if len(set(grounds.values())) == 1:
        return f"This rests on {GROUND_WORDS[next(iter(grounds.values()))]}."
    each = [f"under the {policy.regimes[name].title}, {GROUND_WORDS[ground]}" for name, ground in grounds.items()]
    return f"This rests on: {'; '.join(each)}."


def _to_explain(policy: Policy, purpose: str, categories: Sequence[str]) -> Iterator[Block]:
    grounds = set(grounds_of(policy, purpose).values())
    yield from (Paragraph(text) for ground, text in _EXPLAINED.items() if ground in grounds)
    special = [category_in_words(each) for each in categories if covered(each, SPECIAL_CATEGORIES)]
    if special:
        yield Paragraph(f"{TODO}: name the ground of GDPR Art. 9(2) or 10 for: {', '.join(special)}.")
    if UNCLASSIFIED in categories:
        yield Paragraph(f"{TODO}: some columns are not described yet; say what they hold, or keep this use from them.")


_EXPLAINED: Final[dict[Ground, str]] = {
    "legitimate_interests": f"{TODO}: name the interest, and why it outweighs those of the people (GDPR Art. 6(1)(f), 13(1)(d)).",
    "legal_obligation": f"{TODO}: name the law that asks for it.",
    "permitted_by_law": f"{TODO}: name the law that permits it.",
    "public_interest": f"{TODO}: name the task and the law that lays it on us.",
    "contract": f"{TODO}: say whether people have to give these data, and what happens if they do not (GDPR Art. 13(2)(e)).",
    "consent": "You can withdraw your consent at any time; what was done before stays lawful.",
    "opt_out": "You can opt out at any time.",
}


def _sources(policy: Policy, purposes: Sequence[str]) -> Iterator[Block]:
    yield Heading("Where your data come from")
    yield Paragraph("From you, and from what you do with us.")
    seen = {(table.name, name): field for each in purposes for table, name, field in visible(policy, each)}
    bought = sorted(
        {field.category for field in seen.values() if field.personal and field.party in {"second", "third"}}
    )
    if bought:
        yield Paragraph(f"From others: {', '.join(map(category_in_words, bought))}.")
    yield Paragraph(f"{TODO}: name every partner and broker that data come from, and what kinds (GDPR Art. 14(2)(f)).")


def _recipients(policy: Policy, purposes: Sequence[str]) -> Iterator[Block]:
    yield Heading("Who gets your data")
    if not policy.recipients:
        yield Paragraph("Nobody else.")
        return
    rows = [(name, *_recipient(policy, each, name, purposes)) for name, each in policy.recipients.items()]
    yield Grid(("Recipient", "Role", "Data", "For", "Country"), tuple(rows))


def _recipient(policy: Policy, who: Recipient, name: str, purposes: Sequence[str]) -> tuple[str, str, str, str]:
    for_what = [each for each in purposes if name in recipients_for(policy, each)]
    seen = who.categories or sorted({each for purpose in for_what for each in visible_categories(policy, purpose)})
    words = "; ".join(map(purpose_in_words, for_what))
    return ROLES[who.role], ", ".join(map(category_in_words, seen)), words, who.country or "not named"


def _transfers(policy: Policy, _: Sequence[str]) -> Iterator[Block]:
    yield Heading("Transfers to other countries")
    abroad = {name: each for name, each in policy.recipients.items() if is_transfer(policy, each)}
    if not abroad:
        yield Paragraph("We know of no transfer to a country with weaker protection.")
    else:
        yield Bullets(tuple(f"{name}, {each.country}: {_safeguard(each)}" for name, each in abroad.items()))
    yield from (
        Paragraph(f"{TODO}: name the safeguard or the adequacy decision for {name} (GDPR Art. 13(1)(f)).")
        for name, each in abroad.items()
        if not each.safeguards
    )


def _safeguard(recipient: Recipient) -> str:
    return f"protected by {recipient.safeguards}" if recipient.safeguards else NO_SAFEGUARD


def _retention(policy: Policy, purposes: Sequence[str]) -> Iterator[Block]:
    yield Heading("How long we keep your data")
    seen = {
        (table.name, name): (table, name, field) for each in purposes for table, name, field in visible(policy, each)
    }
    kept: dict[str, list[str]] = {}
    for line in retention_of(policy, [each for each in seen.values() if each[2].personal]):
        category, _, limit = line.partition(": ")
        kept.setdefault(category, []).append(limit)
    yield Bullets(tuple(f"{category_in_words(each)}: {'; '.join(said)}" for each, said in kept.items()))
    yield Paragraph("Longer only where a law asks for it, or where we need them to establish or defend a legal claim.")


def _rights(policy: Policy, _: Sequence[str]) -> Iterator[Block]:
    yield Heading("Your rights")
    if not policy.regimes:
        yield Paragraph(
            f"{TODO}: name the laws that people are under (Policy.regimes), which say what they can ask for."
        )
    for regime in policy.regimes.values():
        yield Heading(regime.title, level=3)
        yield Paragraph(f"We answer within {_deadline(regime)}. You can:")
        yield Bullets(tuple(RIGHT_WORDS[each] for each in regime.rights))
    yield Paragraph(
        f"To make use of a right, {_contact(policy)}. It costs you nothing. We may ask you to show who you are."
    )
    yield Heading("Complaints")
    authority = policy.controller.authority if policy.controller else None
    where = authority or "the supervisory authority of the place where you live or work"
    yield Paragraph(f"If you think that we do wrong, you can complain to {where}.")


def _deadline(regime: Regime) -> str:
    answer, longer = regime.deadlines.answer, regime.deadlines.extension
    return f"{answer}, which can take {longer} more where it is hard" if longer else str(answer)


def _contact(policy: Policy) -> str:
    return f"write to {policy.controller.contact}" if policy.controller else "write to us"


def _decisions(_: Policy, purposes: Sequence[str]) -> Iterator[Block]:
    yield Heading("Profiles and automated decisions")
    profiling = [each for each in purposes if set(ancestors(each)) & set(PROFILING)]
    if profiling:
        yield Paragraph(f"We make profiles {'; '.join(map(purpose_in_words, profiling))}.")
    yield Paragraph(
        f"{TODO}: say whether any decision that matters to people is made by machines alone, by what logic and with what "
        "consequences (GDPR Art. 13(2)(f), 22)."
    )


def _minors(policy: Policy, _: Sequence[str]) -> Iterator[Block]:
    yield Heading("Young people")
    rules = [(regime, rule) for regime in policy.regimes.values() for rule in regime.minors]
    if rules:
        yield Bullets(tuple(f"{regime.title}: {_minor(rule)}" for regime, rule in rules))
    else:
        yield Paragraph(f"{TODO}: say from what age people may use what you offer.")
    young = "a minor" if policy.unknown_age == "minor" else "grown up"
    yield Paragraph(f"Somebody whose age we do not know is treated as {young}.")


def _minor(rule: Minor) -> str:
    words = "; ".join(purpose_in_words(each) for each in rule.purposes)
    return f"below {rule.below} years of age, use {words} rests on {GROUND_WORDS[rule.needs]}"


def _signals(policy: Policy, _: Sequence[str]) -> Iterator[Block]:
    yield Heading("Signals from your browser")
    uses = "; ".join(purpose_in_words(each) for each in policy.gpc)
    said = f"We take a Global Privacy Control signal as your objection to any use {uses}." if uses else "We heed none."
    yield Paragraph(said)


SECTIONS: Final = (
    _version, _controller, _purposes, _sources, _recipients, _transfers, _retention, _rights, _decisions, _minors, _signals,
)  # fmt: skip

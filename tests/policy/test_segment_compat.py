"""Segment's routing of events by consent: the eleven rows of its table, and what merging profiles does."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unified_customer.policy.segment_compat import SegmentCompat

FB, GADS, AMP, OTHER = "facebook", "google-ads", "amplitude", "warehouse"
CONNECTED = (FB, GADS, AMP, OTHER)
MAPPED = (FB, GADS, AMP)

ONE_EACH = {"ad": (FB, GADS), "analytics": (AMP,)}
SHARED = {"ad": (FB, GADS), "analytics": (FB, AMP)}
YES_NO = {"categoryPreferences": {"ad": True, "analytics": False}}
YES_YES = {"categoryPreferences": {"ad": True, "analytics": True}}
NO_YES = {"categoryPreferences": {"ad": False, "analytics": True}}
EMPTY: dict[str, Any] = {"categoryPreferences": {}}
FB_NOT_AMP = {FB: True, AMP: False}
NEITHER = {FB: False, AMP: False}


@pytest.mark.parametrize(
    ("consent", "integrations", "categories", "connected", "result"),
    [
        # 1: no consent, or an empty object of it, and no integrations.
        (None, None, ONE_EACH, CONNECTED, CONNECTED),
        (None, {}, ONE_EACH, CONNECTED, CONNECTED),
        ({}, None, ONE_EACH, CONNECTED, CONNECTED),
        # 2: no preferences.
        (EMPTY, None, ONE_EACH, CONNECTED, (OTHER,)),
        (EMPTY, {}, ONE_EACH, CONNECTED, (OTHER,)),
        # 3: no consent; integrations.
        (None, FB_NOT_AMP, ONE_EACH, CONNECTED, (FB,)),
        # 4: an empty object of consent, or no preferences; integrations.
        ({}, FB_NOT_AMP, ONE_EACH, CONNECTED, (OTHER,)),
        (EMPTY, FB_NOT_AMP, ONE_EACH, CONNECTED, (OTHER,)),
        (EMPTY, {OTHER: True}, {"ad": (FB,)}, CONNECTED, (GADS, AMP, OTHER)),
        (EMPTY, {OTHER: False}, {"ad": (FB,)}, CONNECTED, (GADS, AMP)),
        # 5: no destination is mapped.
        (YES_NO, None, {}, CONNECTED, CONNECTED),
        (YES_NO, FB_NOT_AMP, {}, CONNECTED, (FB, GADS, OTHER)),
        # 6: one category is mapped.
        (YES_NO, None, {"ad": (FB, GADS)}, (FB, GADS), (FB, GADS)),
        (YES_NO, {}, ONE_EACH, MAPPED, (FB, GADS)),
        # 7: google-ads is not among the integrations.
        (YES_NO, FB_NOT_AMP, ONE_EACH, MAPPED, (FB, GADS)),
        # 8: facebook is false among them.
        (YES_NO, NEITHER, ONE_EACH, MAPPED, (GADS,)),
        # 9 to 11: facebook needs both categories.
        (YES_NO, FB_NOT_AMP, SHARED, MAPPED, (GADS,)),
        (YES_YES, FB_NOT_AMP, SHARED, MAPPED, (FB, GADS)),
        (NO_YES, FB_NOT_AMP, SHARED, MAPPED, ()),
        # What the table leaves out: a category that the event does not name is false, and `All` stands for the others.
        ({"categoryPreferences": {"ad": True}}, None, SHARED, MAPPED, (GADS,)),
        (YES_YES, {"All": False, FB: {"option": 1}}, ONE_EACH, MAPPED, (FB,)),
        (None, {"All": True, AMP: False}, ONE_EACH, CONNECTED, (FB, GADS, OTHER)),
    ],
)
def test_an_event_goes_where_the_table_says(
    consent: Any, integrations: Any, categories: Any, connected: tuple[str, ...], result: tuple[str, ...]
) -> None:
    routing = SegmentCompat(categories=categories)
    assert routing.destinations(connected, consent=consent, integrations=integrations) == result


def test_what_was_never_collected_is_false_when_profiles_become_one() -> None:
    routing = SegmentCompat(categories=ONE_EACH)
    assert routing.merged({"ad": True, "more": True}, {"ad": True, "analytics": None, "more": True}) == {
        "ad": True,
        "analytics": False,
        "more": True,
    }
    assert routing.merged({"ad": True}, {}) == {"ad": "conflict", "analytics": False}
    merged = routing.merged({"ad": True, "analytics": True}, {"analytics": True})
    assert routing.destinations(MAPPED, consent={"categoryPreferences": merged}) == (AMP,)
    assert routing.merged() == {"ad": False, "analytics": False}


def test_the_policy_is_a_value() -> None:
    routing = SegmentCompat(categories=SHARED)
    assert SegmentCompat.from_json(routing.to_json()) == routing


flags = st.dictionaries(st.sampled_from(CONNECTED), st.booleans(), max_size=4)
preferences = st.dictionaries(st.sampled_from(["ad", "analytics"]), st.booleans(), min_size=1, max_size=2)


@given(preferences, flags)
def test_nothing_goes_to_a_destination_of_a_refused_category_or_of_a_false_integration(
    given_: dict[str, bool], integrations: dict[str, bool]
) -> None:
    consent = {"categoryPreferences": given_}
    reached = SegmentCompat(categories=SHARED).destinations(CONNECTED, consent=consent, integrations=integrations)
    refused = {each for name, served in SHARED.items() if not given_.get(name) for each in served}
    assert set(reached) == set(CONNECTED) - refused - {name for name, chosen in integrations.items() if not chosen}

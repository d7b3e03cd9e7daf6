"""Specs are values: frozen, compared by content, saved as JSON that loads back equal."""

from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from unified_customer.core.spec import Spec, canonical_json, content_hash

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


class Recency(Spec):
    needs: ClassVar[tuple[str, ...]] = ("events",)

    days: int = 30
    names: tuple[str, ...] = ()


@given(st.integers(), st.lists(st.text(max_size=4), max_size=3))
def test_a_spec_loads_back_equal(days: int, names: list[str]) -> None:
    spec = Recency(days=days, names=tuple(names))
    assert Recency.from_json(spec.to_json()) == spec
    assert Recency.from_json(spec.to_json()).to_json() == spec.to_json()


def test_a_spec_is_frozen_and_knows_its_fields() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Recency().days = 7  # type: ignore[misc]  # frozen, which is what is tested
    with pytest.raises(ValidationError, match="dais"):
        Recency(dais=7)  # type: ignore[call-arg]  # what is tested
    with pytest.raises(ValidationError):
        Recency.from_json('{"days": "many"}')


def test_what_it_needs_is_no_setting() -> None:
    assert Recency.needs == ("events",)
    assert "needs" not in Recency().to_json()
    assert Spec().needs == ()


@given(st.dictionaries(st.text(max_size=3), json_values, max_size=4))
def test_canonical_json_does_not_know_the_order_of_keys(value: dict[str, object]) -> None:
    assert canonical_json(value) == canonical_json(dict(reversed(value.items())))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"a": float("-inf")}])
def test_canonical_json_refuses_what_is_no_json(value: object) -> None:
    with pytest.raises(ValueError, match="JSON"):
        canonical_json(value)


@given(st.lists(st.text(max_size=4), max_size=4), st.lists(st.text(max_size=4), max_size=4))
def test_a_content_hash_tells_different_parts_apart(parts: list[str], others: list[str]) -> None:
    assert (content_hash(*parts) == content_hash(*others)) is (parts == others)


def test_a_content_hash_is_the_same_forever() -> None:
    assert content_hash("a", "b") == content_hash("a", "b")
    assert len(content_hash()) == 32
    assert content_hash("\ud800") != content_hash("?")

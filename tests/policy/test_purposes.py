"""Purposes: their syntax, their family, and what an unknown one is told."""

import pytest

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.models.purposes import DATA_USES, ancestors, check_path, check_purpose, known_purposes


def test_the_taxonomy_is_sorted_and_holds_each_parent() -> None:
    assert len(DATA_USES) == 56
    assert list(DATA_USES) == sorted(set(DATA_USES))
    assert {above for each in DATA_USES for above in ancestors(each)} == set(DATA_USES)


@pytest.mark.parametrize("path", ["", "Marketing", "marketing.", ".marketing", "a..b", "a b", "*", "marketing\n"])
def test_a_path_is_made_of_lower_case_words(path: str) -> None:
    with pytest.raises(ConfigurationError, match="dotted path of lower-case words"):
        check_path(path)


@pytest.mark.parametrize(
    ("unknown", "hint"),
    [
        ("marketing.communication.email", "Did you mean 'marketing.communications.email'?"),
        ("sales.zzzzzzzzzzzzzzzzzzzzzzzzzzz", "The known ones there are: sales."),
        ("zzzz", "The known ones there are: analytics, collect,"),
    ],
)
def test_an_unknown_purpose_is_told_the_nearest_ones(unknown: str, hint: str) -> None:
    with pytest.raises(ConfigurationError, match=f"There is no purpose '{unknown}'") as caught:
        check_purpose(unknown)
    assert hint in str(caught.value)


def test_declared_purposes_and_what_stands_above_them_are_known() -> None:
    assert {"loyalty", "loyalty.club"} <= known_purposes(["loyalty.club"])
    assert check_purpose("loyalty", declared=["loyalty.club"]) == "loyalty"
    with pytest.raises(ConfigurationError, match=r"loyalty\.club\.mail"):
        check_purpose("loyalty.club.mail", declared=["loyalty.club"])

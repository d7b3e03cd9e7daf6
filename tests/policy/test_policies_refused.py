"""What policies, regimes, periods and frames of people refuse, and what they are called."""

from datetime import UTC, date, datetime

import polars as pl
import pytest
from pydantic import ValidationError

from unified_customer.core.errors import SchemaError
from unified_customer.core.tables import CONSENTS
from unified_customer.policy import Period, Policy, Regime, Request, permit

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SUBJECTS = pl.DataFrame({"customer_id": ["a"], "subject_kind": ["email"], "subject_key": ["0" * 24]})


def test_a_period_has_a_length() -> None:
    with pytest.raises(ValidationError, match="a period has a length"):
        Period()
    with pytest.raises(ValidationError):
        Period(days=-1)


def test_a_period_in_several_units_is_told_in_words() -> None:
    assert str(Period(months=2, business_days=1)) == "2 months, 1 business day"


def test_a_period_of_months_ends_in_the_year_that_it_reaches() -> None:
    assert Period(months=14).after(datetime(2026, 11, 30, tzinfo=UTC)) == datetime(2028, 1, 30, tzinfo=UTC)


def test_a_policy_names_no_regime_that_it_has_not() -> None:
    with pytest.raises(ValidationError, match="names regimes that the policy does not have: gdpr"):
        Policy(jurisdictions={"DE": "gdpr"})


def test_a_regime_admits_its_own_bases() -> None:
    with pytest.raises(ValidationError, match="does not admit the basis that it names for marketing"):
        Regime(title="Strict", bases={"marketing": "contract"}, admissible={"marketing": ("consent",)})


def test_what_is_stricter_than_consent_is_always_admitted() -> None:
    regime = Regime(title="Strict", admissible={"marketing": ("opt_out",)})
    assert [regime.admits("marketing", each) for each in ("never", "consent", "opt_out", "contract")] == [
        True,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("broken", [{"country": None}, {"birth_date": "1990"}])
def test_a_wrong_frame_of_people_is_refused(broken: dict[str, object]) -> None:
    good: dict[str, object] = {"customer_id": "a", "country": "DE", "region": None, "birth_date": date(1990, 1, 1)}
    people = pl.DataFrame([{**good, **broken}]).drop([name for name, value in broken.items() if value is None])
    with pytest.raises(SchemaError, match="The frame of people needs a column"):
        permit(
            SUBJECTS,
            CONSENTS.empty(),
            request=Request("marketing"),
            policy=Policy.gdpr(),
            as_of=NOW,
            people=people,
        )


def test_a_policy_that_was_asked_is_still_nothing_but_its_fields() -> None:
    policy = Policy.gdpr()
    assert policy.by_person
    assert set(dict(policy)) == set(Policy.model_fields)
    assert policy.model_copy(update={"regimes": {}, "jurisdictions": {}}).ages == ()

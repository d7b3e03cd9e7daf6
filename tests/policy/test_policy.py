"""The policy as a value: what it may hold, how it is written down, and what its rules say."""

import copy
import pickle
import subprocess
import sys
import tomllib
from typing import Any

import pytest
from pydantic import ValidationError

from unified_customer.core.errors import ConfigurationError, ConsentError
from unified_customer.core.models import Actor
from unified_customer.core.tables import TABLES, table
from unified_customer.policy import Policy, Role
from unified_customer.policy.rules import DEFAULT_FORBIDDEN
from unified_customer.policy.toml import to_toml

SUPPORT = Actor(id="sam", roles=("support",))
ANALYST = Actor(id="ann", roles=("analyst",))
BOTH = Actor(id="bo", roles=("support", "analyst", "gardener"))
ROLES = {
    "support": Role(hidden=("user.financial",), purposes=("essential.service",)),
    "analyst": Role(hidden=("user.contact", "user.name"), purposes=("analytics",)),
}
RICH = Policy(
    purposes=("loyalty.club",),
    bases={"essential": "contract", "essential.fraud_detection": "legitimate_interests", "loyalty": "consent"},
    forbidden={"analytics": ("user.financial",), "sales": ()},
    special_purposes=("essential.service", "loyalty"),
    roles={**ROLES, "Leitung Süd": Role()},
    resolve_purpose="essential",
    collection={"user.contact": "hash", "user.unclassified": "drop"},
)


# --- A value.


def test_the_default_is_strict() -> None:
    assert Policy.strict() == Policy()
    assert {Policy().basis_of(each) for each in ("essential.service", "analytics", "marketing")} == {"consent"}


def test_quickstart_names_two_bases() -> None:
    assert Policy.quickstart() == Policy(bases={"essential.service": "contract", "analytics": "legitimate_interests"})


@pytest.mark.parametrize("policy", [Policy(), Policy.quickstart(), RICH])
def test_every_way_of_writing_it_down_reads_back_equal(policy: Policy) -> None:
    assert Policy.from_toml(policy.to_toml()) == policy
    assert Policy.from_json(policy.to_json()) == policy
    assert pickle.loads(pickle.dumps(policy)) == policy  # noqa: S301 (pickled right here)
    assert copy.deepcopy(policy) is policy
    assert len({policy, Policy.from_toml(policy.to_toml())}) == 1


def test_the_order_in_which_rules_are_given_does_not_matter() -> None:
    one = Policy(bases={"analytics": "contract", "sales": "consent"})
    other = Policy(bases={"sales": "consent", "analytics": "contract"})
    assert (one.to_toml(), one.to_json(), hash(one)) == (other.to_toml(), other.to_json(), hash(other))


def test_it_cannot_be_changed() -> None:
    policy: Any = Policy.quickstart()
    with pytest.raises(TypeError):
        policy.bases["marketing"] = "contract"
    with pytest.raises(ValidationError):
        policy.resolve_purpose = "marketing"


def test_toml_is_what_a_person_would_write() -> None:
    lines = Policy.quickstart().to_toml().splitlines()
    assert lines[:5] == [
        "purposes = []",
        "special_purposes = [",
        '    "essential",',
        "]",
        'resolve_purpose = "essential.service"',
    ]
    assert '"essential.service" = "contract"' in lines
    assert lines[lines.index("marketing = [") + 1] == '    "user.unclassified",'
    assert "[roles.support]" in RICH.to_toml().splitlines()
    assert '[roles."Leitung Süd"]' in RICH.to_toml().splitlines()


def test_toml_with_empty_tables_and_nulls_reads_back() -> None:
    document = {"name": None, "empty": {}, "roles": {"bare": {}, "a.b": {"hidden": ["x"]}}}
    assert tomllib.loads(to_toml(document)) == {"roles": {"bare": {}, "a.b": {"hidden": ["x"]}}}


# --- What it refuses.


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"bases": {"marketng": "consent"}}, "Did you mean 'marketing'?"),
        ({"bases": {"marketing": "because"}}, "legitimate_interests"),
        ({"bases": {"*": "contract"}}, "dotted path"),
        ({"forbidden": {"marketing": ("health",)}}, "A data category is a dotted path"),
        ({"forbidden": {"markting": ()}}, "Did you mean 'marketing'?"),
        ({"special_purposes": ("esential",)}, "Did you mean 'essential'?"),
        ({"resolve_purpose": "resolve"}, "There is no purpose 'resolve'"),
        ({"collection": {"user.Name": "drop"}}, "A data category is a dotted path"),
        ({"collection": {"user.name": "burn"}}, "'keep', 'drop', 'hash' or 'refuse'"),
        ({"roles": {"support": {"purposes": ["essental"]}}}, "Did you mean 'essential'?"),
        ({"roles": {"support": {"hidden": ["mail"]}}}, "A data category is a dotted path"),
        ({"roles": {"": {}}}, "The name of a role"),
        ({"purposes": ("Loyalty",)}, "dotted path of lower-case words"),
        ({"bassis": {}}, "Extra inputs are not permitted"),
    ],
)
def test_what_cannot_be_meant_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Policy(**fields)
    assert message in str(caught.value)


@pytest.mark.parametrize("text", ["bases = [", "[bases]\nmarketng = 'consent'", "colour = 'red'"])
def test_a_text_that_is_no_policy_is_a_configuration_error(text: str) -> None:
    with pytest.raises(ConfigurationError, match="does not describe a policy"):
        Policy.from_toml(text)


def test_a_request_names_a_known_purpose_and_a_statement_may_name_all() -> None:
    assert RICH.check_purpose("loyalty.club") == RICH.check_stated_purpose("loyalty.club") == "loyalty.club"
    assert RICH.check_stated_purpose("*") == "*"
    for check in (RICH.check_purpose, RICH.check_stated_purpose, RICH.basis_of):
        with pytest.raises(ConfigurationError, match=r"There is no purpose 'loyalty\.klub'"):
            check("loyalty.klub")
    with pytest.raises(ConfigurationError):
        RICH.check_purpose("*")


# --- What its rules say.


@pytest.mark.parametrize(
    ("purpose", "basis"),
    [
        ("essential.service.operations", "contract"),
        ("essential.fraud_detection", "legitimate_interests"),
        ("essential", "legitimate_interests"),
        ("loyalty.club", "consent"),
        ("marketing", "consent"),
    ],
)
def test_the_nearest_basis_above_or_a_stricter_one_below_decides(purpose: str, basis: str) -> None:
    assert RICH.basis_of(purpose) == basis


@pytest.mark.parametrize(
    ("purpose", "category", "seen"),
    [
        ("analytics.reporting", "user.financial.bank_account", False),
        ("analytics", "user.financials", True),
        ("sales", "user.unclassified", True),
        ("marketing.advertising", "user.unclassified", False),
        ("essential.service", "user.health_and_medical", True),
        ("essential", "user.health_and_medical", False),
        ("loyalty.club", "user.health_and_medical.genetic", True),
        ("essential", "user.health_and_medical.genetic", False),
        ("marketing", "system.operations", True),
    ],
)
# Drawn or given by the test's table.
def test_a_purpose_sees_what_nothing_forbids(purpose: str, category: str, seen: bool) -> None:  # noqa: FBT001 (a parameter of the test)
    assert RICH.may_see(purpose, category) is seen


def test_what_is_given_is_laid_over_the_defaults() -> None:
    assert RICH.forbidden["sales"] == ()
    assert RICH.forbidden["marketing"] == DEFAULT_FORBIDDEN["marketing"]
    assert RICH.collect("user.financial.credit_card") == "refuse"


def test_an_unknown_purpose_sees_nothing_but_an_error() -> None:
    with pytest.raises(ConfigurationError, match="Did you mean"):
        Policy().may_see("marketin", "user.name")


def test_an_actor_may_do_what_any_of_its_roles_may() -> None:
    policy = Policy(roles=ROLES)
    assert not policy.may_see("essential.service", "user.financial.credit_card", actor=SUPPORT)
    assert policy.may_see("essential.service", "user.contact.email", actor=SUPPORT)
    assert not policy.may_see("analytics", "user.contact.email", actor=SUPPORT)
    assert policy.may_see("essential.service", "user.contact.email", actor=BOTH)
    assert not policy.may_see("analytics", "user.contact.email", actor=BOTH)
    assert policy.may_see("analytics", "user.financial", actor=BOTH)


def test_an_actor_without_a_named_role_is_held_to_the_default_role() -> None:
    gardener = Actor(id="gil", roles=("gardener",))
    assert Policy(roles=ROLES).may_see("marketing", "user.name", actor=gardener)
    closed = Policy(roles={**ROLES, "default": Role(hidden=("user",))})
    assert not closed.may_see("marketing", "user.name", actor=gardener)
    assert not closed.may_see("marketing", "user.name")
    assert closed.may_see("analytics", "user.behavior", actor=ANALYST)


def test_an_actor_names_only_the_purposes_of_its_roles() -> None:
    policy = Policy(roles=ROLES)
    policy.check_actor("essential.service.operations", SUPPORT)
    policy.check_actor("analytics", BOTH)
    with pytest.raises(ConsentError, match=r"\['support'\] read for 'marketing'"):
        policy.check_actor("marketing", SUPPORT)
    with pytest.raises(ConfigurationError, match="Did you mean"):
        policy.check_actor("marketin", SUPPORT)


@pytest.mark.parametrize("name", list(TABLES))
def test_every_column_is_either_visible_or_withheld(name: str) -> None:
    columns = Policy().visible_columns(table(name), "marketing")
    assert sorted(columns.visible + columns.withheld) == sorted(table(name).columns)
    assert all(table(name).fields[each].category == "user.unclassified" for each in columns.withheld)


def test_a_role_withholds_columns() -> None:
    columns = Policy(roles=ROLES).visible_columns(table("customers"), "analytics", actor=ANALYST)
    assert "email" in columns.withheld
    assert "email_source" in columns.withheld
    assert "traits" in columns.visible


@pytest.mark.parametrize(
    ("category", "fate"),
    [
        ("user.contact.email", "hash"),
        ("user.contact", "hash"),
        ("user.name", "keep"),
        ("user.unclassified", "drop"),
        ("user.authorization.password", "drop"),
        ("system.operations", "keep"),
    ],
)
def test_the_nearest_collection_rule_above_decides(category: str, fate: str) -> None:
    assert RICH.collect(category) == fate


def test_unknown_columns_are_kept_by_default() -> None:
    assert Policy().collect() == "keep"
    assert RICH.collect() == "drop"


PARTS = """
[roles.support]
purposes = ["essential.service"]

[regimes.gdpr]
title = "GDPR"

[jurisdictions]
DE = "gdpr"

[recipients.mailer]
country = "US"
"""
WRITE = """
import sys
from unified_customer.policy import Policy
policy = Policy.from_toml(sys.stdin.read())
print(Policy.from_json(policy.to_json()) == policy, Policy.from_toml(policy.to_toml()) == policy)
"""


def test_a_policy_of_a_file_is_written_where_none_of_its_parts_was_made_before() -> None:
    command = [sys.executable, "-c", WRITE]
    done = subprocess.run(command, input=PARTS, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("True True", "")

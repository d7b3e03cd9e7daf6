"""Resolution by exact identifiers, by example."""

from datetime import date

import polars as pl
import pytest

from unified_customer.core.tables import LINK_DECISIONS
from unified_customer.identity import ExactIdentity, Resolution, crosswalk, decide
from unified_customer.testing.identity_strategies import BEGINNING, World, customers_of, identifier_rows, people_rows

MAIL = "lee@lee.org"


def world(*people: tuple[str, str | None], ids: str, source: str = "crm") -> World:
    """Records by name ("ann Ann Lee" is record `ann`), and identifiers as "email:lee@lee.org ann bob; ..."."""
    names = [name for name, _ in people]
    parts = [(name, *(said.split(" ") if said else (None, None)), None) for name, said in people]
    rows = [entry.split() for entry in ids.split(";") if entry.strip()]
    values = [(record, *value.partition(":")[::2]) for value, *records in rows for record in records]
    identities = pl.DataFrame({"record_id": names, "source": source, "origin": "record", "seq": range(len(names))})
    return World(identities, identifier_rows(values), people_rows(parts), LINK_DECISIONS.empty())


def groups(resolution: Resolution) -> set[str]:
    return {" ".join(sorted(group)) for group in customers_of(resolution) if len(group) > 1}


def reasons(resolution: Resolution) -> dict[str, str]:
    return dict(resolution.partition.select("record_id", "reason").rows())


def test_a_nameless_visitor_on_a_family_mailbox_belongs_to_neither() -> None:
    family = world(
        ("ann", "Ann Lee"),
        ("annie", "Annie Lee"),
        ("bob", "Bob Lee"),
        ("web", None),
        ids=f"email:{MAIL} ann annie bob web",
    )
    resolution = family.resolve()
    assert groups(resolution) == {"ann annie"}
    assert resolution.shared.select("kind", "reason", "records", "people").rows() == [("email", "several_people", 4, 2)]
    assert resolution.undecided["record_id"].to_list() == ["web"]


def test_not_bob_does_not_make_a_nameless_record_ann() -> None:
    family = world(("ann", "Ann Lee"), ("bob", "Bob Lee"), ("web", None), ids=f"email:{MAIL} ann bob web")
    told = family.deciding(decide("cannot_link", [("web", "bob")], actor="eve", at=BEGINNING))
    assert groups(told.resolve()) == set()


def test_a_device_of_two_people_joins_neither_and_leaves_their_own_joins() -> None:
    home = world(
        ("ann", "Ann Lee"), ("web_ann", None), ("bob", "Bob Lee"), ("web_bob", None), ("device", None),
        ids="user_id:u1 ann web_ann; user_id:u2 bob web_bob; anonymous_id:d web_ann web_bob device",
    )  # fmt: skip
    assert groups(home.resolve()) == {"ann web_ann", "bob web_bob"}


def test_what_hangs_between_two_people_is_taken_out_and_the_rest_stays() -> None:
    chain = world(
        ("ann", "Ann Lee"), ("ann2", "Ann Lee"), ("between", None), ("bob", "Bob Lee"), ("far", None),
        ids="email:a@x.org ann between; email:b@x.org between bob; email:c@x.org ann ann2; email:d@x.org ann2 far",
    )  # fmt: skip
    assert groups(chain.resolve()) == {"ann ann2 far"}


def test_a_chain_of_nameless_records_between_two_people_is_given_up() -> None:
    chain = world(
        ("ann", "Ann Lee"), ("n1", None), ("n2", None), ("bob", "Bob Lee"),
        ids="email:a@x.org ann n1; email:b@x.org n1 n2; email:c@x.org n2 bob",
    )  # fmt: skip
    assert groups(chain.resolve()) == set()


def test_the_stronger_kind_is_kept_where_a_weaker_one_contradicts_it() -> None:
    chain = world(
        ("ann", "Ann Lee"), ("web", None), ("bob", "Bob Lee"), ids="user_id:u1 ann web; phone:+4930123456 web bob"
    )
    resolution = chain.resolve()
    assert groups(resolution) == {"ann web"}
    assert reasons(resolution) == {"ann": "first", "web": "exact:user_id", "bob": "first"}


def test_kinds_are_strong_unless_they_are_named_and_ignored_ones_join_nobody() -> None:
    pairs = world(("a", None), ("b", None), ("c", None), ("d", None), ids="tax_number:t1 a b; ip_address:192.0.2.1 c d")
    assert groups(pairs.resolve()) == {"a b"}


def test_blocked_patterns_and_junk_are_reported() -> None:
    rows = world(("a", None), ("b", None), ids="email:noreply@x.org a b; user_id:guest-7 a b")
    resolution = rows.resolve(ExactIdentity(blocked={"user_id": ("^guest-",)}))
    assert groups(resolution) == set()
    assert resolution.shared.select("kind", "reason").rows() == [("email", "junk"), ("user_id", "blocked")]


def test_too_many_nameless_records_on_a_weak_value() -> None:
    names = [f"r{number}" for number in range(6)]
    kiosk = world(*((name, None) for name in names), ids=f"email:{MAIL} {' '.join(names)}; user_id:u {' '.join(names)}")
    resolution = kiosk.resolve(ExactIdentity(max_records=5))
    assert resolution.shared.select("kind", "reason").rows() == [("email", "too_many_records")]
    assert len(customers_of(resolution)) == 1


def test_a_nameless_value_or_device_joins_no_more_accounts_than_allowed() -> None:
    accounts = [(f"r{number}", None) for number in range(4)]
    own = "; ".join(f"user_id:u{number} r{number}" for number in range(4))
    shared = world(*accounts, ids=f"{own}; email:{MAIL} r0 r1 r2 r3")
    assert shared.resolve().shared["reason"].to_list() == ["too_many_ids"]
    assert len(customers_of(shared.resolve(ExactIdentity(max_ids=4)))) == 1
    device = world(
        *accounts, ("device", None), ids="; ".join(f"user_id:u{number} r{number} device" for number in range(4))
    )
    assert groups(device.resolve()) == set()


def test_a_customer_of_too_many_accounts_or_names_is_not_one_person() -> None:
    names = [(f"r{number}", None) for number in range(4)]
    chain = "; ".join(f"email:e{number}@x.org r{number} r{number + 1}" for number in range(3))
    accounts = "; ".join(f"user_id:u{number} r{number}" for number in range(4))
    line = world(*names, ids=f"{chain}; {accounts}")
    assert groups(line.resolve(ExactIdentity(max_customer_ids=3))) == set()
    assert groups(line.resolve()) == {"r0 r1 r2 r3"}
    spelt = world(("a", "Ann Lee"), ("b", "Ann Kim"), ("c", "Annie Lee"), ids=f"email:{MAIL} a b c")
    assert groups(spelt.resolve(ExactIdentity(max_names=2))) == set()


def test_a_person_outweighs_everything() -> None:
    family = world(("ann", "Ann Lee"), ("bob", "Bob Lee"), ("ann2", "Ann Lee"), ids=f"email:{MAIL} ann2 bob")
    told = family.deciding(decide("must_link", [("ann", "bob")], actor="eve", at=BEGINNING)).resolve()
    assert groups(told) == {"ann ann2 bob"}
    assert reasons(told) == {"ann": "first", "bob": "exact:email", "ann2": "exact:email"}


def test_a_must_link_alone_is_the_reason() -> None:
    pair = world(("ann", "Ann Lee"), ("bob", "Bob Lee"), ids="")
    told = pair.deciding(decide("must_link", [("ann", "gone"), ("gone", "bob")], actor="eve", at=BEGINNING))
    assert reasons(told.resolve()) == {"ann": "first", "bob": "must_link"}


def test_the_masters_records_lead() -> None:
    people = world(("web", None), ("c1", "Ann Lee"), ("c2", "Ann Lee"), ids=f"email:{MAIL} c1 c2; user_id:u web c2")
    sources = pl.Series("source", ["web", "crm", "crm"])
    mixed = World(people.identities.with_columns(sources), people.identifiers, people.people, people.decisions)
    resolution = mixed.resolve(ExactIdentity(master="crm"))
    assert resolution.partition.select("customer_id", "reason").rows() == [
        ("c2", "exact:user_id"), ("c1", "master"), ("c2", "master"),
    ]  # fmt: skip


def test_nobody_is_nobody() -> None:
    resolution = ExactIdentity().resolve(
        pl.DataFrame(schema={"record_id": pl.String, "source": pl.String, "origin": pl.String, "seq": pl.Int64}),
        identifier_rows([]),
    )
    assert resolution.partition.is_empty()
    assert resolution.shared.is_empty()


def test_a_kind_stands_once() -> None:
    with pytest.raises(ValueError, match="email"):
        ExactIdentity(ignored=("email",))


def test_specs_are_values() -> None:
    spec = ExactIdentity(master="crm", blocked={"email": ("@shop",)})
    assert ExactIdentity.from_json(spec.to_json()) == spec


def test_the_crosswalk_lists_every_id() -> None:
    identities = pl.DataFrame({"record_id": ["r1", "r2"], "source": ["crm", "web"], "origin": ["record", "event"]})
    records = pl.DataFrame({"record_id": ["r1", "r1"], "source": "crm", "source_id": "C-7"})
    links = pl.DataFrame({"record_id": ["r1", "r2"], "customer_id": ["r1", "r1"]})
    ids = pl.DataFrame(
        {"record_id": ["r2", "r1"], "source": ["web", "crm"], "kind": ["user_id", "email"], "value": ["u1", "a@x.org"]}
    )
    assert crosswalk(identities, records, links, ids, master="crm").rows() == [
        ("r1", "C-7", "crm", "source_id", "C-7", "r1"),
        ("r1", "C-7", "web", "user_id", "u1", "r2"),
    ]
    assert len(crosswalk(identities, records, links, ids, contacts=True)) == 3
    assert crosswalk(identities, records, links, ids)["master_id"].to_list() == [None, None]


def test_twins_are_two() -> None:
    twins = World(
        pl.DataFrame({"record_id": ["a", "h"], "source": "crm", "origin": "record", "seq": [1, 2]}),
        identifier_rows([("a", "phone", "+4930123456"), ("h", "phone", "+4930123456")]),
        people_rows([("a", "Anna", "Lee", date(2001, 1, 2)), ("h", "Hanna", "Lee", date(2001, 1, 2))]),
        LINK_DECISIONS.empty(),
    )
    assert groups(twins.resolve()) == set()

"""The laws of consent signals: what was written is read, nothing else is, and nobody says yes who did not."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

import unified_customer as uc
from unified_customer.connectors import Batch, Mapper, Mapping, Statement
from unified_customer.connectors.signals import (
    OPT_OUT,
    TCF_PURPOSES,
    GppSignal,
    PublisherPurposes,
    PublisherRestriction,
    Said,
    TcfSignal,
    UsPrivacySignal,
    UsSection,
    decode_gpc,
    decode_gpp,
    decode_tcf,
    decode_us_privacy,
    disclosure,
    said_by,
    said_in,
)
from unified_customer.connectors.signals.us_layouts import LAYOUTS, SENSITIVE
from unified_customer.core.errors import SignalError
from unified_customer.core.fields import covered
from unified_customer.core.models.purposes import DATA_USES
from unified_customer.policy import Request, decide

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
RESTRICTS = ("not_allowed", "require_consent", "require_legitimate_interests")
DECODERS = {"tcf": decode_tcf, "gpp": decode_gpp, "us_privacy": decode_us_privacy}

# --- An encoder, written from the specifications.


def number(value: int, width: int) -> str:
    return format(value, f"0{width}b")


def base64(bits: str) -> str:
    padded = bits + "0" * (-len(bits) % 6)
    return "".join(LETTERS[int(padded[at : at + 6], 2)] for at in range(0, len(padded), 6))


def letters(text: str) -> str:
    return "".join(number(ord(each) - ord("A"), 6) for each in text)


def bitfield(ids: frozenset[int], width: int) -> str:
    return "".join("1" if each in ids else "0" for each in range(1, width + 1))


def runs(ids: frozenset[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for each in sorted(ids):
        found[-1:] = [(found[-1][0], each)] if found and found[-1][1] == each - 1 else [*found[-1:], (each, each)]
    return found


def ranges(ids: frozenset[int]) -> str:
    parts = runs(ids)
    entries = [
        "0" + number(first, 16) if first == last else "1" + number(first, 16) + number(last, 16)
        for first, last in parts
    ]
    return number(len(parts), 12) + "".join(entries)


def vendors(ids: frozenset[int], *, in_ranges: bool) -> str:
    highest = max(ids, default=0)
    listed = "1" + ranges(ids) if in_ranges else "0" + bitfield(ids, highest)
    return number(highest, 16) + listed


def instant(at: datetime) -> str:
    return number((at - EPOCH) // timedelta(milliseconds=100), 36)


def restriction(each: PublisherRestriction) -> str:
    return number(each.purpose, 6) + number(RESTRICTS.index(each.restricts), 2) + ranges(each.vendors)


def core(signal: TcfSignal, *, in_ranges: bool) -> str:
    return base64(
        number(signal.version, 6)
        + instant(signal.created)
        + instant(signal.last_updated)
        + number(signal.cmp_id, 12)
        + number(signal.cmp_version, 12)
        + number(signal.consent_screen, 6)
        + letters(signal.consent_language)
        + number(signal.vendor_list_version, 12)
        + number(signal.policy_version, 6)
        + str(int(signal.is_service_specific))
        + str(int(signal.use_non_standard_texts))
        + bitfield(signal.special_feature_opt_ins, 12)
        + bitfield(signal.purposes_consent, 24)
        + bitfield(signal.purposes_legitimate_interests, 24)
        + str(int(signal.purpose_one_treatment))
        + letters(signal.publisher_cc)
        + vendors(signal.vendor_consents, in_ranges=in_ranges)
        + vendors(signal.vendor_legitimate_interests, in_ranges=not in_ranges)
        + number(len(signal.publisher_restrictions), 12)
        + "".join(map(restriction, signal.publisher_restrictions))
    )


def publisher_segment(own: PublisherPurposes) -> str:
    custom = own.custom_consents, own.custom_legitimate_interests
    return base64(
        "011"
        + bitfield(own.consents, 24)
        + bitfield(own.legitimate_interests, 24)
        + number(own.custom_purposes, 6)
        + "".join(bitfield(each, own.custom_purposes) for each in custom)
    )


def segments(signal: TcfSignal, *, in_ranges: bool) -> list[str]:
    kinds = (("001", signal.disclosed_vendors), ("010", signal.allowed_vendors))
    listed = [base64(kind + vendors(ids, in_ranges=in_ranges)) for kind, ids in kinds if ids is not None]
    return listed + ([publisher_segment(signal.publisher)] if signal.publisher else [])


def fibonacci(value: int) -> str:
    series = [1, 2]
    while series[-1] <= value:
        series.append(series[-1] + series[-2])
    bits = ""
    for each in reversed(series[: -1 if series[-1] > value else None]):
        bits, value = ("1" if each <= value else "0") + bits, value - each if each <= value else value
    return bits + "1"


def header(ids: Sequence[int], *, in_ranges: bool) -> str:
    parts = runs(frozenset(ids)) if in_ranges else [(each, each) for each in sorted(ids)]
    text, last = "", 0
    for first, end in parts:
        text += ("1" if end > first else "0") + fibonacci(first - last)
        text += fibonacci(end - first) if end > first else ""
        last = end
    return base64(number(3, 6) + number(1, 6) + number(len(parts), 12) + text)


def us_text(id_: int, section: UsSection) -> str:
    layout = LAYOUTS[id_]
    values: list[Any] = [getattr(section, name) for name, _ in layout.versions[section.version]]
    flat = [each for value in values for each in (value if isinstance(value, tuple) else (value,))]
    text = base64(number(section.version, 6) + "".join(number(each, 2) for each in flat))
    if section.gpc is not None:
        return f"{text}.{base64('01' + str(int(section.gpc)))}"
    if layout.second == "sensitive_data" and section.sensitive_data_processing is not None:
        return f"{text}.{base64(''.join(number(each, 2) for each in section.sensitive_data_processing))}"
    return text


# --- What it writes.

ids = st.frozensets(st.integers(1, 4) | st.integers(1, 40) | st.sampled_from([755, 1100]), max_size=12)
instants = st.integers(0, 2**36 - 1).map(lambda tenths: EPOCH + timedelta(milliseconds=100 * tenths))
two_letters = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=2)
purposes = st.frozensets(st.integers(1, 24))
known_purposes = st.frozensets(st.integers(1, 11))
restrictions = st.builds(PublisherRestriction, st.integers(1, 11), st.sampled_from(RESTRICTS), ids)


@st.composite
def publishers(draw: st.DrawFn) -> PublisherPurposes:
    count = draw(st.integers(0, 8))
    custom = st.frozensets(st.integers(1, count)) if count else st.just(frozenset[int]())
    return PublisherPurposes(draw(purposes), draw(purposes), count, draw(custom), draw(custom))


tcf_signals = st.builds(
    TcfSignal,
    version=st.just(2),
    created=instants,
    last_updated=instants,
    cmp_id=st.integers(0, 4095),
    cmp_version=st.integers(0, 4095),
    consent_screen=st.integers(0, 63),
    consent_language=two_letters,
    vendor_list_version=st.integers(0, 4095),
    policy_version=st.integers(0, 63),
    is_service_specific=st.booleans(),
    use_non_standard_texts=st.booleans(),
    special_feature_opt_ins=st.frozensets(st.integers(1, 12)),
    purposes_consent=purposes | known_purposes,
    purposes_legitimate_interests=purposes | known_purposes,
    purpose_one_treatment=st.booleans(),
    publisher_cc=two_letters,
    vendor_consents=ids,
    vendor_legitimate_interests=ids,
    publisher_restrictions=st.lists(restrictions, max_size=3).map(tuple),
    disclosed_vendors=st.none() | ids,
    allowed_vendors=st.none() | ids,
    publisher=st.none() | publishers(),
)


@st.composite
def tcf_texts(draw: st.DrawFn, signals: st.SearchStrategy[TcfSignal] = tcf_signals) -> tuple[str, TcfSignal]:
    """A TCF string, its segments in any order, and what it holds."""
    signal, in_ranges = draw(signals), draw(st.booleans())
    others = draw(st.permutations(segments(signal, in_ranges=in_ranges)))
    return ".".join([core(signal, in_ranges=in_ranges), *others]), signal


choices = st.integers(0, 2)


@st.composite
def us_sections(draw: st.DrawFn, id_: int) -> UsSection:
    layout = LAYOUTS[id_]
    version = draw(st.sampled_from(sorted(layout.versions)))
    values: dict[str, Any] = {
        name: draw(st.tuples(*[choices] * count) if count else choices) for name, count in layout.versions[version]
    }
    if layout.second == "gpc":
        values["gpc"] = draw(st.none() | st.booleans())
    elif layout.second == "sensitive_data":
        values[SENSITIVE] = draw(st.none() | st.tuples(*[choices] * 8))
    return UsSection(version, **values)


@st.composite
def gpp_texts(draw: st.DrawFn) -> tuple[str, dict[int, Any]]:
    """A GPP string, and what each of its sections holds; a section that is not known holds its text."""
    chosen = sorted(draw(st.sets(st.integers(1, 60), min_size=1, max_size=6)))
    texts: list[str] = []
    contents: dict[int, Any] = {}
    for id_ in chosen:
        if id_ in LAYOUTS:
            contents[id_] = draw(us_sections(id_))
            texts.append(us_text(id_, contents[id_]))
        elif id_ == 2:
            text, contents[id_] = draw(tcf_texts())
            texts.append(text)
        elif id_ == 6:
            answers = draw(st.tuples(*[st.sampled_from("YN-")] * 3))
            contents[id_] = UsPrivacySignal(1, *({"Y": True, "N": False, "-": None}[each] for each in answers))
            texts.append("1" + "".join(answers))
        else:
            contents[id_] = draw(st.text(LETTERS + ".", max_size=5))
            texts.append(contents[id_])
    return "~".join([header(chosen, in_ranges=draw(st.booleans())), *texts]), contents


anything = st.text(LETTERS + "~.=1YN ", max_size=60)
written = tcf_texts().map(lambda drawn: drawn[0]) | gpp_texts().map(lambda drawn: drawn[0])


@st.composite
def altered(draw: st.DrawFn) -> str:
    """A string that was cut off, or in which some characters are others."""
    text = draw(written)
    text = text[: draw(st.integers(0, len(text)))] if draw(st.booleans()) else text
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.sampled_from(LETTERS + "~.= ")) + text[at + draw(st.integers(0, 1)) :]
    return text


def understood(kind: str, text: str) -> Any:
    """The decoded signal, or None where it is refused; any other exception is a failure."""
    try:
        return DECODERS[kind](text)
    except SignalError as error:
        repeated = len(text) > 5 and text in str(error)
    assert not repeated
    return None


# --- Reading what was written.


@given(tcf_texts())
def test_a_tcf_string_is_read_as_it_was_written(drawn: tuple[str, TcfSignal]) -> None:
    text, signal = drawn
    assert decode_tcf(text) == signal


@given(gpp_texts())
def test_a_gpp_string_is_read_as_it_was_written(drawn: tuple[str, dict[int, Any]]) -> None:
    text, contents = drawn
    read = {each.id: each.text if each.content is None else each.content for each in decode_gpp(text).sections}
    assert read == contents


@given(tcf_signals, st.booleans())
def test_it_does_not_matter_how_the_vendors_are_written_nor_in_which_order_the_segments_come(
    signal: TcfSignal,
    in_ranges: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    one = ".".join([core(signal, in_ranges=in_ranges), *segments(signal, in_ranges=in_ranges)])
    other = ".".join([core(signal, in_ranges=not in_ranges), *reversed(segments(signal, in_ranges=not in_ranges))])
    assert decode_tcf(one) == decode_tcf(other)


@given(tcf_signals)
def test_a_missing_segment_of_disclosed_vendors_is_not_an_empty_one(signal: TcfSignal) -> None:
    for disclosed in (None, frozenset[int]()):
        told = replace(signal, disclosed_vendors=disclosed)
        text = ".".join([core(told, in_ranges=True), *segments(told, in_ranges=True)])
        assert decode_tcf(text).disclosed_vendors == disclosed


@given(st.sampled_from(sorted(DECODERS)), altered() | anything)
def test_a_text_is_a_signal_or_is_refused_and_never_repeated(kind: str, text: str) -> None:
    understood(kind, text)


@given(tcf_texts(), st.data())
def test_a_tcf_string_that_was_cut_off_holds_no_vendor_that_it_did_not_hold(
    drawn: tuple[str, TcfSignal], data: st.DataObject
) -> None:
    text, signal = drawn
    cut = understood("tcf", text[: data.draw(st.integers(0, len(text)))])
    assert cut is None or cut.vendor_consents == signal.vendor_consents


@given(tcf_signals, st.booleans(), st.text(LETTERS, min_size=2, max_size=5).filter(lambda text: set(text) != {"A"}))
def test_what_has_more_in_it_than_its_fields_is_refused(signal: TcfSignal, in_ranges: bool, more: str) -> None:  # noqa: FBT001 (a parameter of the test)
    assert understood("tcf", core(signal, in_ranges=in_ranges) + more) is None


# --- What signals say.


def granted(said: Sequence[Said]) -> set[str]:
    return {each.purpose for each in said if each.status == "granted"}


vendor_ids = st.none() | st.integers(1, 4)


@given(tcf_signals, vendor_ids)
def test_a_tcf_string_grants_only_purposes_that_were_consented_to(signal: TcfSignal, vendor_id: int | None) -> None:
    consented = {use for purpose in signal.purposes_consent for use in TCF_PURPOSES.get(purpose, ())}
    assert granted(said_by(signal, vendor_id=vendor_id)) <= consented
    if vendor_id is None:
        assert granted(said_by(signal)) == consented - (
            set(TCF_PURPOSES[1]) if signal.purpose_one_treatment else set[str]()
        )


@given(tcf_signals, st.integers(1, 4))
def test_a_vendor_is_granted_nothing_unless_it_was_disclosed_and_consented_to(
    signal: TcfSignal, vendor_id: int
) -> None:
    open_to_it = disclosure(signal, vendor_id) == "disclosed" and vendor_id in signal.vendor_consents
    assert open_to_it or not granted(said_by(signal, vendor_id=vendor_id))


@given(tcf_signals, st.integers(1, 4))
def test_naming_the_vendor_never_grants_more_and_takes_no_refusal_back(signal: TcfSignal, vendor_id: int) -> None:
    anyone, vendor = said_by(signal), said_by(signal, vendor_id=vendor_id)
    assert granted(vendor) <= granted(anyone)
    refused = {each.purpose for each in anyone} - granted(anyone)
    assert refused <= {each.purpose for each in vendor} - granted(vendor)


@given(tcf_signals)
def test_a_tcf_string_speaks_once_of_every_purpose_that_was_asked_about(signal: TcfSignal) -> None:
    said = said_by(signal)
    asked = {
        use for number_, uses in TCF_PURPOSES.items() if number_ > 1 or not signal.purpose_one_treatment for use in uses
    }
    assert sorted(each.purpose for each in said) == sorted(asked)


@given(st.sampled_from(sorted(LAYOUTS)), st.data())
def test_a_us_section_grants_nothing_without_a_consent_about_a_child(id_: int, data: st.DataObject) -> None:
    section = replace(data.draw(us_sections(id_)), known_child_consents=())
    assert (
        granted(said_by(decode_gpp(f"{header([id_], in_ranges=False)}~{us_text_without_children(id_, section)}")))
        == set()
    )


def us_text_without_children(id_: int, section: UsSection) -> str:
    names = dict(LAYOUTS[id_].versions[section.version])
    count = names.get("known_child_consents", 0)
    return us_text(id_, replace(section, known_child_consents=(0,) * count))


@given(gpp_texts())
def test_did_not_opt_out_says_the_same_as_nothing(drawn: tuple[str, dict[int, Any]]) -> None:
    signal = decode_gpp(drawn[0])
    assert said_by(signal) == said_by(_with_sections(signal, _silent))


def _silent(section: UsSection) -> UsSection:
    """The section with 0 where an opt-out is 2, and without Global Privacy Control where that is not given."""
    names = ("sale_opt_out", "sharing_opt_out", "targeted_advertising_opt_out")
    quiet: dict[str, Any] = {name: 0 if getattr(section, name) == 2 else getattr(section, name) for name in names}
    return replace(section, **quiet, gpc=section.gpc or None)


def _with_sections(signal: GppSignal, change: Any) -> GppSignal:
    sections = (
        replace(each, content=change(each.content)) if isinstance(each.content, UsSection) else each
        for each in signal.sections
    )
    return replace(signal, sections=tuple(sections))


@given(gpp_texts(), vendor_ids)
def test_the_order_of_sections_does_not_matter(drawn: tuple[str, dict[int, Any]], vendor_id: int | None) -> None:
    signal = decode_gpp(drawn[0])
    backwards = replace(signal, sections=signal.sections[::-1])
    assert said_by(signal, vendor_id=vendor_id) == said_by(backwards, vendor_id=vendor_id)


@given(st.sampled_from(sorted(LAYOUTS)), st.data(), st.sets(st.sampled_from(["sales", "finance", *OPT_OUT])))
def test_global_privacy_control_is_heard_in_every_section_whatever_else_it_says(
    id_: int, data: st.DataObject, opt_out: set[str]
) -> None:
    section = data.draw(us_sections(id_))
    if LAYOUTS[id_].second == "gpc":
        said = said_in(
            "gpp",
            f"{header([id_], in_ranges=True)}~{us_text(id_, replace(section, gpc=True))}",
            opt_out=sorted(opt_out),
        )
        assert opt_out <= {each.purpose for each in said if each.status == "objected"}


@given(st.sampled_from(sorted(LAYOUTS)), st.data())
def test_a_us_section_says_one_thing_of_a_purpose_and_the_objection_before_the_consent(
    id_: int, data: st.DataObject
) -> None:
    section = data.draw(us_sections(id_))
    said = said_in("gpp", f"{header([id_], in_ranges=False)}~{us_text(id_, section)}")
    words = {each.purpose: each.status for each in said}
    assert len(words) == len(said)
    assert section.sale_opt_out != 1 or words["third_party_sharing"] == "objected"
    assert section.targeted_advertising_opt_out != 1 or words["marketing.advertising.third_party"] == "objected"
    assert {each.jurisdiction for each in said} <= {LAYOUTS[id_].jurisdiction}


@given(st.text(max_size=6) | st.sampled_from(["1", "0", "true", "false"]))
def test_only_the_set_bit_is_global_privacy_control(value: str) -> None:
    assert decode_gpc(value) is (value.strip().lower() in {"1", "true"})
    assert {each.status for each in said_in("gpc", value)} <= {"objected"}


@given(st.sampled_from("YN-"), st.sampled_from("YN-"), st.sampled_from("YN-"))
def test_a_us_privacy_string_objects_or_says_nothing(notice: str, opted_out: str, agreement: str) -> None:
    said = said_in("us_privacy", f"1{notice}{opted_out}{agreement}")
    assert [(each.purpose, each.status) for each in said] == [
        (purpose, "objected") for purpose in sorted(OPT_OUT) if opted_out == "Y"
    ]


# --- Through a column and through the hub.

RULES = [Statement(column="tc", signal="tcf", about="email"), Statement(column="gpp", signal="gpp", about="email")]
MAPPING = Mapping(table="records", key="id", observed_at="at", fields={"email": "mail"}, consents=RULES)
AT = "2026-01-01T00:00:00Z"


@given(st.lists(st.tuples(st.none() | altered(), st.none() | altered()), min_size=1, max_size=4))
def test_a_row_of_signals_is_accepted_with_all_that_they_say_or_rejected(
    signals: list[tuple[str | None, str | None]],
) -> None:
    rows = [
        {"id": str(at), "mail": "a@example.com", "at": AT, "tc": tcf, "gpp": gpp}
        for at, (tcf, gpp) in enumerate(signals)
    ]
    found = Mapper(MAPPING).apply(Batch.of(pl.DataFrame(rows, schema=dict.fromkeys(rows[0], pl.String))))
    for at, (tcf, gpp) in enumerate(signals, 1):
        texts = [(kind, text.strip()) for kind, text in (("tcf", tcf), ("gpp", gpp)) if text and text.strip()]
        bad = any(understood(kind, text) is None for kind, text in texts)
        assert (at in found.rejects["row"].to_list()) is bad
        expected = [] if bad else [each for kind, text in texts for each in said_in(kind, text)]  # type: ignore[arg-type]  # one of the kinds
        theirs = found.statements.filter(row=at).select("purpose", "status", "evidence").rows()
        assert sorted(theirs) == sorted((each.purpose, each.status, each.evidence) for each in expected)


@given(tcf_texts(), vendor_ids)
def test_a_recorded_tcf_string_allows_what_it_grants_and_nothing_else(
    drawn: tuple[str, TcfSignal], vendor_id: int | None
) -> None:
    text, signal = drawn
    now = signal.last_updated + timedelta(days=1)
    with uc.CustomerHub(clock=lambda: now) as hub:
        said = hub.consent.record_signal("tcf", text, identifier=("user_id", "7"), vendor_id=vendor_id)
    allowed = {use for use in DATA_USES if decide(said, request=Request(use), policy=uc.Policy(), as_of=now).allowed}
    yes = tuple(each.purpose for each in said if each.status == "granted")
    assert allowed == {use for use in DATA_USES if covered(use, yes)}

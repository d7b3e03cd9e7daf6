"""Consent signals: what the official encoders wrote is read back field by field, and said in our purposes.

The samples were written by the npm packages `@iabtechlabtcf/core` 1.5.21 and `@iabgpp/cmpapi` 3.2.0 from random
choices.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from unified_customer.connectors.signals import (
    OPT_OUT,
    TCF_PURPOSES,
    GppSignal,
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
from unified_customer.connectors.signals.bits import MAX_IDS, BitReader
from unified_customer.connectors.signals.tcf_statements import BY_INTEREST
from unified_customer.connectors.signals.us_layouts import LAYOUTS
from unified_customer.core.errors import ConfigurationError, SignalError
from unified_customer.core.models.purposes import DATA_USES
from unified_customer.policy import Policy

SAMPLES = Path(__file__).parent / "samples"
OF_TCF = json.loads((SAMPLES / "tcf_strings.json").read_text(encoding="utf-8"))
OF_GPP = json.loads((SAMPLES / "gpp_strings.json").read_text(encoding="utf-8"))

CORE = "CQdWToAQdWToAAKABBENAwFgAPIAAAAAAAAAF5wAwABAAGAXmAAAAAAA"
"""Consent to the purposes 1, 2, 3, 4 and 7 and to the vendors 2, 6 and 755."""
DISCLOSED = "IF5wBAABAAGAAQAvMAAA"
"""Vendors 2, 6, 8 and 755 were shown."""
NOBODY_DISCLOSED = "IAAA"
PUBLISHER = "YAAAAAAAAAAA"
DAY = datetime(2026, 1, 1, tzinfo=UTC)


def plain(value: Any) -> Any:
    """A field as JSON has it."""
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, datetime):
        return (value - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    return list(value) if isinstance(value, tuple) else value


def words(signal: Any, **options: Any) -> dict[str, str]:
    said = said_by(signal, **options)
    return {each.purpose: each.status for each in said}


def yeses(signal: TcfSignal, **options: Any) -> list[int]:
    """The purposes of the framework that are granted."""
    said = words(signal, **options)
    return [number for number, uses in TCF_PURPOSES.items() if all(said.get(use) == "granted" for use in uses)]


# --- Strings of the Transparency and Consent Framework.


@pytest.mark.parametrize("sample", OF_TCF, ids=range(len(OF_TCF)))
def test_every_field_of_a_tcf_string_is_what_the_official_encoder_wrote(sample: dict[str, Any]) -> None:
    signal, fields = decode_tcf(sample["tcf"]), dict(sample["fields"])
    restrictions, publisher = fields.pop("restrictions"), fields.pop("publisher")
    assert {name: plain(getattr(signal, name)) for name in fields} == fields
    kinds = ["not_allowed", "require_consent", "require_legitimate_interests"]
    read = [[each.purpose, kinds.index(each.restricts), sorted(each.vendors)] for each in signal.publisher_restrictions]
    assert sorted(read) == sorted(restrictions)
    own = signal.publisher
    assert publisher == ([plain(getattr(own, name)) for name in own.__slots__] if own else [[], [], 0, [], []])
    assert (signal.version, signal.allowed_vendors, signal.other_segments) == (2, None, ())


def test_the_vendors_that_were_shown_are_none_where_a_string_has_no_such_segment() -> None:
    assert decode_tcf(CORE).disclosed_vendors is None
    assert decode_tcf(f"{CORE}.{NOBODY_DISCLOSED}").disclosed_vendors == frozenset()
    assert sorted(decode_tcf(f" {CORE}.{PUBLISHER}.{DISCLOSED}\n").disclosed_vendors or ()) == [2, 6, 8, 755]
    assert decode_tcf(f"{CORE}.QAAA").allowed_vendors == frozenset()
    assert decode_tcf(CORE).created == DAY


def test_strings_of_the_specification_are_read() -> None:
    signal = decode_tcf(
        "CLcVDxRMWfGmWAVAHCENAXCkAKDAADnAABRgA5mdfCKZuYJez-NQm0TBMYA4oCAAGQYIAAAAAAEAIAEgAA.argAC0gAAAAAAAAAAAA"
    )
    assert (signal.created.year, signal.cmp_id, signal.policy_version) == (2008, 21, 2)
    assert signal.publisher is not None
    assert signal.publisher.consents == {2, 4, 6, 8, 9, 10}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty or holds a character"),
        ("COvFyGBOvFyGB=", "empty or holds a character"),
        (CORE + "..", "empty or holds a character"),
        ("BOEFEAyOEFEAyAHABDENAI4AAAB9vABAASA", "TCF 1"),
        ("D" + CORE[1:], "its version is 3"),
        (CORE[:48], "ends in the middle"),
        (CORE + "B", "more in it than its fields"),
        (f"{CORE}.{DISCLOSED}.{DISCLOSED}", "two segments of one type"),
        (f"{CORE}.AAAA", "two segments of one type"),
        (f"{CORE}.{DISCLOSED}x", "more in it than its fields"),
        (f"{CORE}.{DISCLOSED[:10]}", "ends in the middle"),
        (CORE[:18] + "_w" + CORE[20:], "a number where a letter stands"),
    ],
)
def test_what_is_no_tcf_string_is_refused_without_being_repeated(text: str, why: str) -> None:
    with pytest.raises(SignalError, match=why) as refused:
        decode_tcf(text)
    assert isinstance(refused.value, ConfigurationError)
    assert not text or text not in str(refused.value)


def test_a_segment_of_a_type_that_is_not_defined_yet_is_kept_as_it_is() -> None:
    assert decode_tcf(f"{CORE}.gAAA.{DISCLOSED}").other_segments == ("gAAA",)


def bits(*parts: tuple[int, int]) -> str:
    """A text of base64url that holds numbers of so many bits each."""
    from unified_customer.connectors.signals.bits import ALPHABET

    text = "".join(format(value, f"0{width}b") for value, width in parts)
    text += "0" * (-len(text) % 6)
    return "".join(ALPHABET[int(text[at : at + 6], 2)] for at in range(0, len(text), 6))


def head(*, vendors: tuple[tuple[int, int], ...], restrictions: tuple[tuple[int, int], ...] = ((0, 12),)) -> str:
    """A core segment with these bits of consented vendors, and of restrictions."""
    start = ((2, 6), (0, 36), (0, 36), (0, 12), (0, 12), (0, 6), (0, 12), (0, 12), (5, 6), (1, 1), (0, 1), (0, 12))
    return bits(*start, (0, 24), (0, 24), (0, 1), (0, 12), *vendors, (0, 17), *restrictions)


@pytest.mark.parametrize(("start", "end"), [(0, 3), (4, 3), (3, 10)])
def test_a_range_of_vendors_that_cannot_be_is_refused(start: int, end: int) -> None:
    with pytest.raises(SignalError, match="ends before it begins, or beyond"):
        decode_tcf(head(vendors=((9, 16), (1, 1), (1, 12), (1, 1), (start, 16), (end, 16))))


@pytest.mark.parametrize(("purpose", "kind"), [(0, 0), (25, 0), (2, 3)])
def test_a_restriction_that_is_not_defined_is_refused(purpose: int, kind: int) -> None:
    restrictions = ((1, 12), (purpose, 6), (kind, 2), (0, 12))
    with pytest.raises(SignalError, match="restriction"):
        decode_tcf(head(vendors=((0, 17),), restrictions=restrictions))


def test_a_short_text_cannot_name_more_ids_than_a_list_of_vendors_has() -> None:
    every = ((1, 12), (1, 1), (1, 16), (2**16 - 1, 16))
    few = MAX_IDS // (2**16 - 1)
    for count in (few, few + 1):
        one = ((2, 6), (0, 2), *every)
        text = head(vendors=((0, 17),), restrictions=((count, 12), *(one * count)))
        if count == few:
            assert len(decode_tcf(text).publisher_restrictions) == few
        else:
            with pytest.raises(SignalError, match="names more than"):
                decode_tcf(text)


def test_a_reader_of_bits_takes_them_in_order() -> None:
    reader = BitReader(bits((5, 3), (1, 1), (0b011, 3), (0b1011, 4)), what="text")
    assert (reader.number(3), reader.flag(), reader.fibonacci(), reader.fibonacci()) == (5, True, 2, 4)
    reader.finish()
    with pytest.raises(SignalError, match="This is no text: it ends in the middle"):
        reader.fibonacci()


# --- Strings of the Global Privacy Platform.


@pytest.mark.parametrize("sample", OF_GPP, ids=range(len(OF_GPP)))
def test_every_field_of_a_gpp_string_is_what_the_official_encoder_wrote(sample: dict[str, Any]) -> None:
    signal = decode_gpp(sample["gpp"])
    assert [each.name for each in signal.sections] == list(sample["sections"])
    for section in signal.sections:
        fields = sample["sections"][section.name]
        assert {name: plain(getattr(section.content, name)) for name in fields} == fields


def test_the_samples_have_every_section() -> None:
    named = {name for sample in OF_GPP for name in sample["sections"]}
    assert named == {*(layout.name for layout in LAYOUTS.values()), "uspv1"}
    versions = {sample["sections"]["usnat"]["version"] for sample in OF_GPP if "usnat" in sample["sections"]}
    assert versions == {1, 2}


def content(signal: GppSignal, name: str) -> Any:
    found = signal.section(name)
    return found and found.content


def test_a_gpp_string_holds_a_tcf_string_and_sections_of_states() -> None:
    text = "DBACMMA~CQuCLYAQuCLYAAAAAAENAAFgAMIAAAAAAAAAADEQAAAAAAAA.IAAA.YAAAAAAAAAAA~CAAgAAAAAABA.QA"
    signal = decode_gpp(text)
    tcf, national = content(signal, "tcfeuv2"), content(signal, "usnat")
    assert (tcf.purposes_consent, tcf.vendor_consents, tcf.disclosed_vendors) == ({1, 2, 7}, {2, 6}, frozenset())
    assert (national.sale_opt_out, national.gpc) == (2, False)
    assert content(signal, "usca") is None


@pytest.mark.parametrize(("code", "id_", "name"), [("00011", 5, "tcfcav1"), ("100100011", 40, None)])
def test_a_section_that_is_not_known_is_kept_as_its_id_and_text(code: str, id_: int, name: str | None) -> None:
    header = bits((3, 6), (1, 6), (1, 12), (0, 1), (int(code, 2), len(code)))
    section = decode_gpp(f"{header}~what.ever").sections[0]
    assert (section.id, section.name, section.text, section.content) == (id_, name, "what.ever", None)
    assert said_in("gpp", f"{header}~what.ever") == ()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty or holds"),
        ("CBABLA~CFAUAAAAAABA.YA", "type 3 and version 1"),
        ("DCABLA~CFAUAAAAAABA.YA", "type 3 and version 1"),
        ("DBABLA", "more sections than follow"),
        ("DBABLA~CFAUAAAAAABA.YA~1YNN", "more sections follow"),
        ("DBABLA~EFAUAAAAAABA.YA", "its version is 4, and only 1, 2 can be read"),
        ("DBABLA~CFAUAAAA", "ends in the middle"),
        ("DBABLA~CPAUAAAAAABA.YA", "a value that is not defined"),
        ("DBABLA~CFAUAAAAAABA.YA.YA", "more sub-sections"),
        ("DBABLA~CFAUAAAAAABA.gA", "sub-section of a type"),
        ("DBABRg~BIiamKI.YA", "more sub-sections"),
        ("DBABTA~1YX-", "no US privacy string"),
        ("DBABM~BOEFEAyOEFEAyAHABDENAI4AAAB9vABAASA", "TCF 1"),
        ("DBABLAB~CFAUAAAAAABA.YA", "more in it than its fields"),
    ],
)
def test_what_is_no_gpp_string_is_refused_without_being_repeated(text: str, why: str) -> None:
    with pytest.raises(SignalError, match=why) as refused:
        decode_gpp(text)
    assert not text or text not in str(refused.value)


def test_a_header_cannot_name_more_sections_than_there_are() -> None:
    huge = "1" + "01" + "10" * 200 + "11"
    text = bits((3, 6), (1, 6), (1, 12), (1, 1), (0b011, 3), (int(huge, 2), len(huge)))
    with pytest.raises(SignalError, match="more sections than follow"):
        decode_gpp(f"{text}~x")


# --- US privacy strings and Global Privacy Control.


def test_a_us_privacy_string_has_three_answers() -> None:
    assert decode_us_privacy(" 1YNN ") == UsPrivacySignal(1, True, False, False)
    assert decode_us_privacy("1---") == UsPrivacySignal(1, None, None, None)
    assert decode_us_privacy("1nyn").opted_out
    for text in ("", "1YN", "2YNN", "1YNNN", "1YNX", "0---"):
        with pytest.raises(SignalError, match="no US privacy string"):
            decode_us_privacy(text)


def test_only_one_value_of_the_header_is_the_signal() -> None:
    assert [
        value for value in ("1", " 1 ", "true", "True", "0", "", "yes", "1;a=2", "11", None) if decode_gpc(value)
    ] == [
        "1",
        " 1 ",
        "true",
        "True",
    ]


# --- What they say.


def test_the_purposes_are_data_uses_and_sale_and_sharing_are_those_of_the_policy() -> None:
    uses = [use for each in TCF_PURPOSES.values() for use in each]
    assert len(uses) == len(set(uses))
    assert set(uses) | set(OPT_OUT) <= set(DATA_USES)
    assert Policy().gpc == OPT_OUT


def test_a_tcf_string_grants_what_is_consented_to_and_refuses_the_rest() -> None:
    signal = decode_tcf(CORE)
    said = words(signal)
    assert yeses(signal) == [1, 2, 3, 4, 7]
    assert set(said) == {use for uses in TCF_PURPOSES.values() for use in uses}
    assert said["personalize.content.profiled"] == "denied"
    assert said["analytics.reporting.content_performance"] == "objected"


def test_who_refuses_consent_has_not_agreed_to_another_basis() -> None:
    with_interest = next(
        signal
        for signal in (decode_tcf(each["tcf"]) for each in OF_TCF)
        if signal.purposes_legitimate_interests - signal.purposes_consent
    )
    for purpose in with_interest.purposes_legitimate_interests - with_interest.purposes_consent:
        assert {words(with_interest)[use] for use in TCF_PURPOSES[purpose]} == {"denied"}


def test_an_objection_is_said_of_purposes_that_may_rest_on_an_interest_alone() -> None:
    for sample in OF_TCF:
        said = words(decode_tcf(sample["tcf"]))
        objected = {number for number, uses in TCF_PURPOSES.items() if said.get(uses[0]) == "objected"}
        assert objected <= BY_INTEREST


def test_each_statement_says_when_and_under_what_it_was_made() -> None:
    first = said_in("tcf", f" {CORE} ")[0]
    assert first == Said(
        purpose="analytics.reporting.ad_performance",
        status="granted",
        stated_at=DAY,
        evidence=f"tcf {CORE}",
        notice="IAB TCF",
        notice_version="policy 5, vendor list 48",
        language="en",
    )
    countries = {sample["fields"]["publisher_cc"] for sample in OF_TCF}
    laws = {each.jurisdiction for sample in OF_TCF for each in said_in("tcf", sample["tcf"])}
    assert laws == {None if country == "AA" else country for country in countries}


def test_purpose_one_says_nothing_where_it_was_not_asked_about() -> None:
    unasked = [signal for sample in OF_TCF if (signal := decode_tcf(sample["tcf"])).purpose_one_treatment]
    assert unasked
    for signal in unasked:
        assert "functional.storage" not in words(signal)


def test_a_vendor_needs_its_own_consent_and_to_have_been_shown() -> None:
    shown = decode_tcf(f"{CORE}.{DISCLOSED}")
    assert yeses(shown, vendor_id=755) == [1, 2, 3, 4, 7]
    # Shown, and refused.
    assert set(words(shown, vendor_id=8).values()) == {"denied", "objected"}
    # Consented to, and not shown, or nobody knows.
    for text, state in ((f"{CORE}.{NOBODY_DISCLOSED}", "not_disclosed"), (CORE, "no_segment")):
        signal = decode_tcf(text)
        assert disclosure(signal, 755) == state
        assert "granted" not in words(signal, vendor_id=755).values()
        assert "marketing.advertising.profiling" not in words(signal, vendor_id=755)
        assert words(signal, vendor_id=755)["personalize.content.profiled"] == "denied"
    assert disclosure(shown, 755) == "disclosed"


@pytest.mark.parametrize(("kind", "granted"), [(0, False), (1, True), (2, False)])
def test_what_a_publisher_forbids_a_vendor_is_not_granted(kind: int, *, granted: bool) -> None:
    vendors = ((9, 16), (0, 1), (0b000000011, 9))
    restrictions = ((1, 12), (7, 6), (kind, 2), (1, 12), (0, 1), (9, 16))
    start = ((2, 6), (0, 36), (0, 36), (0, 12), (0, 12), (0, 6), (0, 12), (0, 12), (5, 6), (1, 1), (0, 1), (0, 12))
    core = bits(*start, (1 << 17, 24), (0, 24), (0, 1), (0, 12), *vendors, (0, 17), *restrictions)
    signal = decode_tcf(f"{core}.{bits((1, 3), (9, 16), (0, 1), (0b000000011, 9))}")
    assert (yeses(signal, vendor_id=9) == [7]) is granted
    assert yeses(signal, vendor_id=8) == [7]
    assert yeses(signal) == [7]
    if not granted:
        assert "analytics.reporting.ad_performance" not in words(signal, vendor_id=9)


def us(section: str, **fields: Any) -> dict[str, str]:
    from unified_customer.connectors.signals.us_statements import said_by_us_section

    number = next(number for number, layout in LAYOUTS.items() if layout.name == section)
    return {each.purpose: each.status for each in said_by_us_section(number, UsSection(1, **fields))}


SALE, ADS = "third_party_sharing", "marketing.advertising.third_party"


@pytest.mark.parametrize(
    ("section", "fields", "said"),
    [
        ("usnat", {"sale_opt_out": 1}, {SALE: "objected"}),
        ("usnat", {"sharing_opt_out": 1}, {SALE: "objected", ADS: "objected"}),
        ("usco", {"targeted_advertising_opt_out": 1}, {ADS: "objected"}),
        ("usnat", {"sale_opt_out": 2, "sharing_opt_out": 2, "targeted_advertising_opt_out": 2, "gpc": False}, {}),
        ("usnat", {"sale_opt_out": 0, "known_child_consents": (0, 0, 0)}, {}),
        ("usca", {"gpc": True}, {SALE: "objected", ADS: "objected"}),
        ("usca", {"known_child_consents": (2, 0)}, {SALE: "granted"}),
        ("usca", {"known_child_consents": (0, 2)}, {ADS: "granted"}),
        ("usca", {"known_child_consents": (1, 2)}, {SALE: "denied", ADS: "granted"}),
        ("usca", {"known_child_consents": (2, 1)}, {SALE: "denied", ADS: "denied"}),
        ("usca", {"known_child_consents": (2, 2), "gpc": True}, {SALE: "objected", ADS: "objected"}),
        ("usct", {"known_child_consents": (2, 0, 0)}, {}),
        ("usct", {"known_child_consents": (1, 2, 2)}, {SALE: "denied", ADS: "denied"}),
        ("usct", {"known_child_consents": (0, 0, 2)}, {ADS: "granted"}),
        ("usde", {"known_child_consents": (0, 1, 0, 2, 0)}, {SALE: "denied"}),
        ("usnat", {"known_child_consents": (2, 2)}, {}),
        ("usnat", {"known_child_consents": (0, 1)}, {SALE: "denied", ADS: "denied"}),
        ("usva", {"sensitive_data_processing": (2,) * 8, "sale_opt_out_notice": 1}, {}),
    ],
)
def test_a_us_section_objects_or_says_nothing_but_for_consents_of_children(
    section: str, fields: dict[str, Any], said: dict[str, str]
) -> None:
    assert us(section, **fields) == said


def test_a_gpp_string_speaks_once_for_each_section() -> None:
    said = said_in("gpp", "DBABLA~CFAUAAAAAABA.YA")
    assert [(each.purpose, each.status, each.jurisdiction) for each in said] == [
        (ADS, "objected", "US"),
        (SALE, "objected", "US"),
    ]
    both = said_in("gpp", "DBACMMA~CQuCLYAQuCLYAAAAAAENAAFgAMIAAAAAAAAAADEQAAAAAAAA.IAAA.YAAAAAAAAAAA~CAAgAAAAAABA.QA")
    assert {each.stated_at for each in both} == {datetime(2026, 11, 21, tzinfo=UTC)}
    assert {each.purpose for each in both if each.status == "granted"} == {
        use for number in (1, 2, 7) for use in TCF_PURPOSES[number]
    }


def test_what_gpc_and_a_us_privacy_string_object_to_is_what_the_policy_names() -> None:
    for kind, text in (("gpc", "1"), ("us_privacy", "1YYN"), ("gpp", "DBABTA~1YYN"), ("gpp", "DBABLA~CAAAAAAAAABA.YA")):
        said = said_in(kind, text, opt_out=["sales"])  # type: ignore[arg-type]  # drawn from the known ones
        assert [(each.purpose, each.status) for each in said] == [("sales", "objected")]
    assert said_in("gpc", "0") == said_in("us_privacy", "1YNN") == said_in("us_privacy", "1---") == ()


def test_a_kind_of_signal_or_a_vendor_that_cannot_be_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"no signal 'iab'. Known ones: tcf, gpp, us_privacy, gpc"):
        said_in("iab", "1")  # type: ignore[arg-type]  # what is tested
    for vendor in (0, -1, 2**16):
        with pytest.raises(ConfigurationError, match="Global Vendor List"):
            said_in("tcf", CORE, vendor_id=vendor)

"""Normalisation: one form for each value, as the authoritative library gives it, and no guesses."""

# ruff: noqa: DTZ001, DTZ007 - times without a zone are what some laws are about

import datetime as dt
import re
import string
import unicodedata
from collections.abc import Callable
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import email_validator
import phonenumbers
import polars as pl
import pycountry
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from unified_customer.identity import normalise
from unified_customer.identity.normalise.instants import Unit
from unified_customer.identity.normalise.junk import Kind
from unified_customer.identity.normalise.mailbox import email_by_library
from unified_customer.identity.normalise.people import name_parts_by_library
from unified_customer.identity.normalise.telephone import phone_by_library
from unified_customer.identity.normalise.vocabulary import GENDERS, by_word

Normaliser = Callable[[pl.Series], pl.Series]

TO_TEXT: dict[str, Normaliser] = {
    "emails": normalise.emails,
    "email_mailbox": normalise.email_mailbox,
    "phones": normalise.phones,
    "phones in GB": lambda values: normalise.phones(values, "GB"),
    "phones in US": lambda values: normalise.phones(values, "US"),
    "names": normalise.names,
    "name_key": normalise.name_key,
    "honorifics": normalise.honorifics,
    "genders": normalise.genders,
    "postcodes": normalise.postcodes,
    "postcodes in DE": lambda values: normalise.postcodes(values, "DE"),
    "postcodes in LV": lambda values: normalise.postcodes(values, "LV"),
    "countries": normalise.countries,
    "languages": normalise.languages,
    "currencies": normalise.currencies,
    "street_key": normalise.street_key,
    "city_key": normalise.city_key,
}
ALL: dict[str, Normaliser] = TO_TEXT | {
    "split_full_names": normalise.split_full_names,
    "dates": normalise.dates,
    "dates by format": lambda values: normalise.dates(values, ("%d/%m/%Y", "%d.%m.%y %H:%M")),
    "timestamps": normalise.timestamps,
    "timestamps in Berlin": lambda values: normalise.timestamps(values, "Europe/Berlin", unit="s"),
    "is_junk": normalise.is_junk,
}
KEYS = ("name_key", "street_key", "city_key", "honorifics", "countries", "languages", "currencies", "phones in GB")

LATIN = st.characters(min_codepoint=0x20, max_codepoint=0x24F)
WORDS = [
    "Anna",
    "O'Brien",
    "van",
    "der",
    "Berg",
    "Dr.",
    "MÜLLER",
    "Jr.",
    "née",
    "St.",
    "and",
    "Ma",
    "III",
    "VI",
    "ix",
    "VI",
    "王小明",
    ",",
    "-",
]
full_names = st.lists(st.sampled_from(WORDS) | st.text(LATIN, max_size=8), max_size=4).map(" ".join) | st.lists(
    st.sampled_from(WORDS), min_size=2, max_size=3
).map(" ".join)
local_parts = st.sampled_from(["ann", "a.b+c", "Info"]) | st.text(
    string.ascii_letters + string.digits + ".+-_'\"üẞK ", max_size=12
)
labels = st.text(string.ascii_letters + string.digits + "-ü。", max_size=8) | st.sampled_from(
    ["example", "test", "xn--bcher-kva", "-a", "a-", "a--b", "a.", "K"]
)
domains = st.lists(labels | st.sampled_from(["com", "local", "invalid", "z9"]), min_size=1, max_size=3).map(".".join)
addresses = st.builds(
    "{}{}@{}{}".format,
    st.sampled_from(["", "", "", " ", "<", "mailto:", "Ann <"]),
    local_parts,
    domains,
    st.sampled_from(["", "", "", ">", ".", "\t"]),
)
starts = st.sampled_from(["", "+", "0", "00", "011", "+44", "+49 (0)", "+1 ", "1", "8", "+54 9 ", "+390", "(", "tel:"])
digits = st.text(string.digits, max_size=13) | st.text(string.digits + " -./()x٣;", max_size=16)
numbers = st.builds("{}{}{}".format, starts, digits, st.sampled_from(["", "", " ext. 12", ";ext=3", "x9", " "]))
days = st.dates(min_value=dt.date(1600, 1, 1), max_value=dt.date(2199, 12, 31))
day_shapes = st.builds(
    "{:02}{}{:02}{}{}".format,
    st.integers(0, 32),
    st.sampled_from("/-. "),
    st.integers(0, 32),
    st.sampled_from("/-. "),
    st.integers(0, 2100),
)
clocks = st.datetimes(min_value=dt.datetime(1900, 1, 2), max_value=dt.datetime(2100, 1, 1)).map(str)
places = st.sampled_from(
    [
        "SW1A1AA",
        "sw1a 1aa",
        "D-01067",
        "1010",
        "LV1010",
        "Deutschland",
        "U.S.A.",
        "12, High Str.",
        "Hauptstraße 5 a",
        "St. (Ober) x",
    ]
)
stand_ins = st.sampled_from(
    ["null", "n/a", "test@test.com", "0000000", "John Doe", "no fixed abode", "1900-01-01", "xx"]
)
anything = st.one_of(st.text(max_size=20), full_names, stand_ins, addresses, numbers, day_shapes, clocks, places)
columns = st.lists(st.none() | anything, max_size=8).map(lambda values: pl.Series("column", values, dtype=pl.String))
regions = st.sampled_from(
    [None, "GB", "US", "DE", "IT", "FR", "AR", "BR", "CA", "AG", "RU", "SM", "JE", "AU", "FI", "XX", "gb"]
)

every = pytest.mark.parametrize("normaliser", [pytest.param(function, id=name) for name, function in ALL.items()])
every_text = pytest.mark.parametrize(
    "normaliser", [pytest.param(function, id=name) for name, function in TO_TEXT.items()]
)


@every_text
@given(values=columns)
def test_normalising_twice_is_normalising_once(normaliser: Normaliser, values: pl.Series) -> None:
    once = normaliser(values)
    assert normaliser(once).to_list() == once.to_list()


@every
@given(values=columns, order=st.randoms(use_true_random=False))
def test_each_row_is_answered_in_its_place_whatever_its_neighbours(
    normaliser: Normaliser, values: pl.Series, order: Random
) -> None:
    rows = list(range(len(values)))
    order.shuffle(rows)
    assert normaliser(values.gather(rows)).to_list() == normaliser(values).gather(rows).to_list()
    assert normaliser(values[:1]).to_list() == normaliser(values)[:1].to_list()


@every
@given(values=columns)
def test_length_name_and_nulls_are_kept(normaliser: Normaliser, values: pl.Series) -> None:
    done = normaliser(values)
    assert (len(done), done.name) == (len(values), values.name)
    assert done.filter(values.is_null()).null_count() == values.null_count()


@every
@given(values=columns)
def test_the_values_as_found_are_never_changed(normaliser: Normaliser, values: pl.Series) -> None:
    before = values.to_list()
    normaliser(values)
    assert values.to_list() == before


@every
@given(text=st.text() | anything, times=st.sampled_from([1, 2, 700]))
@example(text="\x00", times=5000)
@example(text="a@b.", times=5000)
@example(text="9", times=5000)
@example(text="12/", times=500)
def test_no_text_is_too_strange_or_too_long(normaliser: Normaliser, text: str, times: int) -> None:
    normaliser(pl.Series([text * times]))


@every
@given(text=st.text(" \t\r\n\u00a0\u3000", max_size=4))
def test_blank_is_not_a_value(normaliser: Normaliser, text: str) -> None:
    assert normaliser(pl.Series([text])).to_list() in ([None], [True])


@pytest.mark.parametrize("name", KEYS)
@given(values=columns)
def test_keys_are_ascii(name: str, values: pl.Series) -> None:
    assert all(key.isascii() for key in TO_TEXT[name](values).drop_nulls())


@pytest.mark.parametrize("name", ["name_key", "street_key", "city_key"])
@given(values=columns)
@example(values=pl.Series(["a_b", "Ł·1½", "(c)"]))
def test_folded_keys_are_words_of_letters_and_digits(name: str, values: pl.Series) -> None:
    assert all(re.fullmatch("[a-z0-9]+( [a-z0-9]+)*", key) for key in TO_TEXT[name](values).drop_nulls())


@given(values=st.lists(addresses | st.text(max_size=12), max_size=20))
@example(
    values=[
        "a@-a.com",
        "a@a-.com",
        "a@a.-b.com",
        "a@ab--c.com",
        "a@a.b-",
        "a@a.9",
        "a..b@a.com",
        ".a@a.com",
        "a@a..com",
    ]
)
def test_an_email_is_what_the_library_says(values: list[str]) -> None:
    assert normalise.emails(pl.Series(values, dtype=pl.String)).to_list() == [
        email_by_library(value) for value in values
    ]


@given(value=st.text() | full_names)
def test_canonically_equal_names_have_one_display_form(value: str) -> None:
    forms = [unicodedata.normalize(form, value) for form in ("NFC", "NFD")]
    assert normalise.names(pl.Series(forms)).n_unique() == 1


@given(local=local_parts, domain=domains)
def test_an_email_the_library_accepts_is_accepted(local: str, domain: str) -> None:
    assume("." in domain)  # the library's test environment takes "test" alone too
    address = f"{local}@{domain}".lower()
    try:
        accepted = email_validator.validate_email(address, check_deliverability=False, test_environment=True)
    except email_validator.EmailNotValidError:
        assume(False)
    assert normalise.emails(pl.Series([address])).item().endswith(f"@{accepted.ascii_domain}")


@given(values=st.lists(st.tuples(numbers | st.text(max_size=12), regions), max_size=20))
def test_a_phone_number_is_what_the_library_says(values: list[tuple[str, str | None]]) -> None:
    raw, dialled_in = (pl.Series([pair[side] for pair in values], dtype=pl.String) for side in (0, 1))
    asked = [phone_by_library(value, region and region.upper()) for value, region in values]
    assert normalise.phones(raw, dialled_in).to_list() == asked


@st.composite
def almost_numbers(draw: st.DrawFn) -> tuple[str, str]:
    region = draw(st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)))
    number = phonenumbers.example_number(region)
    assert number is not None
    national = phonenumbers.national_significant_number(number)
    code = str(phonenumbers.country_code_for_region(region))
    start = draw(
        st.sampled_from(["", "0", "1", "8", "00", "000", code, "+" + code, "00" + code, f"+{code}0", code * 2])
    )
    changed, gone = draw(st.integers(0, len(national))), draw(st.integers(0, 2))
    between = draw(st.text(string.digits, max_size=2) | st.just(code) | st.just("0"))
    return start + national[:changed] + between + national[changed + gone :], region


@given(numbers=st.lists(almost_numbers(), max_size=30))
@example(numbers=[("00049301234567", "DE"), ("0049301234567", "DE"), ("1112125550123", "US"), ("7495123456", "RU")])
@example(numbers=[("+3758011234567", "BY"), ("8011234567", "BY"), ("376712340", "AD")])
def test_an_almost_right_phone_number_is_what_the_library_says(numbers: list[tuple[str, str]]) -> None:
    raw, dialled_in = (pl.Series([pair[side] for pair in numbers], dtype=pl.String) for side in (0, 1))
    assert normalise.phones(raw, dialled_in).to_list() == [phone_by_library(*pair) for pair in numbers]


@given(
    region=st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)),
    form=st.sampled_from(
        [
            phonenumbers.PhoneNumberFormat.NATIONAL,
            phonenumbers.PhoneNumberFormat.INTERNATIONAL,
            phonenumbers.PhoneNumberFormat.RFC3966,
        ]
    ),
)
def test_every_written_form_of_a_number_is_one_number(region: str, form: int) -> None:
    number = phonenumbers.example_number(region)
    assert number is not None
    written = phonenumbers.format_number(number, form)
    canonical = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    assert normalise.phones(pl.Series([written]), region).item() == canonical


@given(extension=st.from_regex("[0-9]{1,7}", fullmatch=True))
def test_an_extension_is_never_lost(extension: str) -> None:
    assert (
        normalise.phones(pl.Series([f"+44 20 7946 0018 ext. {extension}"])).item() == f"+442079460018;ext={extension}"
    )


@given(values=st.lists(full_names | st.text(max_size=12), max_size=20))
def test_the_parts_of_a_name_are_what_the_library_says(values: list[str]) -> None:
    cleaned = normalise.names(pl.Series(values, dtype=pl.String))
    split = [None if part is None else tuple(part.values()) for part in normalise.split_full_names(cleaned)]
    asked = [None if name is None else name_parts_by_library(name) for name in cleaned]
    assert split == [None if parts is None or not any(parts) else parts for parts in asked]


@given(
    day=days,
    form=st.sampled_from(
        [
            "%Y-%m-%d",
            "%Y/%m/%d",
            "%Y%m%d",
            "%d.%m.%Y",
            "%d %b %Y",
            "%B %d, %Y",
            "%d-%b-%Y",
            "%Y-%m-%dT10:30:00Z",
            "%d.%m.%Y 10:30",
        ]
    ),
)
def test_a_date_with_one_reading_is_read(day: dt.date, form: str) -> None:
    assert normalise.dates(pl.Series([day.strftime(form)])).item() == day


@given(day=days, separator=st.sampled_from("/-"))
def test_a_date_with_two_readings_is_null_without_a_format(day: dt.date, separator: str) -> None:
    assume(day.day <= 12 and day.day != day.month)
    form = separator.join(["%d", "%m", "%Y"])
    written = pl.Series([day.strftime(form)])
    assert normalise.dates(written).item() is None
    assert normalise.dates(written, form).item() == day


@given(text=day_shapes)
def test_a_date_that_is_read_has_no_other_reading(text: str) -> None:
    read = normalise.dates(pl.Series([text])).item()
    orders = ["%d.%m.%Y"] if "." in text else [f"%d{text[2]}%m{text[5]}%Y", f"%m{text[2]}%d{text[5]}%Y"]
    readings = {reading for order in orders if (reading := _strptime(text, order))}
    assert readings == {read} or read is None


def _strptime(text: str, form: str) -> dt.date | None:
    try:
        return dt.datetime.strptime(text, form).date()
    except ValueError:
        return None


@given(day=days, form=st.sampled_from(["%d/%m/%y", "%m/%d/%y", "%y-%m-%d", "%d.%m.%y", "%d %b %y"]))
def test_the_century_is_never_guessed(day: dt.date, form: str) -> None:
    assert normalise.dates(pl.Series([day.strftime(form)])).item() is None


@given(year=st.integers(1600, 2199), month=st.integers(0, 20), day=st.integers(0, 40))
def test_a_day_that_does_not_exist_is_null(year: int, month: int, day: int) -> None:
    text = f"{year}-{month:02}-{day:02}"
    assert normalise.dates(pl.Series([text])).item() == _strptime(text, "%Y-%m-%d")


@given(column=st.lists(days, max_size=10), form=st.sampled_from(["%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m.%d.%Y"]))
def test_an_inferred_format_is_the_right_one(column: list[dt.date], form: str) -> None:
    written = pl.Series([day.strftime(form) for day in column], dtype=pl.String)
    inferred = normalise.infer_date_format(written)
    assert inferred.format in {form, None}
    assert (inferred.format is None) == (inferred.day_first + inferred.month_first == 0)
    assert inferred.format is None or normalise.dates(written, inferred.formats).to_list() == column


@given(first=days, second=days)
def test_contradicting_dates_prove_no_format(first: dt.date, second: dt.date) -> None:
    assume(first.day > 12 and second.day > 12)
    column = pl.Series([first.strftime("%d/%m/%Y"), second.strftime("%m/%d/%Y")])
    assert normalise.infer_date_format(column).formats == ()


offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes)))
moments = st.datetimes(dt.datetime(2, 1, 1), dt.datetime(9998, 1, 1), timezones=offsets)


@given(
    moment=moments,
    separator=st.sampled_from("T "),
    precision=st.sampled_from(["auto", "seconds", "milliseconds", "microseconds"]),
)
def test_an_instant_with_an_offset_is_that_instant(moment: dt.datetime, separator: str, precision: str) -> None:
    text = moment.isoformat(separator, precision)
    assert normalise.timestamps(pl.Series([text])).item() == dt.datetime.fromisoformat(text)


@given(wall=st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(2037, 12, 31)))
def test_a_time_on_the_wall_is_null_without_its_zone(wall: dt.datetime) -> None:
    assert normalise.timestamps(pl.Series([wall.isoformat()])).item() is None


@given(
    wall=st.datetimes(dt.datetime(1996, 1, 1), dt.datetime(2037, 12, 31)),
    name=st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
)
@example(wall=dt.datetime(2024, 3, 31, 2, 30), name="Europe/Berlin")
@example(wall=dt.datetime(2024, 10, 27, 2, 30), name="Europe/Berlin")
def test_a_skipped_hour_is_null_and_a_repeated_one_is_its_first(wall: dt.datetime, name: str) -> None:
    first = wall.replace(tzinfo=ZoneInfo(name), fold=0).astimezone(dt.UTC)
    exists = first.astimezone(ZoneInfo(name)).replace(tzinfo=None) == wall
    assert normalise.timestamps(pl.Series([wall.isoformat()]), name).item() == (first if exists else None)


@given(micros=st.integers(-(10**16), 10**17), unit=st.sampled_from(["s", "ms", "us"]))
def test_a_number_is_an_instant_only_with_its_unit(micros: int, unit: Unit) -> None:
    decimals = {"s": 6, "ms": 3, "us": 0}[unit]
    whole, part = divmod(abs(micros), 10**decimals)
    text = f"{'-' if micros < 0 else ''}{whole}" + (f".{part:0{decimals}}" if decimals else "")
    assert normalise.timestamps(pl.Series([text])).item() is None
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=micros)
    assert normalise.timestamps(pl.Series([text]), unit=unit).item() == moment


@given(
    code=st.text(string.digits, min_size=3, max_size=9),
    country=st.sampled_from(["DE", "US", "FR", "SE", "PL", "BR", "JP", "TW", "AT", None]),
)
def test_a_postcode_keeps_every_digit_and_gets_none(code: str, country: str | None) -> None:
    written = normalise.postcodes(pl.Series([code]), country).item()
    assert written is None or "".join(sign for sign in written if sign.isdigit()) == code


@given(
    code=st.from_regex("[A-PR-UWYZ][A-HK-Y][0-9] [0-9][ABD-HJLNP-UW-Z]{2}", fullmatch=True),
    gap=st.sampled_from(["", " ", "  ", "-"]),
)
def test_a_postcode_is_one_however_it_is_spaced(code: str, gap: str) -> None:
    assert normalise.postcodes(pl.Series([code.lower().replace(" ", gap)]), "GB").item() == code


@given(word=st.text(string.ascii_lowercase) | st.sampled_from(["unknown", "not specified", "1", "2", "0", "9"]))
def test_an_unknown_gender_is_null_and_not_other(word: str) -> None:
    assume(word not in by_word(GENDERS))
    assert normalise.genders(pl.Series([word])).item() is None


@given(
    country=st.sampled_from(list(pycountry.countries)),
    field=st.sampled_from(["alpha_2", "alpha_3", "numeric", "name"]),
    dressed=st.sampled_from([str, str.lower, str.upper, " {} ".format, "The {}".format]),
)
def test_a_country_is_known_by_each_of_its_codes_and_its_name(
    country: Any, field: str, dressed: Callable[[str], str]
) -> None:
    assert normalise.countries(pl.Series([dressed(getattr(country, field))])).item() == country.alpha_2


@pytest.mark.parametrize("kind", ["any", "email", "phone", "name", "date", "postcode", "address", "id"])
@given(values=columns)
def test_junk_is_junk_in_any_case_and_spacing(kind: Kind, values: pl.Series) -> None:
    ascii_only = values.filter(values.str.contains("^[ -~]*$"))
    dressed = "  " + ascii_only.str.to_uppercase() + " "
    assert normalise.is_junk(dressed, kind).to_list() == normalise.is_junk(ascii_only, kind).to_list()

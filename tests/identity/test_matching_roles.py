"""Roles of layouts as they are met, and normal forms by example."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.identity.matching.normal_forms import Field, Reading, normal_forms
from unified_customer.identity.matching.role_names import named
from unified_customer.identity.matching.roles import Role, Roles, infer_roles

ROWS = 40
GIVEN = ["Anna", "Robert", "Maria", "James", "Katherine", "Lucas", "Emma", "Paul"]
FAMILY = ["Okafor", "Lindqvist", "Marsh", "Dubois", "Weber", "Ruiz", "Novak", "Conti"]
COMPANIES = ["Weber Logistik GmbH", "Marsh & Sons", "Dubois SARL", "Novak Holdings", "Conti S.r.l.", "Okafor Ltd"]
DINERS = ["Silver Lantern", "Cafe Kyoto", "The Red Anchor", "Old Fox Tavern", "Casa Mia", "Blue Door Diner"]


def cycle(values: list[Any], *, step: int = 1) -> list[Any]:
    return [values[(number // step) % len(values)] for number in range(ROWS)]


def born(form: str = "%Y-%m-%d") -> list[str]:
    return [(dt.date(1940, 1, 1) + dt.timedelta(days=571 * number)).strftime(form) for number in range(ROWS)]


def numbers(form: str, *, every: int = 2) -> list[str]:
    """Numbers that two rows share, so that they are no numbers of rows."""
    return [form.format(7919 * (number // every) % 9000 + 1000) for number in range(ROWS)]


VALUES: dict[str, list[Any]] = {
    "given_name": cycle(GIVEN),
    "family_name": cycle(FAMILY, step=3),
    "full_name": [f"{one} {two}" for one, two in zip(cycle(GIVEN), cycle(FAMILY, step=3), strict=True)],
    "birth_date": born(),
    "email": numbers("a.{}@mail.example"),
    "phone": numbers("+44 20 7946 {}"),
    "street": numbers("{} High Street"),
    "house_number": cycle(["1", "12a", "7", "33"]),
    "city": cycle(["Leeds", "Köln", "Lyon"]),
    "postcode": cycle(["LS1 4AP", "50667", "69001"]),
    "region": cycle(["Yorkshire", "NRW", "Rhône"]),
    "country": cycle(["GB", "Germany", "France"]),
    "identifier": numbers("K-{}77"),
    "gender": cycle(["f", "m"]),
    "organisation": cycle(COMPANIES),
    "website": numbers("www.shop{}.example"),
    "category": cycle(["gold", "silver", "blue"]),
    "text": numbers("left a message about order {} and rang again"),
    "ignored": [f"2024-05-{1 + number // 2:02} 10:00:00" for number in range(ROWS)],
}


def layout(columns: str, **values: list[Any]) -> pl.DataFrame:
    """Make records of "column=role" words."""
    pairs = [word.split("=") for word in columns.split()]
    filled = {column: values.get(column, VALUES[role]) for column, role in pairs}
    return pl.DataFrame({"record_id": range(ROWS), "source": "a", "cluster_id": 1, **filled})


LAYOUTS = {
    "fake_1000": "first_name=given_name surname=family_name dob=birth_date city=city email=email",
    "febrl": "given_name=given_name surname=family_name street_number=house_number address_1=street address_2=text"
    " suburb=city postcode=postcode state=region date_of_birth=birth_date soc_sec_id=identifier",
    "historical": "full_name=full_name first_and_surname=full_name first_name=given_name surname=family_name"
    " dob=birth_date birth_place=city postcode_fake=postcode gender=gender occupation=category",
    "plain": "given_name=given_name family_name=family_name birth_date=birth_date email=email phone=phone street=street"
    " city=city postcode=postcode",
    "mailboxes": "given_name=given_name family_name=family_name email=email company=organisation",
    "five sources": "full_name=full_name given_name=given_name family_name=family_name loyalty_number=identifier",
    "companies": "name=organisation street=street city=city country=country website=website vat_id=identifier",
    "restaurants": "name=organisation street=street city=city phone=phone cuisine=category",
    "German": "Vorname=given_name Nachname=family_name Geburtsdatum=birth_date E-Mail=email Handy=phone Straße=street"
    " Hausnr.=house_number PLZ=postcode Ort=city Land=country Firma=organisation Steuer-ID=identifier Geschlecht=gender"
    " Bemerkung=text angelegt_am=ignored",
    "French": "Prénom=given_name Nom=family_name Date_de_naissance=birth_date Courriel=email Portable=phone"
    " Adresse=street Ville=city Code_postal=postcode Pays=country Sexe=gender Entreprise=organisation",
    "Spanish": "Nombre=given_name Apellidos=family_name Fecha_de_nacimiento=birth_date Correo_electrónico=email"
    " Móvil=phone Dirección=street Ciudad=city Código_postal=postcode Provincia=region NIF=identifier",
    "export": "billing_first_name=given_name billingEmail=email phone_2=phone created_at=ignored orderDate=ignored",
    "no names": "c1=email c2=phone c3=birth_date c4=website c5=identifier c6=full_name c7=category c8=street c9=ignored",
}


@pytest.mark.parametrize("columns", LAYOUTS.values(), ids=LAYOUTS)
def test_roles_of_a_layout(columns: str) -> None:
    restaurants = {"name": cycle(DINERS)} if "cuisine" in columns else {}
    expected = dict(word.split("=") for word in columns.split())
    assert dict(infer_roles(layout(columns, **restaurants)).by_column) == expected


@pytest.mark.parametrize(
    ("columns", "names", "role"),
    [
        ("name=text", VALUES["full_name"], "full_name"),
        ("name=text", COMPANIES, "organisation"),
        ("name=text", DINERS, "full_name"),
        ("name=text website=website", DINERS, "organisation"),
        ("name=text birth_date=birth_date", ["Xu Li", "Obi Eze", "Ngozi Ade"], "full_name"),
        ("name=text given_name=given_name", ["Xu Li", "Obi Eze", "Ngozi Ade"], "full_name"),
        ("name=text email=email", ["Bar 54", "Studio 9", "Kiosk 11"], "organisation"),
        ("name=text email=email", ["Lampion", "Zweistein", "Tagwerk"], "organisation"),
        ("nom=text ville=city", VALUES["full_name"], "full_name"),
        ("nom=text ville=city", FAMILY, "family_name"),
        ("nom=text prenom=given_name", FAMILY, "family_name"),
        ("nombre=text apellidos=family_name", GIVEN, "given_name"),
        ("nom=text sexe=gender", FAMILY, "family_name"),
    ],
)
def test_a_name_is_of_a_person_or_of_an_organisation(columns: str, names: list[str], role: Role) -> None:
    column = columns.partition("=")[0]
    assert infer_roles(layout(columns, **{column: cycle(names)})).by_column[column] == role


@pytest.mark.parametrize(
    ("column", "values", "why"),
    [
        ("row_id", range(ROWS), "different on every row"),
        ("uuid", [f"{number:032x}" for number in range(ROWS)], "different on every row"),
        ("c", [f"x{number:05}" for number in range(ROWS)], "different on every row"),
        ("updated_at", [dt.datetime(2024, 1, 1, tzinfo=dt.UTC)] * ROWS, "times, not days"),
        ("created", VALUES["ignored"], "named as a time stamp"),
        ("joined_date", born(), "named as a time stamp"),
        ("balance", numbers("{}"), "named as a measure"),
        ("c", [number / 3 for number in range(ROWS)], "numbers that count or measure"),
        ("c", [number // 3 for number in range(ROWS)], "numbers that count or measure"),
        ("newsletter", [True, False] * (ROWS // 2), "a flag"),
        ("newsletter", ["yes", "no"] * (ROWS // 2), "a flag"),
        ("country", ["GB"] * ROWS, "one and the same value everywhere"),
        ("email", ["a@b.example"] * ROWS, "one and the same value everywhere"),
        ("email", [None] * ROWS, "no values"),
        ("tags", [["a"]] * ROWS, "lists"),
        ("blob", [b"x"] * ROWS, "not text, a number or a date"),
        ("c", ["2024-01-01", "2024-02-03"] * (ROWS // 2), "dates or times, but not spread as births are"),
    ],
)
def test_what_tells_nobody_apart_is_ignored(column: str, values: Any, why: str) -> None:
    roles = infer_roles(pl.DataFrame({"record_id": range(ROWS), column: list(values)}))
    assert (roles.by_column[column], roles.reasons[column]) == ("ignored", why)


def test_numbers_of_rows_and_numbers_of_customers() -> None:
    sources = {"record_id": range(ROWS), "source": ["a", "b"] * (ROWS // 2)}
    counted = pl.DataFrame({**sources, "id": [number // 2 for number in range(ROWS)]})
    shared = pl.DataFrame({**sources, "customer_id": numbers("C{}")})
    repeated = pl.DataFrame({**sources, "id": [number % 7 for number in range(ROWS)]})
    assert infer_roles(counted).by_column["id"] == "ignored"
    assert infer_roles(shared).by_column["customer_id"] == "identifier"
    assert infer_roles(repeated).by_column["id"] == "identifier"


def test_values_overrule_a_name() -> None:
    roles = infer_roles(layout("phone=email email=phone note_no=text"))
    assert dict(roles.by_column) == {"phone": "email", "email": "phone", "note_no": "text"}
    assert roles.reasons["phone"].startswith("its values do not agree with its name")


def test_one_record_keeps_its_roles() -> None:
    one = pl.DataFrame({"record_id": [1], "email": ["a@b.example"], "city": ["Leeds"]})
    assert dict(infer_roles(one).by_column) == {"email": "email", "city": "city"}
    assert not infer_roles(pl.DataFrame({"record_id": []})).by_column


def test_numbers_dates_and_categories_have_roles_too() -> None:
    records = layout("plz=postcode dob=birth_date gender=gender ssn=identifier").with_columns(
        pl.Series("plz", [10115.0 + number % 9 for number in range(ROWS)]),
        pl.col("dob").str.to_date(),
        pl.col("gender").cast(pl.Categorical),
        pl.Series("ssn", [10**8 + number // 2 for number in range(ROWS)]),
    )
    roles = infer_roles(records)
    assert list(roles.by_column.values()) == ["postcode", "birth_date", "gender", "identifier"]
    first = normal_forms(records, roles).values.row(0)
    assert first == ("10115", "19400101", "female", "100000000")


def test_a_wrong_override_names_the_right_one() -> None:
    records = layout("given_name=given_name")
    with pytest.raises(ConfigurationError, match="Did you mean 'given_name'"):
        infer_roles(records, {"givn_name": "given_name"})
    with pytest.raises(ConfigurationError, match="Did you mean 'family_name'"):
        infer_roles(records).with_roles({"given_name": "familyname"})  # type: ignore[dict-item]  # wrong on purpose


def test_large_columns_are_judged_by_a_sample() -> None:
    codes = pl.DataFrame({"record_id": range(6000), "c": [f"{10**9 + number // 2 * 7}" for number in range(6000)]})
    five_digits = pl.DataFrame({"record_id": range(90), "c": [str(10001 + number // 3) for number in range(90)]})
    assert infer_roles(codes).by_column["c"] == "identifier"
    assert infer_roles(five_digits).by_column["c"] == "postcode"
    empty = pl.DataFrame({"record_id": range(9), "name": ["--", "?"] * 4 + ["!"]})
    assert infer_roles(empty).by_column["name"] == "organisation"


def test_the_truth_has_no_role() -> None:
    with pytest.raises(ConfigurationError, match="has no role"):
        infer_roles(layout("city=city"), {"cluster_id": "text"})


def test_names_that_say_nothing() -> None:
    assert named("favourite_colour") is None
    assert named("") is None


def form_of(role: Role, *values: Any) -> list[Any]:
    records = pl.DataFrame({"record_id": range(len(values)), "x": pl.Series(list(values))})
    return normal_forms(records, Roles(by_column={"x": role})).values["x"].to_list()


@pytest.mark.parametrize(
    ("role", "raw", "form"),
    [
        ("given_name", "Frau Dr. Anne-Marie", "anne marie"),
        ("given_name", "test", None),
        ("family_name", "O'Neill", "oneill"),
        ("email", " Ann@X.org ", "ann@x.org"),
        ("email", "Ann@@x.org", "ann@@x.org"),
        ("email", "ann.x.org", "ann.x.org"),
        ("email", "has no address", None),
        ("email", "noreply@x.org", None),
        ("phone", "+44 (0)7967 603387", "967603387"),
        ("phone", "07967 603387 ext. 12", "967603387"),
        ("phone", "7967603387.0", "967603387"),
        ("phone", "12345", None),
        ("phone", "1234 ext. 99", None),
        ("phone", "0000000000", None),
        ("street", "Hauptstraße 5 a", "hauptst 5a"),
        ("house_number", "12 A", "12a"),
        ("house_number", "12.0", "12"),
        ("city", "St. Gallen", "st gallen"),
        ("postcode", "sw1a 1aa", "sw1a1aa"),
        ("postcode", "D-01067", "01067"),
        ("postcode", "00000", None),
        ("country", "Deutschland", "de"),
        ("country", "Atlantis", "atlantis"),
        ("gender", "weiblich", "female"),
        ("gender", "unknown", "unknown"),
        ("region", "Île-de-France", "ile de france"),
        ("organisation", "Weber & Söhne GmbH & Co. KG", "weber sohne"),
        ("organisation", "Marsh and Sons Limited", "marsh sons"),
        ("organisation", "Nowak Sp. z o.o.", "nowak"),
        ("organisation", "Dubois S.à r.l.", "dubois"),
        ("organisation", "Ltd", "ltd"),
        ("organisation", "Co Spa Living", "co spa living"),
        ("website", "https://www.Shop.example/a?b", "shop.example"),
        ("website", "shop.example:8080", "shop.example"),
        ("identifier", "AB-12 34", "ab1234"),
        ("identifier", "12349876.0", "12349876"),
        ("identifier", "n/a", None),
        ("category", "Fish & Chips", "fish chips"),
        ("text", "c/o Weber", "c o weber"),
        ("birth_date", "3 Jan 1971", "19710103"),
        ("birth_date", "1971-81-03", "19718103"),
        ("birth_date", "1971/6/31", "19710631"),
        ("birth_date", "31.06.1971", "19710631"),
        ("birth_date", "03/01/1971", "03011971"),
        ("birth_date", "71", None),
        ("birth_date", "1900-01-01", None),
        ("birth_date", "unknown", None),
        ("birth_date", 19710103, "19710103"),
        ("birth_date", 19710103.0, "19710103"),
        ("birth_date", dt.date(1971, 1, 3), "19710103"),
        ("birth_date", dt.datetime(1971, 1, 3, 5, tzinfo=dt.UTC), "19710103"),
        ("identifier", 12345.5, "123455"),
        ("identifier", float("nan"), None),
        ("identifier", None, None),
    ],
)
def test_form(role: Role, raw: Any, form: str | None) -> None:
    assert form_of(role, raw) == [form]


def test_the_format_of_a_source_is_proven_by_its_dates() -> None:
    proof = [f"{day}/03/1970" for day in range(13, 29)] + [f"{day}/04/1970" for day in range(13, 29)]
    assert form_of("birth_date", "03/01/1971", "31/06/1971", *proof)[:2] == ["19710103", "19710631"]
    assert form_of("birth_date", "03/01/1971", "05/25/1971", *proof)[:2] == ["19710103", "19710525"]
    assert form_of("birth_date", "03/01/1971", "05/25/1971", "06/31/1971")[:3] == ["19710301", "19710525", "19710631"]
    assert form_of("birth_date", "03/01/1971", "05/25/1971", "25/05/1971") == ["03011971", "19710525", "19710525"]


def whole(roles: Roles, **columns: list[Any]) -> pl.DataFrame:
    records = pl.DataFrame({"record_id": range(len(next(iter(columns.values())))), **columns})
    return normal_forms(records, roles).values


def test_whole_names_fill_rows_without_given_and_family_names() -> None:
    roles = Roles(by_column={"n": "full_name", "g": "given_name", "f": "family_name"})
    found = whole(roles, n=["Dr. Ann Mary Lee", "Bo Li", "Eve"], g=[None, "Bo", None], f=[None, None, "Ray"])
    assert found.rows() == [("ann", "lee", "mary"), ("bo", None, "li"), (None, "ray", "eve")]


def test_whole_names_make_given_and_family_names() -> None:
    found = whole(Roles(by_column={"n": "full_name"}), n=["LEE, Ann", None, "Ann Lee", "test"])
    assert found.to_dict(as_series=False) == {
        "given_name": ["ann", None, "ann", None],
        "family_name": ["lee", None, "lee", None],
    }
    beside = whole(Roles(by_column={"g": "given_name", "n": "full_name"}), g=["Ann"], n=["Ann Lee"])
    assert beside.rows() == [("ann", "lee")]


def test_other_names_are_a_field_only_where_they_are_not_rare() -> None:
    names = ["Ann Mary Lee", *["Ann Lee"] * 30]
    roles = Roles(by_column={"n": "full_name"})
    records = pl.DataFrame({"record_id": range(31), "n": names, "m": names})
    assert "other_names" not in normal_forms(records, roles).values.columns
    assert "other_names" in normal_forms(records, roles, Reading(other_names=True)).values.columns
    assert "other_names" in normal_forms(records.head(9), roles).values.columns
    two = normal_forms(records.head(9), Roles(by_column={"n": "full_name", "m": "full_name"}))
    assert two.values["other_names"].to_list() == ["mary", *[None] * 8]


def test_a_made_field_takes_no_name_that_a_column_has() -> None:
    roles = Roles(by_column={"email": "text", "a": "email", "b": "email", "given_name": "text", "n": "full_name"})
    records = pl.DataFrame({"record_id": [1], **dict.fromkeys(roles.by_column, "Ann Lee")})
    names = [field.name for field in normal_forms(records, roles).fields]
    assert names == ["email", "email_2", "given_name", "given_name_2", "family_name"]


def test_several_columns_of_telephone_numbers_are_one_field() -> None:
    roles = Roles(by_column={"home": "phone", "city": "city", "cell": "phone"})
    records = pl.DataFrame(
        {
            "record_id": [1, 2],
            "home": ["0201 234567", None],
            "city": "Leeds",
            "cell": [["0201234567", "01991234567"], []],
        },
        schema_overrides={"cell": pl.List(pl.String)},
    )
    forms = normal_forms(records, roles)
    assert forms.fields == (Field("phone", "phone"), Field("city", "city"))
    assert forms.values["phone"].to_list() == [["201234567", "991234567"], None]
    assert forms.sources.to_list() == ["", ""]


@pytest.mark.parametrize("values", [pl.Series([["a"]]), pl.Series([b"a"]), pl.Series([{"a": 1}]), pl.Series([True])])
def test_what_has_no_form_is_refused(values: pl.Series) -> None:
    records = pl.DataFrame({"record_id": [1], "x": values})
    with pytest.raises(SchemaError, match="'x'"):
        normal_forms(records, Roles(by_column={"x": "text"}))


def test_a_missing_column_is_named() -> None:
    with pytest.raises(SchemaError, match="city"):
        normal_forms(pl.DataFrame({"record_id": [1]}), Roles(by_column={"city": "city", "memo": "ignored"}))
    with pytest.raises(SchemaError, match="record_id"):
        normal_forms(pl.DataFrame({"id": [1]}), Roles(by_column={}))
